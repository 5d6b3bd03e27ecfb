# shellcheck shell=sh
# Histories that are made, and what is said of them. It is sourced behind
# test-lib.sh; the base of all of them is called 0001_base.

# add ID SQL [PARENT…]: a sealed migration, by default on the base, committed.
add() {
	test $# -gt 2 || set -- "$@" 0001_base
	commit_migration "$@"
}

# says STATUS RULES [CHECK-OPTION…]: the exit status, and the rules that have
# findings, each once, in the order of their names.
says() {
	says_code=$1
	says_rules=$2
	shift 2
	test_expect_code "$says_code" git migrate check --porcelain "$@" \
		>rows.out 2>err.out &&
	for rule in $says_rules
	do
		echo "$rule"
	done >rules.expect &&
	cut -f 2 rows.out | LC_ALL=C sort -u >rules.out &&
	test_cmp rules.expect rules.out
}
