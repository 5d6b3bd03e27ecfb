#!/bin/sh
test_description='the manual is whole'
. "${0%/*}/test-lib.sh"

test_require mandoc

SOURCE=${GM_TEST_DIR%/*}
export SOURCE

mandoc -T ascii "$SOURCE/cmd/git-migrate.1" | sed 's/.'"$(printf '\b')"'//g' \
	>manual

# Each line of the file is in the manual as a word.
all_in_manual() {
	test -s "$1" || {
		echo "'$1' is empty" >&2
		return 1
	}
	status=0
	while IFS= read -r word
	do
		grep -qE -e "(^|[^a-zA-Z-])$word([^a-zA-Z-]|$)" manual || {
			echo "the manual says nothing of '$word'" >&2
			status=1
		}
	done <"$1"
	return "$status"
}

test_expect_success 'it names every command, and every option' '
	git migrate help |
		sed -n "s/^  \([a-z-]*\),* *\([a-z]*\)  .*/\1 \2/p" |
		tr -s " " "\n" | sed "/^$/d" >commands &&
	all_in_manual commands &&
	for command in $(cat commands)
	do
		git migrate help "$command" || return 1
	done | sed -n "s/^    \(-., \)\{0,1\}\(--[a-z-]*\).*/\2/p" |
		sort -u >options &&
	all_in_manual options
'

test_expect_success 'what -h says is no wider than a terminal' '
	for command in $(cat commands)
	do
		git migrate help "$command" | sed "s/…/./g" >help &&
		test_grep "^usage: git migrate" help &&
		awk "length > 80 { print; wide = 1 } END { exit wide }" help ||
			return 1
	done
'

test_expect_success 'it names every rule of check' '
	sed -n "s/.*= { \"\([a-z-]*\)\", GM_LEVEL_.*/\1/p" \
		"$SOURCE/lib/series/finding.c" >rules &&
	all_in_manual rules
'

test_expect_success 'it names every state' '
	sed -n "s/^	\[GM_STATE_[A-Z_]*\] = \"\([a-z-]*\)\",$/\1/p" \
		"$SOURCE/lib/work/compare.c" >states &&
	all_in_manual states
'

test_expect_success 'it names every setting' '
	cat "$SOURCE"/lib/*/*.c "$SOURCE"/cmd/*.c "$SOURCE"/drivers/*.c |
		grep -o "\"migrate\.[a-zA-Z]*\"" | tr -d "\"" |
		tr "[:upper:]" "[:lower:]" | sort -u >settings &&
	tr "[:upper:]" "[:lower:]" <manual >lower &&
	mv lower manual &&
	all_in_manual settings
'

test_done
