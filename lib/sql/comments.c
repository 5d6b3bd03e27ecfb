/*
 * Comments, those that run among them.
 */
#include "sql/scan.h"

void gm_skip_line(struct scan *scan)
{
	bool cr = has_rule(scan, GM_LEX_CR_ENDS_LINE);

	while (scan->p < scan->end && *scan->p != '\n' &&
	       (!cr || *scan->p != '\r'))
		scan->p++;
}

void gm_scan_line_comment(struct scan *scan)
{
	scan->type = GM_TOKEN_COMMENT;
	gm_skip_line(scan);
}

bool gm_scan_dash(struct scan *scan)
{
	unsigned char next = (unsigned char)peek(scan, 2);

	if (peek(scan, 1) != '-')
		return false;
	if (has_rule(scan, GM_LEX_DASHES_BLANK) && next > ' ' && next != 0x7f)
		return false;
	gm_scan_line_comment(scan);
	return true;
}

/* From the opening bound to behind the closing one. */
static bool skip_comment(struct scan *scan)
{
	bool nested = has_rule(scan, GM_LEX_NESTED_COMMENTS);
	size_t depth = 1;

	scan->p += 2;
	while (scan->p < scan->end) {
		if (*scan->p == '*' && peek(scan, 1) == '/') {
			scan->p += 2;
			if (!--depth)
				return true;
		} else if (nested && *scan->p == '/' && peek(scan, 1) == '*') {
			scan->p += 2;
			depth++;
		} else {
			scan->p++;
		}
	}
	return false;
}

/* Behind the opening bound of a comment in which the server reads SQL, its
 * version included; false where this isn't one. */
static bool skip_live_bound(struct scan *scan)
{
	size_t n = peek(scan, 2) == 'M' ? 3 : 2;
	size_t digits = 0;

	if (peek(scan, n) != '!')
		return false;
	n++;
	while (digits < 6 && is_digit(peek(scan, n + digits)))
		digits++;
	/* A version that no server reaches: mariadb-dump says things to the
	 * client in such a one, and they aren't SQL. */
	if (digits == 6 && !memcmp(scan->p + n, "999999", 6))
		return false;
	scan->p += digits >= 5 ? n + digits : n;
	return true;
}

bool gm_scan_slash(struct scan *scan, bool *in_live_comment)
{
	if (peek(scan, 1) != '*')
		return false;
	scan->type = GM_TOKEN_COMMENT;
	if (has_rule(scan, GM_LEX_LIVE_COMMENTS)) {
		if (skip_live_bound(scan)) {
			scan->type = GM_TOKEN_LIVE_COMMENT;
			*in_live_comment = true;
			return true;
		}
		if (peek(scan, 2) == '+')
			scan->type = GM_TOKEN_LIVE_COMMENT;
	}
	if (!skip_comment(scan))
		scan->type = GM_TOKEN_UNTERMINATED;
	return true;
}

bool gm_scan_star(struct scan *scan, bool *in_live_comment)
{
	if (!*in_live_comment || peek(scan, 1) != '/')
		return false;
	scan->type = GM_TOKEN_LIVE_COMMENT;
	scan->p += 2;
	*in_live_comment = false;
	return true;
}
