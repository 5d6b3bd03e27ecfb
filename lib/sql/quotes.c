/*
 * Quotes: what begins with one, and where it ends.
 */
#include "sql/scan.h"

/* From the opening quote to behind the closing one; doubled, it is text. */
bool gm_skip_quoted(struct scan *scan, bool backslashes)
{
	char quote = *scan->p++;

	for (;;) {
		if (backslashes) {
			while (scan->p < scan->end && *scan->p != quote)
				scan->p += *scan->p == '\\' ? 2 : 1;
			if (scan->p >= scan->end) {
				scan->p = scan->end;
				return false;
			}
			scan->p++;
		} else if (!skip_past(scan, quote)) {
			return false;
		}
		if (peek(scan, 0) != quote || scan->p == scan->end)
			return true;
		scan->p++;
	}
}

/* Whether another part of the string follows on a new line; goes there. */
static bool string_goes_on(struct scan *scan)
{
	struct scan ahead = *scan;
	bool newline = false;

	for (;;) {
		if (peek(&ahead, 0) == '-' && peek(&ahead, 1) == '-') {
			gm_skip_line(&ahead);
			continue;
		}
		if (ahead.p == ahead.end || class_of(*ahead.p) != CLASS_SPACE)
			break;
		if (*ahead.p == '\n' || *ahead.p == '\r')
			newline = true;
		ahead.p++;
	}
	if (!newline || peek(&ahead, 0) != '\'')
		return false;
	scan->p = ahead.p;
	return true;
}

void gm_scan_string(struct scan *scan, bool backslashes)
{
	scan->type = GM_TOKEN_STRING;
	do {
		if (!gm_skip_quoted(scan, backslashes)) {
			scan->type = GM_TOKEN_UNTERMINATED;
			return;
		}
	} while (has_rule(scan, GM_LEX_STRINGS_GO_ON) && string_goes_on(scan));
}

void gm_scan_name(struct scan *scan)
{
	scan->type = gm_skip_quoted(scan, false) ? GM_TOKEN_QUOTED
						 : GM_TOKEN_UNTERMINATED;
}

bool gm_plain_backslashes(const struct scan *scan)
{
	const struct gm_lexer_modes *modes = &scan->lexer->modes;

	if (has_rule(scan, GM_LEX_BACKSLASHES))
		return !modes->no_backslash_escapes;
	return modes->backslash_strings;
}

void gm_scan_double(struct scan *scan)
{
	if (has_rule(scan, GM_LEX_DOUBLE_STRINGS) &&
	    !scan->lexer->modes.ansi_quotes)
		gm_scan_string(scan, gm_plain_backslashes(scan));
	else
		gm_scan_name(scan);
}

/* Says whether a quote in dollars begins here, and if so goes behind it. */
bool gm_scan_dollar_quote(struct scan *scan)
{
	const char *tag = scan->p;
	struct scan ahead = *scan;
	size_t len;

	for (ahead.p++; ahead.p < ahead.end; ahead.p++)
		if (class_of(*ahead.p) > CLASS_DIGIT)
			break;
	if (peek(&ahead, 0) != '$')
		return false;
	len = (size_t)(++ahead.p - tag);
	scan->type = GM_TOKEN_STRING;
	/* A tag holds no dollar, so that no byte is compared twice. */
	for (;;) {
		if (!skip_past(&ahead, '$')) {
			scan->type = GM_TOKEN_UNTERMINATED;
			break;
		}
		if ((size_t)(ahead.end - ahead.p) >= len - 1 &&
		    !memcmp(ahead.p, tag + 1, len - 1)) {
			ahead.p += len - 1;
			break;
		}
	}
	scan->p = ahead.p;
	return true;
}
