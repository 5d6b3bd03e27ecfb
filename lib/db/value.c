/*
 * Values on their way into a statement or out of it.
 */
#include "db/value.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/strbuf.h"

struct gm_value gm_value_null(void)
{
	struct gm_value value = { .type = GM_VALUE_NULL };

	return value;
}

struct gm_value gm_value_int(int64_t number)
{
	struct gm_value value = { .type = GM_VALUE_INT, .number = number };

	return value;
}

struct gm_value gm_value_bytes(const char *text, size_t len)
{
	struct gm_value value = { .type = GM_VALUE_TEXT,
				  .text = text,
				  .len = len };

	return value;
}

struct gm_value gm_value_text(const char *text)
{
	return text ? gm_value_bytes(text, strlen(text)) : gm_value_null();
}

int64_t gm_value_to_int(const struct gm_value *value)
{
	char digits[32];
	size_t len;

	if (value->type == GM_VALUE_INT)
		return value->number;
	if (value->type == GM_VALUE_NULL)
		return 0;
	len = value->len < sizeof(digits) ? value->len : sizeof(digits) - 1;
	memcpy(digits, value->text, len);
	digits[len] = '\0';
	return strtoll(digits, NULL, 10);
}

char *gm_value_to_text(const struct gm_value *value)
{
	if (value->type == GM_VALUE_NULL)
		return NULL;
	if (value->type == GM_VALUE_INT)
		return gm_format("%lld", (long long)value->number);
	return gm_strndup(value->text, value->len);
}
