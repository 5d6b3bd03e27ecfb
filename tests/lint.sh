#!/bin/sh
# The rules of the house, as far as a machine can check them. Each function
# below is a rule; it prints what breaks it, and silence is consent.
#
#	tests/lint.sh [RULE…]	checks all or some rules
#	tests/lint.sh --format	puts the C sources into the house's format
#
# GM_BUILD_DIR is a build without sanitizers; some rules look at its objects.
set -u
cd "$(dirname "$0")/.." || exit 1
build=${GM_BUILD_DIR:-build}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

# Every file of the project that fits one of the patterns.
files() {
	git ls-files -co --exclude-standard -- "$@" | sort -u |
	while IFS= read -r file
	do
		test ! -f "$file" || echo "$file"
	done
}

# The objects of lib, drivers and cmd whose sources are still there.
objects() {
	files 'lib/*.c' 'drivers/*.c' 'cmd/*.c' |
	while IFS= read -r file
	do
		echo "$build/obj/${file%.c}.o"
	done
}

need() {
	command -v "$1" >/dev/null && return
	echo "$1 is not installed; try \"make deps\""
	return 1
}

# clang-format fills lines with the rows of a table when they are short. A
# comment at the end of each row keeps them apart, and is taken out again.
formatted() {
	sed 's|^\(\t*{.*},\)$|\1 //|' "$1" |
	"$clang_format" --style=file --assume-filename="$1" |
	sed 's|[ \t]*//$||'
}

find_clang_format() {
	for clang_format in clang-format-14 clang-format
	do
		command -v "$clang_format" >/dev/null || continue
		"$clang_format" --version | grep -q 'version 14\.' && return
	done
	echo 'clang-format 14 is not installed; try "make deps"'
	return 1
}

format() {
	find_clang_format || return
	files '*.c' '*.h' |
	while IFS= read -r file
	do
		formatted "$file" >"$scratch/formatted"
		diff -u --label "$file" --label "formatted" "$file" \
			"$scratch/formatted"
	done
}

reformat() {
	find_clang_format || return
	files '*.c' '*.h' |
	while IFS= read -r file
	do
		formatted "$file" >"$scratch/formatted" &&
		{ cmp -s "$file" "$scratch/formatted" ||
			cat "$scratch/formatted" >"$file"; }
	done
}

# At most 80 columns, no blanks at the end of a line, LF.
lines() {
	files '*.c' '*.h' '*.sh' '.ci/*' tests/run Makefile |
	while IFS= read -r file
	do
		expand "$file" | perl -CSD -ne '
			chomp;
			print "'"$file"':$.: more than 80 columns\n"
				if length > 80;
			print "'"$file"':$.: blanks at the end of the line\n"
				if /\s$/;
		'
	done
}

# The first thing in a source is what it is for.
opening() {
	files '*.c' '*.h' |
	while IFS= read -r file
	do
		test "$(head -c 2 "$file")" = '/*' ||
			echo "$file:1: says not what it is for"
	done
}

# What may include what: calls go down only.
layers() {
	files 'lib/*.[ch]' 'drivers/*.[ch]' 'cmd/*.[ch]' |
	while IFS= read -r file
	do
		case $file in
		lib/base/*) may="base" ;;
		lib/sql/*) may="sql base" ;;
		lib/series/*) may="series sql base" ;;
		lib/git/*) may="git series sql base" ;;
		lib/db/*) may="db series sql base" ;;
		lib/schema/*) may="schema db series sql base" ;;
		lib/work/*) may="hooks work schema git db series sql base" ;;
		lib/*) may=". work schema git db series sql base" ;;
		drivers/*) may=". drivers db sql base" ;;
		cmd/*) may=". cmd drivers work schema git db series sql base" ;;
		esac
		sed -n 's/^[ \t]*#[ \t]*include[ \t]*"\(.*\)".*/\1/p' "$file" |
		while IFS= read -r header
		do
			case " $may " in
			*" $(dirname "$header") "*) ;;
			*) echo "$file: may not include \"$header\"" ;;
			esac
		done
	done
}

system_headers=" $(tr '\n' ' ' <<\END
assert ctype dirent dlfcn errno fcntl float fnmatch glob grp iconv inttypes
langinfo libgen limits locale math netdb poll pthread pwd regex setjmp signal
spawn stdarg stdatomic stdbool stddef stdint stdio stdlib string strings
termios time unistd wchar wctype
END
)"

