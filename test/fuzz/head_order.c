/* head_order.c: which head is the greater one, shared/head_order.c */
#include "postgres_fe.h"

#include "fuzz.h"
#include "shared/head_judge.h"

const bool	fuzz_frees_all = true;

void
fuzz_prepare(void)
{
}

static int
sign(int number)
{
	return (number > 0) - (number < 0);
}

static bool
is_digits(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

/* As whoever learned to count would. */
static int
compare_numbers(const char *a, const char *b)
{
	a += strspn(a, "0");
	b += strspn(b, "0");
	if (strlen(a) != strlen(b))
		return strlen(a) > strlen(b) ? 1 : -1;
	return sign(strcmp(a, b));
}

/*
 * An order of the three heads in the lines, and numbers by their size.
 */
void
fuzz_one(char *text, size_t len)
{
	for (HeadOrder order = ORDER_KNOWN; order <= ORDER_NONE; order++)
	{
		char	   *copy = pg_strdup(text);
		char	   *rest = copy;
		char	   *words[3];
		Head		heads[3];
		Head		keys[3];
		int			signs[3][3];

		for (int i = 0; i < 3; i++)
		{
			words[i] = take_part(&rest, '\n');
			if (words[i] == NULL)
				words[i] = "";
			heads[i] = (Head) {words[i], Min(strlen(words[i]), MAX_HEAD_LENGTH)};
			keys[i] = head_key(order, &heads[i]);
		}
		for (int i = 0; i < 3; i++)
			for (int j = 0; j < 3; j++)
				signs[i][j] = sign(compare_heads(&keys[i], &keys[j]));
		for (int i = 0; i < 3; i++)
			for (int j = 0; j < 3; j++)
			{
				MUST(signs[i][j] == -signs[j][i]);
				MUST(i != j || signs[i][j] == 0);
				for (int k = 0; k < 3; k++)
					MUST(!(signs[i][j] <= 0 && signs[j][k] <= 0) || signs[i][k] <= 0);
				if ((order == ORDER_NUMERIC || order == ORDER_DOTTED) && is_digits(words[i]) &&
					is_digits(words[j]) && len < MAX_HEAD_LENGTH)
					MUST(signs[i][j] == compare_numbers(words[i], words[j]));
			}
		for (int i = 0; i < 3; i++)
			free_head_key(&keys[i], &heads[i]);
		free(copy);
	}
}
