/*-------------------------------------------------------------------------
 *
 * sql_words.h
 *		The words of one SQL statement, without what is quoted.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SQL_WORDS_H
#define SQL_WORDS_H

#define WORD_SIZE 64			/* no keyword is longer */

/* Where we are in a statement.  Begin with {.next = statement}. */
typedef struct SqlWords
{
	const char *next;
	const char *start;			/* of the word */
	char		word[WORD_SIZE];	/* in lower case; one character if no word */
	int			depth;			/* of parentheses, before it */
} SqlWords;

extern bool next_sql_word(SqlWords *words);
extern bool has_sql_words(const char *statement, const char *const *sequence);

#endif							/* SQL_WORDS_H */
