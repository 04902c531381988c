/*-------------------------------------------------------------------------
 *
 * transient.h
 *		Which errors pass by themselves, and what mends the others.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TRANSIENT_H
#define TRANSIENT_H

typedef enum Prospect
{
	PASSES,						/* by itself */
	STAYS,						/* until somebody mends it */
	STAYS_IF_ALONE				/* tells nothing beside another attempt at the same host */
} Prospect;

typedef struct Judgement
{
	Prospect	prospect;
	const char *hint;			/* with %s for an option, or NULL */
	const char *option;			/* or NULL */
} Judgement;

extern Judgement judge_error(const char *sqlstate, const char *text);

#endif							/* TRANSIENT_H */
