# shellcheck shell=sh
# The library of the test scripts. A script is a description, this file, the
# tests, and test_done:
#
#	#!/bin/sh
#	test_description='what this script is about'
#	. "${0%/*}/test-lib.sh"
#
#	test_expect_success 'a sentence that is true' '
#		git migrate new users &&
#		test_path_exists migrations
#	'
#	test_done
#
# It speaks TAP on stdout; the output of a test that failed goes to stderr.
# Each script runs in an empty directory of its own, $TRASH/work, with a home
# of its own, and none of the caller's settings for git or for databases. The
# directory is removed when everything passed.
#
#	-v	shows the output of every test at once
#	-i	stops at the first test that fails

set -u

GM_TEST_DIR=${GM_TEST_DIR:-$(cd "${0%/*}" && pwd)}
GM_BUILD_DIR=${GM_BUILD_DIR:-${GM_TEST_DIR%/*}/build}
TRASH_ROOT=${GM_TRASH_ROOT:-$GM_BUILD_DIR/trash}
export GM_TEST_DIR GM_BUILD_DIR

: "${test_description:?}"
verbose=
immediate=
for opt
do
	case $opt in
	-v) verbose=1 ;;
	-i) immediate=1 ;;
	*) echo "usage: $0 [-v] [-i]" >&2; exit 129 ;;
	esac
done

# --- the environment

for var in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p')
do
	case $var in
	GIT_* | DATABASE_URL | PG[A-Z]* | MYSQL* | MARIADB* | XDG_* | \
	SQLITE_* | SSH_* | GPG_* | EMAIL | NO_COLOR | CLICOLOR* | \
	CDPATH | GREP_*)
		unset "$var" ;;
	esac
done

script=${0##*/}
TRASH="$TRASH_ROOT/trash directory.${script%.sh}.$$"
HOME="$TRASH/home"
LC_ALL=C
TZ=UTC
TERM=dumb
PAGER='cat'
EDITOR=:
VISUAL=:
GIT_CONFIG_NOSYSTEM=1
GIT_CEILING_DIRECTORIES="$TRASH"
GIT_TERMINAL_PROMPT=0
GIT_MERGE_AUTOEDIT=no
PATH="$GM_BUILD_DIR:$PATH"
# A sanitizer's finding is a crash, and a crash is never an expected failure.
ASAN_OPTIONS=abort_on_error=1:detect_stack_use_after_return=1
LSAN_OPTIONS=abort_on_error=1
UBSAN_OPTIONS=abort_on_error=1:halt_on_error=1:print_stacktrace=1
export TRASH HOME LC_ALL TZ TERM PAGER EDITOR VISUAL PATH
export GIT_CONFIG_NOSYSTEM GIT_CEILING_DIRECTORIES GIT_TERMINAL_PROMPT
export GIT_MERGE_AUTOEDIT ASAN_OPTIONS LSAN_OPTIONS UBSAN_OPTIONS
umask 022

rm -rf "$TRASH" &&
mkdir -p "$TRASH/work" "$HOME" &&
cd "$TRASH/work" || exit 1

cat >"$HOME/.gitconfig" <<\END || exit 1
[user]
	name = A U Thor
	email = author@example.com
[init]
	defaultBranch = main
[commit]
	gpgSign = false
[advice]
	detachedHead = false
END

# --- running tests

test_count=0
test_failures=0
test_cleanup=
test_end=
test_is_done=

# Whatever ends the script before test_done leaves TAP without a plan, and
# the harness takes that for the failure that it is.
test_at_exit() {
	status=$?
	eval "$test_end"
	test -z "${own_servers-}" || "$GM_TEST_DIR/servers.sh" stop
	if test -z "$test_is_done"
	then
		echo "# $script ended with status $status before test_done" >&5
		test "$status" != 0 || exit 1
	fi
}
exec 3>&1 5>&2 </dev/null
trap test_at_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

test_report_output() {
	sed 's/^/# /' "$TRASH/output" >&5
}

# The name and the commands, or "-" for commands on standard input. The
# commands are run in this shell, and must be one chain of &&: what breaks
# the chain would hide a failure, and is a failure itself.
test_expect_success() {
	test $# = 2 || {
		echo "# test_expect_success takes a name and a body" >&5
		exit 1
	}
	test_name=$1
	test_body=$2
	test "$test_body" != - || test_body=$(cat)
	test_count=$((test_count + 1))
	test_cleanup=

	if test -n "$verbose"
	then
		echo "# --- $test_count - $test_name" >&5
		test_run_body >&5 2>&1
	else
		test_run_body >"$TRASH/output" 2>&1
	fi
	if test $? = 0
	then
		echo "ok $test_count - $test_name" >&3
		return
	fi
	test_failures=$((test_failures + 1))
	echo "not ok $test_count - $test_name" >&3
	echo "# $script: failed: $test_name" >&5
	printf '%s\n' "$test_body" | sed 's/^/#   /' >&5
	test -n "$verbose" || test_report_output
	test -z "$immediate" || test_done
}

