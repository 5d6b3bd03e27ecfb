# shellcheck shell=sh
# For the scripts that hold our statements against those that a server sees.
# It is sourced behind the server's library.

# split_scripts LINE: cuts standard input, at lines "== ID", into
# scripts/ID.sql, and makes a migration of each, which begins with that line.
split_scripts() {
	rm -rf scripts && mkdir -p scripts &&
	awk '/^== / { file = "scripts/" $2 ".sql"; printf "" >file; next }
		{ print >file }' &&
	for script_file in scripts/*.sql
	do
		{ echo "$1" && cat "$script_file"; } \
			>"migrations/${script_file#scripts/}" || return 1
	done
}

# random_scripts PERL: such scripts, with @pieces that run by themselves and
# @ends of statements put together at random; what is made of a seed is always
# the same.
random_scripts() {
	# shellcheck disable=SC2016 # it is Perl
	perl -e "$1"'
		for my $script (1 .. $ARGV[0] || 60) {
			printf "== %04d_random\n", $script;
			print $pieces[rand @pieces], $ends[rand @ends], " "
				for 0 .. rand 12;
			print $pieces[rand @pieces],
				rand() < 0.5 ? ";\n" : "\n";
		}' "${GM_TEST_SLOW:+600}"
}
