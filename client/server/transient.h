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

typedef struct Rule
{
	const char *sqlstate;		/* or a class of them; "" is none at all */
	const char *text;			/* part of the message in any case, or NULL */
	Prospect	prospect;
	const char *hint;			/* with %s for an option, or NULL */
	const char *option;			/* or NULL */
} Rule;

/* For the SQLSTATEs in which poolers dress whatever they have to say. */
#define ANY NULL

#define END_OF_RULES {NULL, NULL}

#define HINT_LIBRARY \
	"The role preloads a library that this server lacks: install the extension's package there, " \
	"or take session_preload_libraries from the role."
#define HINT_LOGIN "Check user and password."

extern const Rule *judge_error(const char *sqlstate, const char *text);

#endif							/* TRANSIENT_H */