test_run_body() {
	# With a broken chain something is run in spite of the first link.
	eval "(exit 117) && $test_body
"
	if test $? != 117
	then
		echo "broken && chain, or a syntax error" >&2
		return 1
	fi
	eval "$test_body
"
	test_status=$?
	if test -n "$test_cleanup"
	then
		eval "$test_cleanup" || {
			echo "test_when_finished: a command failed" >&2
			test_status=1
		}
	fi
	return "$test_status"
}

# Runs the arguments when the test is over, whether it passed or not; the
# last one named is the first to run.
test_when_finished() {
	test_cleanup="{ $*
} && ( exit \$? ) ${test_cleanup:+&& $test_cleanup}"
}

# Runs the argument when the script ends, whatever ends it.
test_at_end() {
	test_end="$1
$test_end"
}

# The end of every script.
test_done() {
	test_is_done=1
	echo "1..$test_count" >&3
	if test "$test_failures" = 0
	then
		cd "$TRASH_ROOT" && rm -rf "$TRASH"
		exit 0
	fi
	echo "# kept: $TRASH" >&5
	exit 1
}

# Leaves the script because something isn't there. With CI set nothing may be
# missing, and this is a failure.
test_skip_all() {
	test_is_done=1
	cd "$TRASH_ROOT" && rm -rf "$TRASH"
	if test -n "${CI-}"
	then
		echo "not ok 1 - $1" >&3
		echo "1..1" >&3
		exit 1
	fi
	echo "1..0 # SKIP $1" >&3
	exit 0
}

# Each argument is a program that the script needs.
test_require() {
	for tool
	do
		command -v "$tool" >/dev/null ||
			test_skip_all "$tool is not installed"
	done
}

# --- what tests are made of

# The command must exit with exactly this status.
test_expect_code() {
	want_code=$1
	shift
	"$@"
	exit_code=$?
	test "$exit_code" = "$want_code" && return
	echo "exit status $exit_code instead of $want_code: $*" >&2
	return 1
}

# The command must fail, and by its own will: neither by a signal nor because
# there is no such program.
test_must_fail() {
	"$@"
	exit_code=$?
	if test "$exit_code" = 0
	then
		echo "succeeded, and should have failed: $*" >&2
	elif test "$exit_code" = 126 || test "$exit_code" = 127
	then
		echo "could not be run: $*" >&2
	elif test "$exit_code" -gt 129
	then
		echo "died of signal $((exit_code - 128)): $*" >&2
	else
		return 0
	fi
	return 1
}

# The two files must be the same; the expected one first.
test_cmp() {
	test $# = 2 || { echo "test_cmp takes two files" >&2; return 1; }
	diff -u "$1" "$2"
}

# The file must be there and be empty.
test_must_be_empty() {
	test_path_exists "$1" || return 1
	test -s "$1" || return 0
	echo "'$1' should be empty, and holds:" >&2
	cat "$1" >&2
	return 1
}