# Each third-party header is known to one .c file; <git2.h> to lib/git, and
# <mysql.h> and <libpq-fe.h> to one header of their driver each.
third_party() {
	files 'lib/*.[ch]' 'drivers/*.[ch]' 'cmd/*.[ch]' |
	while IFS= read -r file
	do
		sed -n 's/^[ \t]*#[ \t]*include[ \t]*<\(.*\)>.*/\1/p' "$file" |
		while IFS= read -r header
		do
			case $header in
			sys/* | netinet/* | arpa/* | net/*) continue ;;
			git2.h | git2/*)
				case $file in
				lib/git/*) continue ;;
				esac
				echo "$file: <$header> belongs to lib/git"
				continue ;;
			esac
			case "$file $header" in
			"drivers/mysql_library.h mysql"*) continue ;;
			"drivers/postgres_library.h libpq-fe.h") continue ;;
			esac
			case "$system_headers" in
			*" ${header%.h} "*) continue ;;
			esac
			case $file in
			*.h) echo "$file: a header includes <$header>" ;;
			esac
			echo "$header $file" >>"$scratch/third-party"
		done
	done
	test ! -e "$scratch/third-party" ||
	sort -u "$scratch/third-party" | awk '
		{ n[$1]++; where[$1] = where[$1] " " $2 }
		END {
			for (h in n)
				if (n[h] > 1)
					print "<" h "> is included by" where[h]
		}'
}

# State that may stay: OBJECT SYMBOL, with the reason behind it.
allowed_state='
'

# No mutable state at file scope, and none in static locals.
state() {
	objects | while IFS= read -r object
	do
		objdump -t "$object" | awk '
			NF < 4 || $NF ~ /^\./ { next }
			{ section = $(NF - 2) }
			section ~ /^\.data\.rel\.ro/ { next }
			section ~ /^(\.(data|bss|tdata|tbss)|\*COM\*)/ {
				print $NF
			}' |
		while IFS= read -r symbol
		do
			what="${object#"$build/obj/"} ${symbol%%.*}"
			case $allowed_state in
			*"
$what "*) ;;
			*) echo "$what is state that can change" ;;
			esac
		done
	done
}

# External names begin with gm_.
prefix() {
	objects | while IFS= read -r object
	do
		nm -g --defined-only "$object" | awk '
			$3 !~ /^gm_/ && $3 != "main" {
				print "'"${object#"$build/obj/"}"': " $3 \
					" has no prefix gm_"
			}'
	done
}

# Only cmd/ prints and exits; alloc.c ends the program without memory.
printing() {
	objects | grep -v -e /obj/cmd/ -e /obj/lib/base/alloc.o |
	while IFS= read -r object
	do
		nm -u "$object" | awk '
			$2 ~ /^(__)?v?printf(_chk)?$/ ||
			$2 ~ /^(puts|putchar|perror|stdout|stderr|exit)$/ ||
			$2 ~ /^v?(err|warn)x?$/ {
				print "'"${object#"$build/obj/"}"': uses " $2 \
					", which is for cmd/"
			}'
	done
}

# What a database can is asked from its driver, never told by its name.
# A URL's form follows from its scheme, so lib/db/url.c may ask for that.
driver_names() {
	files 'lib/*.[ch]' 'cmd/*.[ch]' | grep -v '^lib/db/url\.c$' |
	while IFS= read -r file
	do
		perl -0777 -ne '
			while (/str\w*cmp\s*\([^;{}]*?"(mysql|mariadb|
					postgres\w*|sqlite\w*)"/xg) {
				my $line = 1 + substr($_, 0, $-[0]) =~ tr/\n//;
				print "'"$file"':$line: asks for the name ",
					"\"$1\", and not for a feature\n";
			}' "$file"
	done
}

no_typedefs() {
	files '*.c' '*.h' | while IFS= read -r file
	do
		grep -nE '^[[:space:]]*typedef[[:space:]]+(struct|enum|union)' \
			"$file" | sed "s|^|$file:|"
	done
}

top_level() {
	files | sed 's|/.*||' | sort -u | while IFS= read -r entry
	do
		case $entry in
		Makefile | README.md | LICENSE | .*) ;;
		cmd | lib | hooks | drivers | tests | contrib) ;;
		*) echo "$entry: does not belong to the top level" ;;
		esac
	done
}

shell() {
	need shellcheck || return
	files '*.sh' '*.bash' '.ci/*' 'hooks/*' |
	while IFS= read -r file
	do
		# Test bodies are single-quoted text, and called by name.
		shellcheck -x -P tests -P SCRIPTDIR -e SC2016,SC2317 \
			-f gcc "$file"
	done
}

static_checks() {
	need cppcheck || return
	mkdir -p "$build/cppcheck"
	files 'lib/*.c' 'drivers/*.c' 'cmd/*.c' >"$scratch/sources"
	cppcheck --quiet --std=c11 --language=c -j 2 -Ilib -I. -I"$build/gen" \
		-DGM_VERSION='""' --cppcheck-build-dir="$build/cppcheck" \
		--enable=warning,performance,portability --inline-suppr \
		--suppress=missingIncludeSystem \
		--suppress=arrayIndexThenCheck \
		--template='{file}:{line}: {message} ({id})' \
		--file-list="$scratch/sources" 2>&1
}

manual() {
	test -e cmd/git-migrate.1 || return
	need mandoc || return
	mandoc -T lint -W warning cmd/git-migrate.1
}

# What the program's own list names is in the manual, in the README and in
# both completions.
commands() {
	test -x "$build/git-migrate" || return
	"$build/git-migrate" help |
	sed -n 's/^  *\([a-z][a-z-]*\)\(,.*\)\{0,1\}  .*/\1/p' \
		>"$scratch/commands"
	test -s "$scratch/commands" || echo '"help" lists no command'
	while IFS= read -r command
	do
		for file in cmd/git-migrate.1 README.md \
			contrib/completion/git-migrate.bash \
			contrib/completion/_git-migrate
		do
			test ! -e "$file" ||
			grep -qE "(^|[^a-z-])$command([^a-z-]|$)" "$file" ||
			echo "$file: says nothing of \"$command\""
		done
	done <"$scratch/commands"
}

if test "${1-}" = --format
then
	reformat
	exit
fi
test $# != 0 || set -- format lines opening layers third_party state prefix \
	printing driver_names no_typedefs top_level shell static_checks manual \
	commands
for rule
do
	"$rule" >"$scratch/report-$rule" 2>&1 &
done
wait
status=0
for rule
do
	test -s "$scratch/report-$rule" || continue
	echo "--- $rule"
	cat "$scratch/report-$rule"
	status=1
done
test "$status" != 0 || echo "lint: $# rules kept"
exit "$status"
