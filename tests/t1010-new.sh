#!/bin/sh
test_description='new migrations: ids, parents, numberings'
. "${0%/*}/test-lib.sh"

test_expect_success 'the first one is a root, and its path is printed' '
	test_project stamps &&
	(
		cd stamps &&
		git migrate new "Create Users!" >path &&
		test_grep -E "^migrations/[0-9]{14}_create_users\.sql$" path &&
		cat >expect <<-\END &&
		-- migrate:parent none

		-- migrate:up


		-- migrate:down

		END
		test_cmp expect "$(cat path)"
	)
'

test_expect_success 'the next stands on the head, with its pin' '
	(
		cd stamps &&
		first=$(basename "$(cat path)" .sql) &&
		git migrate seal &&
		pin=$(git migrate status --porcelain |
			sed "s/.*xxh3:\(............\).*/\1/") &&
		git migrate new add posts >path2 &&
		test_grep "_add_posts\.sql$" path2 &&
		head -n 1 "$(cat path2)" >actual &&
		echo "-- migrate:parent $first $pin" >expect &&
		test_cmp expect actual
	)
'

test_expect_success 'numbers grow, even within a second' '
	(
		cd stamps &&
		for i in 1 2 3 4 5
		do
			git migrate new "step $i" || exit 1
		done >paths &&
		sort paths >sorted &&
		test_cmp sorted paths &&
		sort -u paths >unique &&
		test_line_count = 5 unique
	)
'

test_expect_success 'a timestamp is greater than what is there' '
	test_project future &&
	(
		cd future &&
		make_migration 29991231235959_late "SELECT 1;" "" &&
		git migrate new more >out &&
		echo "migrations/29991231235960_more.sql" >expect &&
		test_cmp expect out
	)
'

test_expect_success 'a sequence counts, with as many digits' '
	test_project sequence --numbering sequence &&
	(
		cd sequence &&
		git migrate new a >>out &&
		git migrate new b >>out &&
		mv migrations/0002_b.sql migrations/00099_b.sql &&
		git migrate new c >>out &&
		cat >expect <<-\END &&
		migrations/0001_a.sql
		migrations/0002_b.sql
		migrations/00100_c.sql
		END
		test_cmp expect out
	)
'

three_of_a_day() {
	rm -rf date && test_project date --numbering date &&
	(
		cd date &&
		git migrate new a >a.path &&
		git migrate new b >b.path &&
		git migrate new c >c.path &&
		test_grep "^migrations/${today}_a\.sql" a.path &&
		test_grep "^migrations/${today}_02_b\.sql" b.path &&
		test_grep "^migrations/${today}_03_c\.sql" c.path
	)
}

test_expect_success 'a date gets a suffix where it is taken' '
	within_a_day three_of_a_day
'

test_expect_success 'several heads all become parents' '
	test_project heads --numbering sequence &&
	(
		cd heads &&
		make_table 0001_a a none &&
		make_table 0002_b b 0001_a &&
		make_table 0003_c c 0001_a &&
		git migrate new join >path &&
		sed -n "s/^-- migrate:parent \([^ ]*\)$/\1/p" \
			"$(cat path)" >actual &&
		printf "%s\n" 0002_b 0003_c >expect &&
		test_cmp expect actual
	)
'

test_expect_success '--no-down writes no down section' '
	(
		cd heads &&
		git migrate new --no-down oneway >path &&
		test_grep ! "migrate:down" "$(cat path)"
	)
'

test_expect_success '--edit opens the editor that git would open' '
	(
		cd heads &&
		cat >"$TRASH/my editor" <<-\END &&
		#!/bin/sh
		echo "-- $NAME" >>"$1"
		END
		chmod +x "$TRASH/my editor" &&
		NAME=variable &&
		export NAME &&
		GIT_EDITOR="\"$TRASH/my editor\"" \
			git migrate new -e one >path &&
		test_grep "^-- variable" "$(cat path)" &&
		git config core.editor "NAME=config \"$TRASH/my editor\"" &&
		VISUAL=false git migrate new --edit two >path &&
		test_grep "^-- config" "$(cat path)" &&
		test_expect_code 128 env GIT_EDITOR=false \
			git migrate new --edit three 2>err &&
		test_grep "the editor .false. failed" err
	)
'

test_expect_success 'a slug keeps what an id can hold' '
	(
		cd heads &&
		git migrate new "Füge  Tägs/hinzu; DROP.v2-x" >path &&
		test_grep -E "^migrations/[0-9]+_[A-Za-z0-9._-]+\.sql$" path &&
		test_grep "drop.v2-x" path &&
		test_expect_code 128 git migrate new "***" 2>err &&
		test_expect_code 129 git migrate new 2>err &&
		test_grep "git migrate new add_posts" err
	)
'

test_expect_success 'the directory is made where it is missing' '
	test_project gone &&
	rmdir gone/migrations &&
	path=$(git -C gone migrate new first) &&
	test_path_exists "gone/$path"
'

test_expect_success 'on top of what is broken nothing is written' '
	test_project broken &&
	(
		cd broken &&
		make_table 1_a a none &&
		echo "-- migrate:pu" >migrations/2_b.sql &&
		test_expect_code 128 git migrate new more 2>err &&
		test_grep "migrations/2_b.sql:1" err &&
		ls migrations >files &&
		test_line_count = 2 files
	)
'

test_expect_success 'what new wrote can be applied and undone' '
	(
		cd stamps &&
		git migrate apply -q &&
		git migrate status --exit-code &&
		git migrate rollback -q --all
	)
'

test_expect_success 'what is not sealed yet gets no pin that would be stale' '
	test_project twice --numbering sequence &&
	(
		cd twice &&
		git migrate new a &&
		git migrate new b &&
		echo "-- migrate:parent 0001_a" >expect &&
		head -n 1 migrations/0002_b.sql >actual &&
		test_cmp expect actual &&
		for table in a b
		do
			sed -i "s/^-- migrate:up/&\nCREATE TABLE $table (id);/
				s/^-- migrate:down/&\nDROP TABLE $table;/" \
				migrations/000?_$table.sql || exit 1
		done &&
		git migrate check >out &&
		test_grep ! stale out &&
		test_grep "0 errors" out &&
		git migrate apply -q &&
		git migrate check >out &&
		echo "2 migrations, 0 errors, 0 warnings" >expect &&
		test_cmp expect out &&
		test_tables a b
	)
'

test_expect_success 'the path that is printed opens from where new was run' '
	test_project below &&
	(
		cd below &&
		mkdir -p src/deep &&
		cd src &&
		git migrate new one >path &&
		test_grep "^\.\./migrations/[0-9]*_one\.sql$" path &&
		test_path_exists "$(cat path)" &&
		cd deep &&
		git migrate new two >path &&
		test_path_exists "$(cat path)" &&
		cd ../../migrations &&
		git migrate new three >../path &&
		test_path_exists "$(cat ../path)" &&
		cd .. &&
		ls migrations >files &&
		test_line_count = 3 files
	)
'

test_done