test_path_exists() {
	test -e "$1" && return
	echo "'$1' is missing" >&2
	return 1
}

test_path_is_missing() {
	test ! -e "$1" && test ! -L "$1" && return
	echo "'$1' should not be there" >&2
	return 1
}

# is_kept_alive PORT: there is a connection to that port of 127.0.0.1 of which
# the system will soon ask whether it is still there; or it doesn't tell.
is_kept_alive() {
	test ! -r /proc/net/tcp ||
	awk -v end="$(printf ":%04X" "$1")$" \
		'$3 ~ end && $6 ~ /^02:0000/ { found = 1 }
		END { exit !found }' /proc/net/tcp
}

# wait_until COMMAND…: tries until it succeeds. It gives up in the end, but no
# machine is too busy for what comes at all.
wait_until() {
	wait_count=0
	until "$@"
	do
		wait_count=$((wait_count + 1))
		if test "$wait_count" -gt 1800
		then
			echo "never: $*" >&2
			return 1
		fi
		sleep 0.1
	done
}

# is_over PID: whether that process, of whatever parent, has come to its end.
# Its parent may not have heard of that yet.
is_over() {
	! kill -0 "$1" 2>/dev/null ||
		grep -q "^State:.*Z" "/proc/$1/status" 2>/dev/null
}

# within_a_day COMMAND…: once more where the day has ended meanwhile. It finds
# the day in $today.
within_a_day() {
	today=$(date -u +%Y%m%d)
	"$@" && return
	test "$today" != "$(date -u +%Y%m%d)" || return
	today=$(date -u +%Y%m%d)
	"$@"
}

# test_peak KIB COMMAND…: the command takes less memory than that. With
# sanitizers that have a shadow it only has to succeed.
test_peak() {
	peak_limit=$1
	shift
	env time -f %M -o "$TRASH/peak" "$@" || return
	case $GM_BUILD_DIR in
	*san*) return ;;
	esac
	read -r peak <"$TRASH/peak"
	test "$peak" -lt "$peak_limit" && return
	echo "'$*' takes $peak KiB, not less than $peak_limit" >&2
	return 1
}

# test_grep [!] [GREP-OPTION…] PATTERN FILE: the pattern must (not) be there.
test_grep() {
	grep_negated=
	if test "$1" = !
	then
		grep_negated=1
		shift
	fi
	for grep_file
	do
		:
	done
	test_path_exists "$grep_file" || return 1
	grep "$@" >/dev/null
	case $?$grep_negated in
	0 | 11) return 0 ;;
	0?) echo "found, and should not be there: grep $*" >&2 ;;
	1) echo "not found: grep $*" >&2 ;;
	*) echo "grep failed: grep $*" >&2 ;;
	esac
	sed 's/^/> /' "$grep_file" >&2
	return 1
}

# test_line_count = 3 FILE
test_line_count() {
	test_path_exists "$3" || return 1
	lines=$(wc -l <"$3") && lines=$((lines))
	test "$lines" "$1" "$2" && return
	echo "'$3' has $lines lines, not $1 $2:" >&2
	sed 's/^/> /' "$3" >&2
	return 1
}

# --- repositories, migrations, databases

test_clock=1763629200

# Moves the time of the next commit on by a minute.
test_tick() {
	test_clock=$((test_clock + 60))
	GIT_AUTHOR_DATE="$test_clock +0000"
	GIT_COMMITTER_DATE="$test_clock +0000"
	export GIT_AUTHOR_DATE GIT_COMMITTER_DATE
}
test_tick

# test_commit_all MESSAGE: commits everything in the work tree.
test_commit_all() {
	test_tick &&
	git add -A &&
	git commit -q -m "$1"
}

# keep_interrupting PID: until it is waited for. What comes right behind the
# first signal counts as the same one.
keep_interrupting() {
	while kill -INT "$1"
	do
		sleep 0.2
	done 2>/dev/null &
}

