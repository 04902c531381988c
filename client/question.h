/*-------------------------------------------------------------------------
 *
 * question.h
 *		What the options ask of the head table.
 *
 *-------------------------------------------------------------------------
 */
#ifndef QUESTION_H
#define QUESTION_H

#include "options/options.h"

extern HeadQuestion *make_question(const Options *options);

#endif							/* QUESTION_H */
