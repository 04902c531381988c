/*-------------------------------------------------------------------------
 *
 * fence_write.h
 *		What is a write.
 *
 *-------------------------------------------------------------------------
 */
#ifndef GW_BOOTSTRAP_FENCE_WRITE_H
#define GW_BOOTSTRAP_FENCE_WRITE_H

#include "nodes/nodes.h"

extern bool is_writing_utility(Node *statement);

#endif							/* GW_BOOTSTRAP_FENCE_WRITE_H */
