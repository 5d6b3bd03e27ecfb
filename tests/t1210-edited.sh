#!/bin/sh
test_description='a migration that was edited after it was applied'
. "${0%/*}/test-lib.sh"

# Two applied and committed migrations; the second has a row to lose.
setup() {
	test_project "$1" --numbering sequence &&
	(
		cd "$1" &&
		make_table 0001_a a &&
		make_table 0002_b b &&
		make_table 0003_c c &&
		git migrate apply -q &&
		test_commit_all "make three" &&
		sq app.db "INSERT INTO b VALUES (1)"
	)
}

# edit ID SED-SCRIPT
edit() {
	sed -i "$2" "migrations/$1.sql"
}

test_expect_success 'an edit stops apply, which shows it' '
	setup edit &&
	(
		cd edit &&
		edit 0002_b "s/TABLE b (id/TABLE b (ident/" &&
		make_table 0004_d d &&
		test_expect_code 1 git migrate apply >out 2>err &&
		test_grep "^error: .0002_b. was edited after it was applied" \
			err &&
		test_grep "^-CREATE TABLE b (id INTEGER);" err &&
		test_grep "^+CREATE TABLE b (ident INTEGER);" err &&
		test_grep "^hint: the change isn.t committed yet" err &&
		test_grep "^hint: git migrate accept 0002_b " err &&
		test_grep "^hint: git migrate restore 0002_b " err &&
		test_grep "^hint: git migrate redo -c 2 " err &&
		test_grep "this one and the 1 applied after it" err &&
		test_must_be_empty out &&
		test_tables a b c
	)
'

test_expect_success 'a dry run stops at it, too' '
	test_expect_code 1 git -C edit migrate apply --dry-run >out 2>err &&
	test_must_be_empty out &&
	test_grep "was edited" err
'

test_expect_success 'a committed edit names the commit and the author' '
	cp -R edit committed &&
	(
		cd committed &&
		test_tick &&
		git add . &&
		git commit -q -m "rename the column" \
			--author "Other Person <other@example.com>" &&
		short=$(git rev-parse --short=12 HEAD) &&
		git commit -q --allow-empty -m "nothing to do with it" &&
		test_expect_code 1 git migrate apply 2>err &&
		test_grep "^hint: changed in $short (rename the column) by" \
			err &&
		test_grep "by Other Person <other@example.com> on 20" err
	)
'

test_expect_success 'the first way out: accept' '
	cp -R edit accepted &&
	(
		cd accepted &&
		git migrate accept 0002_b &&
		git migrate apply &&
		test_tables a b c d &&
		git migrate status --exit-code &&
		echo 1 >expect &&
		sq app.db "SELECT * FROM b" >actual &&
		test_cmp expect actual
	)
'

test_expect_success 'the second way out: restore' '
	cp -R edit restored &&
	(
		cd restored &&
		git migrate restore 0002_b &&
		git diff --exit-code -- migrations &&
		git migrate apply &&
		test_tables a b c d &&
		git migrate status --exit-code
	)
'

test_expect_success 'the third way out: redo' '
	cp -R edit redone &&
	(
		cd redone &&
		git migrate redo -c 2 >out 2>err &&
		sed "s/ ([0-9]* ms)//" out >actual &&
		cat >expect <<-\END &&
		rolled back 0003_c
		rolled back 0002_b
		applied 0002_b
		applied 0003_c
		END
		test_cmp expect actual &&
		test_grep "^target: sqlite:app.db" err &&
		git migrate apply &&
		git migrate status --exit-code &&
		sq app.db "SELECT ident FROM b" >actual &&
		test_must_be_empty actual
	)
'

test_expect_success 'redo undoes with the down that was recorded' '
	setup down &&
	(
		cd down &&
		edit 0003_c "s/TABLE c/TABLE other/" &&
		git migrate redo &&
		test_tables a b other
	)
'

