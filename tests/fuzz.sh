#!/bin/sh
# Runs each fuzzer for so many seconds: tests/fuzz.sh SECONDS FUZZER…
# With FUZZ_RUNS so many inputs instead, and the same ones each time.
# Seeds are in tests/fuzz/corpus/NAME, if there are any, a dictionary in
# tests/fuzz/NAME.dict; what is found is kept in the build directory. An input
# that takes more than four seconds counts as found: it may never end. With
# FUZZ_RUNS it is two minutes, for the machine may be slow.
set -u
cd "$(dirname "$0")/.." || exit 1
seconds=$1
shift

# Two sides for each row of the table of overlaps, as fuzz_footprint takes them:
# a byte for the dialect, and NUL between the sides.
overlaps_as_seeds() {
	perl -e '
		my %byte = (sqlite => 0, postgres => 1, mysql => 2);
		while (<STDIN>) {
			my ($dialect, $a, $b) = split / \| /;
			next if /^#/;
			open my $seed, ">", "$ARGV[0]/overlap-$." or die;
			print $seed $byte{$dialect}, $a, "\0", $b;
		}
	' "$1" <tests/vectors/overlaps
}

passed=0
failed=0
for fuzzer
do
	name=${fuzzer##*/fuzz_}
	crashes=${fuzzer%/*}/../crashes
	seeds=${fuzzer%/*}/../seeds/$name
	rm -rf "$seeds"
	mkdir -p "$seeds" "$crashes"
	test "$name" != footprint || overlaps_as_seeds "$seeds"
	test ! -d "tests/fuzz/corpus/$name" ||
		cp "tests/fuzz/corpus/$name"/* "$seeds" || exit 1
	set -- -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="$crashes/$name-"
	test ! -e "tests/fuzz/$name.dict" ||
		set -- "$@" -dict="tests/fuzz/$name.dict"
	case ${FUZZ_RUNS-} in
	'')
		found=${fuzzer%/*}/../corpus/$name
		set -- "$@" -max_total_time="$seconds" -timeout=4 \
			"$found" "$seeds" ;;
	*)
		# Comparisons would lead the way by addresses, which change.
		found=${fuzzer%/*}/../corpus-runs/$name
		rm -rf "$found"
		find "$seeds" -type f | LC_ALL=C sort | paste -s -d , - \
			>"$seeds.list"
		set -- "$@" -seed=1 -runs="$FUZZ_RUNS" -timeout=120 \
			-reload=0 -use_cmp=0 "$found"
		test ! -s "$seeds.list" ||
			set -- "$@" -seed_inputs="@$seeds.list" ;;
	esac
	mkdir -p "$found"
	if "$fuzzer" "$@" >"$crashes/$name.log" 2>&1
	then
		passed=$((passed + 1))
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' \
			"$crashes/$name.log")
		echo "fuzz_$name: nothing found in $runs runs"
	else
		failed=$((failed + 1))
		tail -n 50 "$crashes/$name.log"
		echo "fuzz_$name: FAILED, see $crashes"
	fi
done
test -z "${GM_TEST_RESULTS-}" ||
	echo "$passed passed, $failed failed" >>"$GM_TEST_RESULTS"
test "$failed" = 0