# make_migration ID UP DOWN [PARENT…]: writes ID.sql to $MIGRATIONS, by default
# the directory "migrations". An empty DOWN stands for no down section.
make_migration() {
	migration_file=${MIGRATIONS:-migrations}/$1.sql
	migration_up=$2
	migration_down=$3
	shift 3
	mkdir -p "${migration_file%/*}" &&
	{
		for parent
		do
			echo "-- migrate:parent $parent"
		done
		test $# = 0 || echo
		printf '%s\n%s\n' '-- migrate:up' "$migration_up"
		test -z "$migration_down" ||
		printf '\n%s\n%s\n' '-- migrate:down' "$migration_down"
	} >"$migration_file"
}

# commit_migration ID SQL PARENT…: a sealed one without a down, committed.
commit_migration() {
	committed_id=$1
	committed_sql=$2
	shift 2
	make_migration "$committed_id" "$committed_sql" "" "$@" &&
	git migrate seal -q "$committed_id" &&
	test_commit_all "$committed_id"
}

# sq DATABASE SQL: what SQLite answers, columns apart by "|".
sq() {
	sqlite3 -batch -noheader "$@"
}

# test_project DIR [OPTION…]: a repository with a project on the SQLite
# database app.db; the options are init's.
test_project() {
	project=$1
	shift
	git init -q "$project" &&
	echo "/app.db*" >"$project/.gitignore" &&
	git -C "$project" migrate init --no-hooks --url sqlite:app.db "$@" \
		>/dev/null 2>&1
}

# test_published NAME: such a project with two sealed migrations, which it has
# pushed to its origin, the bare repository NAME.git.
test_published() {
	git init -q --bare "$1.git" &&
	test_project "$1" --numbering sequence &&
	(
		cd "$1" &&
		make_table 0001_a a &&
		make_table 0002_b b &&
		git migrate seal -q &&
		test_commit_all two &&
		git remote add origin "../$1.git" &&
		git push -q -u origin main
	)
}

# test_users DIR: makes such a project anew, with a migration for a table of
# users, and goes there.
test_users() {
	rm -rf "$1" && test_project "$1" && cd "$1" &&
	make_migration 0001_base \
		"CREATE TABLE users (id INT, email TEXT);" "DROP TABLE users;"
}

# make_table ID TABLE [PARENT…]: a migration that makes a table.
make_table() {
	table_id=$1
	table=$2
	shift 2
	make_migration "$table_id" "CREATE TABLE $table (id INTEGER);" \
		"DROP TABLE $table;" "$@"
}

# test_states STATE:ID…: what status says of every migration, in order.
test_states() {
	for state
	do
		echo "$state"
	done >"$TRASH/states.expect" &&
	git migrate status --porcelain >"$TRASH/states.out" &&
	cut -f 1,2 "$TRASH/states.out" | tr "\t" : >"$TRASH/states.actual" &&
	test_cmp "$TRASH/states.expect" "$TRASH/states.actual"
}

# test_tables NAME…: the tables of app.db, without the tool's own, by name.
test_tables() {
	echo "$*" >"$TRASH/tables.expect" &&
	sq "${DATABASE:-app.db}" "SELECT group_concat(name, ' ') FROM (
		SELECT name FROM sqlite_master WHERE type = 'table'
		AND name NOT LIKE 'git_migrate%' AND name NOT LIKE 'sqlite%'
		ORDER BY name)" >"$TRASH/tables.actual" &&
	test_cmp "$TRASH/tables.expect" "$TRASH/tables.actual"
}

# json EXPRESSION: what Perl makes of the JSON on standard input, which is
# in $j; a line for each value.
json() {
	perl -MJSON::PP -0777 -e '
		my $j = decode_json(<STDIN>);
		my @values = eval $ARGV[0];
		die $@ if $@;
		print defined $_ ? "$_\n" : "null\n" for @values;
	' "$1"
}