test_expect_success 'a cosmetic edit is a note and blocks nothing' '
	setup cosmetic &&
	(
		cd cosmetic &&
		edit 0002_b "s/^CREATE/-- more words\ncreate  /" &&
		make_table 0004_d d &&
		git migrate apply >out 2>err &&
		test_grep "^note: .0002_b. was changed since it was applied" \
			err &&
		test_tables a b c d &&
		git migrate status >out &&
		test_grep "cosmetic *0002_b" out &&
		git migrate apply --quiet >out 2>err &&
		test_must_be_empty err
	)
'

test_expect_success 'line ends, a BOM and a blank line are no edit at all' '
	setup ends &&
	(
		cd ends &&
		edit 0001_a "s/\$/\r/" &&
		{
			printf "\357\273\277" &&
			cat migrations/0002_b.sql
		} >new &&
		mv new migrations/0002_b.sql &&
		echo >>migrations/0003_c.sql &&
		test_states applied:0001_a applied:0002_b applied:0003_c
	)
'

test_expect_success 'a changed down is a note, and accept takes it over' '
	setup note &&
	(
		cd note &&
		edit 0003_c "s/DROP TABLE c/DROP TABLE IF EXISTS c/" &&
		git migrate apply >out &&
		git migrate status >out &&
		test_grep "0003_c  (its down section changed since)" out &&
		git migrate rollback --dry-run >out &&
		test_grep "^DROP TABLE c;" out &&
		git migrate rollback --dry-run --from-file >out &&
		test_grep "^DROP TABLE IF EXISTS c;" out &&
		git migrate accept c &&
		git migrate rollback --dry-run >out &&
		test_grep "^DROP TABLE IF EXISTS c;" out &&
		git migrate status >out &&
		test_grep ! "its down section" out
	)
'

test_expect_success 'what is faked or a baseline can be edited as well' '
	test_project faked --numbering sequence &&
	(
		cd faked &&
		make_table 0001_a a &&
		git migrate fake 0001_a &&
		edit 0001_a "s/id/ident/" &&
		test_states edited:0001_a &&
		test_expect_code 1 git migrate apply 2>err &&
		git migrate accept 0001_a &&
		test_states faked:0001_a
	)
'

test_expect_success 'a sealed file that is edited is judged by what it says' '
	setup sealed &&
	(
		cd sealed &&
		test_grep "migrate:checksum" migrations/0002_b.sql &&
		edit 0002_b "s/id/ident/" &&
		git migrate seal -q &&
		test_expect_code 1 git migrate apply 2>err &&
		test_grep "was edited after" err
	)
'

test_expect_success 'rollback and status go on in spite of an edit' '
	setup back &&
	(
		cd back &&
		edit 0001_a "s/id/ident/" &&
		git migrate rollback -c 2 &&
		test_tables a &&
		test_states edited:0001_a pending:0002_b pending:0003_c
	)
'

test_expect_success 'redo seals what it applies, and the pins on it' '
	setup resealed &&
	(
		cd resealed &&
		edit 0002_b "s/TABLE b (id/TABLE b (ident/" &&
		test_expect_code 1 git migrate check >out &&
		test_grep "stale-checksum" out &&
		test_grep "0003_c.sql:1: .*stale-pin" out &&
		git migrate redo -q -c 2 &&
		git migrate check >out &&
		echo "3 migrations, 0 errors, 0 warnings" >expect &&
		test_cmp expect out &&
		git migrate status --exit-code
	)
'

test_expect_success 'an edit in a commit is mended where that is checked out' '
	setup at &&
	(
		cd at &&
		edit 0002_b "s/TABLE b (id/TABLE b (ident/" &&
		test_commit_all "rename the column" &&
		test_expect_code 1 git migrate apply --at HEAD 2>err &&
		test_grep "0002_b. was edited" err &&
		short=$(git rev-parse --short=12 HEAD) &&
		test_grep "^hint: check out $short, and accept, restore or" \
			err &&
		test_grep ! "^hint: git migrate accept" err
	)
'

test_done
