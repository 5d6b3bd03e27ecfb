#!/bin/sh
test_description='the guided tour'
. "${0%/*}/test-lib.sh"

test_require sqlite3

DEMO=${GM_TEST_DIR%/*}/contrib/demo.sh
README=${GM_TEST_DIR%/*}/README.md
export DEMO README

test_expect_success 'the tour goes as it says, and leaves nothing behind' '
	mkdir tmp &&
	TMPDIR=$PWD/tmp "$DEMO" >output &&
	test -z "$(ls -A tmp)"
'

test_expect_success 'it shows each command, and what it answers' '
	test_grep "^\$ git migrate init " output &&
	test_grep "^applied 0001_create_customers " output &&
	test_grep "^3 applied$" output &&
	test_grep "^migration 0003_create_orders (applied)$" output
'

test_expect_success 'a rollback whose file is gone' '
	test_grep "missing  *0004_create_coupons  (.*it is on coupons)" \
		output &&
	test_grep "^rolled back 0004_create_coupons " output
'

test_expect_success 'an edit, with three ways out' '
	test_grep "^-  sku TEXT" output &&
	test_grep "^+  sku VARCHAR" output &&
	test_grep "^error: .0002_create_products. was edited" output &&
	test_grep "^hint: git migrate accept " output &&
	test_grep "^hint: git migrate restore " output &&
	test_grep "^hint: git migrate redo " output
'

test_expect_success 'two branches with one number, found and mended' '
	test_grep "^\$ git merge " output &&
	test_grep "error: has the number of .* \[duplicate-number\]$" output &&
	test_grep "^5 migrations, 0 errors, 0 warnings$" output
'

test_expect_success 'a conflict of two branches, found and mended' '
	test_grep "^\$ git migrate conflicts archive tiers$" output &&
	test_grep "creates column .customers.tier.$" output &&
	test_grep "^error: .0006_add_tier. conflicts with .0007_arch" output &&
	test_grep "^hint: git migrate merge " output &&
	test_grep "^applied 0006_add_tier " output &&
	test_grep "^applied 0008_merge " output
'

test_expect_success 'a rollback, first as a dry run' '
	test_grep "^DROP TABLE reviews;$" output &&
	test_grep "^rolled back 0005_create_reviews " output &&
	test_grep "^3 applied, 5 pending$" output
'

# Times differ from run to run.
timeless() {
	sed 's/([0-9]* ms)/(N ms)/'
}

test_expect_success 'what the README shows of it is what it prints' '
	timeless <output >tour &&
	sed -n "/^\`\`\`console/,/^\`\`\`$/p" "$README" | timeless |
		grep -v -e "^\`\`\`" -e "^…$" >lines &&
	test_grep "^\$ git migrate rollback " lines &&
	test_expect_code 1 grep -vxF -f tour lines
'

test_expect_success 'in a directory that is named, the repository stays' '
	"$DEMO" shop >output &&
	test_grep "^# The repository is in .shop.\.$" output &&
	git -C shop migrate status >status &&
	test_grep "^3 applied, 5 pending$" status
'

test_expect_success 'what exists is left alone' '
	mkdir mine &&
	test_must_fail "$DEMO" mine 2>err &&
	test_grep "there already" err &&
	test -z "$(ls -A mine)"
'

test_done
