/*-------------------------------------------------------------------------
 *
 * fuzz.h
 *		What a target of the fuzzer is.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FUZZ_H
#define FUZZ_H

/* No text is longer, in bytes. */
#define FUZZ_MOST_LENGTH 4096

/*
 * What a target defines.  The text is terminated, may be written to, and has no
 * null byte in it.  Whatever it allocates is given back afterwards, since a
 * program that ends soon does not; static variables must not keep any of it.
 */
extern void fuzz_one(char *text, size_t len);

/* True if a target frees all that it allocates, unless it ends the program. */
extern const bool fuzz_frees_all;

/* Called once, for what lives longer. */
extern void fuzz_prepare(void);

/* Not Assert(): these hold in every build. */
#define MUST(condition) ((condition) ? (void) 0 : must_fail(#condition, __FILE__, __LINE__))
extern void must_fail(const char *condition, const char *file, int line);

/* The next part of the text, up to that character; NULL if there is none. */
extern char *take_part(char **text, char separator);

/* A file with that text in the current folder, which is in memory; its name. */
extern const char *fuzz_file(const char *name, const char *text, size_t len);

#endif							/* FUZZ_H */
