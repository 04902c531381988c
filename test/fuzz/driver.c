/*-------------------------------------------------------------------------
 *
 * driver.c
 *		What all targets of the fuzzer share.
 *
 * A parser may end the program, by exit() with a message.  The linker's --wrap
 * brings that here, so that the next text follows.  Memory is counted by
 * AddressSanitizer's hooks and given back after each text; a target that must
 * free all of it by itself fails if it does not.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres_fe.h"

#include <fcntl.h>
#include <sanitizer/allocator_interface.h>
#include <sanitizer/asan_interface.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/exit_code.h"
#include "base/json.h"
#include "fuzz.h"

#define MOST_BLOCKS (1 << 20)

/* No text leaves more files open than that when it ends the program. */
#define MOST_FILES 64

extern void __real_exit(int code) pg_attribute_noreturn();
extern void __wrap_exit(int code) pg_attribute_noreturn();
extern int	LLVMFuzzerInitialize(int *argc, char ***argv);
extern int	LLVMFuzzerTestOneInput(const uint8 *data, size_t size);

/* What is allocated, and the place of each in that list. */
static const volatile void *blocks[MOST_BLOCKS];
static int	nblocks = 0;

/* In this thread alone: libFuzzer has one that watches the memory. */
static __thread bool counting = false;

/* Where to say why a target fails, since it has stderr to itself. */
#define OUR_STDERR 200

static sigjmp_buf back;
static bool running = false;

static void
note_malloc(const volatile void *ptr, size_t size)
{
	if (!counting || ptr == NULL)
		return;
	if (nblocks == MOST_BLOCKS)
	{
		counting = false;
		dprintf(OUR_STDERR, "more than %d blocks of memory at once\n", MOST_BLOCKS);
		abort();
	}
	blocks[nblocks++] = ptr;
}

/* What is freed was mostly allocated last. */
static void
note_free(const volatile void *ptr)
{
	if (!counting || ptr == NULL)
		return;
	for (int i = nblocks - 1; i >= 0; i--)
	{
		if (blocks[i] != ptr)
			continue;
		blocks[i] = blocks[--nblocks];
		return;
	}
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	if (dup2(STDERR_FILENO, OUR_STDERR) < 0)
		abort();
	return 0;
}

/*
 * No message is translated, and none is kept for having been looked up.
 */
#undef gettext
#undef dgettext
#undef dcgettext
char *
gettext(const char *text)
{
	return (char *) text;
}

char *
dgettext(const char *domain, const char *text)
{
	return (char *) text;
}

char *
dcgettext(const char *domain, const char *text, int category)
{
	return (char *) text;
}

void
must_fail(const char *condition, const char *file, int line)
{
	counting = false;
	dprintf(OUR_STDERR, "%s:%d: this must hold: %s\n", file, line, condition);
	abort();
}

/*
 * A parser refuses by EXIT_USAGE; nothing else is its to say, but for what it
 * prints when it is asked to.
 */
void
__wrap_exit(int code)
{
	if (!running)
		__real_exit(code);
	MUST(code == EXIT_USAGE || code == EXIT_READY);
	siglongjmp(back, 1);
}

char *
take_part(char **text, char separator)
{
	return strsep(text, (char[]) {separator, '\0'});
}

const char *
fuzz_file(const char *name, const char *text, size_t len)
{
	int			fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, len) != len || close(fd) != 0)
	{
		dprintf(OUR_STDERR, "%s: %s\n", name, strerror(errno));
		abort();
	}
	return name;
}

/*
 * What libraries make once and keep must not be given back.
 */
static void
prepare(void)
{
	static bool done = false;

	if (done)
		return;
	done = true;
	log_init("gw_bootstrap");
	setvbuf(stdout, NULL, _IONBF, 0);
	log_set_format(&json_format);
	log_info("in JSON: %s", strerror(12345));
	log_set_format(NULL);
	log_info("as text");
	fuzz_prepare();
	__sanitizer_install_malloc_and_free_hooks(note_malloc, note_free);
}

static void
give_back(bool ended, int first_file)
{
	counting = false;
	if (fuzz_frees_all && !ended && nblocks > 0)
	{
		dprintf(OUR_STDERR, "%d blocks of memory are not freed, such as this one:\n", nblocks);
		__asan_describe_address((void *) blocks[0]);
		abort();
	}
	while (nblocks > 0)
		free((void *) blocks[--nblocks]);
	if (ended)
		close_range(first_file, first_file + MOST_FILES, 0);
}

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	static char *volatile text;
	static volatile int first_file;
	volatile bool ended = true;

	prepare();
	if (size > FUZZ_MOST_LENGTH || memchr(data, 0, size) != NULL)
		return -1;				/* not worth keeping */
	/* of just that size, so that reading behind it is seen */
	text = malloc(size + 1);
	memcpy(text, data, size);
	text[size] = '\0';
	first_file = dup(STDIN_FILENO);
	close(first_file);
	running = counting = true;
	if (sigsetjmp(back, 0) == 0)
	{
		fuzz_one(text, size);
		ended = false;
	}
	running = false;
	give_back(ended, first_file);
	free(text);
	return 0;
}
