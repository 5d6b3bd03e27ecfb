#!/bin/sh
test_description='every two open branches, and what is remembered of them'
. "${0%/*}/test-lib.sh"

# project DIR: a table on main, which origin has as well.
project() {
	rm -rf "$1" &&
	git init -q -b main "$1" &&
	cd "$1" &&
	git config -f .gitmigrate migrate.dir migrations &&
	git config -f .gitmigrate migrate.url sqlite:app.db &&
	make_migration 0001_base "CREATE TABLE users (id INT, email TEXT);" \
		"DROP TABLE users;" &&
	test_commit_all base &&
	git update-ref refs/remotes/origin/main HEAD
}

# side BRANCH FROM ID SQL: a branch of origin's with one migration more.
side() {
	git checkout -q --detach "$2" &&
	make_migration "$3" "$4" "SELECT 1;" &&
	test_commit_all "$1" &&
	git update-ref "refs/remotes/origin/$1" HEAD
}

# all STATUS: what is found, one line for each pair of files.
all() {
	test_expect_code "$1" git migrate conflicts --all --porcelain >rows &&
	cut -f1,3,5 rows | sed "s,migrations/,,g; s,	, ,g" | sort >actual
}

test_expect_success 'the same branches give the same answer when remembered' '
	(
		project twice &&
		side a origin/main 0002_a "ALTER TABLE users ADD a INT;" &&
		side b origin/main 0003_b "ALTER TABLE users ADD a TEXT;" &&
		side c origin/main 0004_c "SELECT mystery(1);" &&
		all 1 &&
		cat >expect <<-\END &&
		conflict 0003_b.sql 0002_a.sql
		unknown 0004_c.sql 0002_a.sql
		unknown 0004_c.sql 0003_b.sql
		END
		test_cmp expect actual &&
		cp rows first &&
		git migrate conflicts --all >text ||
		test $? = 1 &&
		test_path_exists .git/migrate/conflicts &&
		all 1 &&
		test_cmp first rows &&
		rm -r .git/migrate &&
		all 1 &&
		test_cmp first rows
	)
'

test_expect_success 'what is damaged or by other rules is not believed' '
	(
		cd twice &&
		size=$(wc -c <.git/migrate/conflicts) &&
		for at in 30 70 $((size / 2)) $((size - 2))
		do
			git migrate conflicts --all >text
			printf "~" | dd of=.git/migrate/conflicts bs=1 \
				seek=$at conv=notrunc 2>err &&
			all 1 &&
			test_cmp first rows || exit 1
		done &&
		head -c 100 .git/migrate/conflicts >part &&
		cp part .git/migrate/conflicts &&
		all 1 &&
		test_cmp first rows &&
		: >.git/migrate/conflicts &&
		all 1 &&
		test_cmp first rows
	)
'

test_expect_success 'another dialect is another matter' '
	(
		project dialects &&
		side a origin/main 0002_a "CREATE TABLE \"A\" (x INT);" &&
		side b origin/main 0003_b "CREATE TABLE a (x INT);" &&
		all 1 &&
		test_grep conflict actual &&
		git config -f .gitmigrate migrate.url postgres://localhost/x &&
		all 0 &&
		git config -f .gitmigrate migrate.url sqlite:app.db &&
		all 1
	)
'

test_expect_success 'where nothing can be written nothing is remembered' '
	(
		cd twice &&
		rm -r .git/migrate &&
		: >.git/migrate &&
		all 1 &&
		test_cmp first rows &&
		rm .git/migrate
	)
'

test_expect_success 'several at once write whole files' '
	(
		cd twice &&
		for i in 1 2 3 4 5 6
		do
			git migrate conflicts --all --porcelain >rows.$i &
		done &&
		wait &&
		for i in 1 2 3 4 5 6
		do
			test_cmp first rows.$i || exit 1
		done &&
		ls .git/migrate >files &&
		echo conflicts >expect &&
		test_cmp expect files
	)
'

test_expect_success 'all work trees remember together' '
	(
		cd twice &&
		rm -rf .git/migrate &&
		git worktree add -q --detach ../linked origin/main &&
		cd ../linked &&
		all 1 &&
		test_cmp ../twice/first rows &&
		test_path_exists ../twice/.git/migrate/conflicts
	)
'

test_expect_success 'a branch on top of a branch has its own changes only' '
	(
		project stacked &&
		side a origin/main 0002_a "ALTER TABLE users ADD a INT;" &&
		side b origin/a 0002_a "ALTER TABLE users ADD a TEXT;" &&
		side c origin/a 0003_c "ALTER TABLE users ADD c INT;" &&
		side d origin/b 0004_d "ALTER TABLE users ADD c TEXT;" &&
		all 1 &&
		cat >expect <<-\END &&
		conflict 0004_d.sql 0003_c.sql
		END
		test_cmp expect actual &&
		git migrate conflicts --porcelain origin/c origin/d >rows ||
		test $? = 1 &&
		cut -f3,5 rows >actual &&
		printf "migrations/%s\tmigrations/%s\n" 0003_c.sql 0004_d.sql \
			>expect &&
		test_cmp expect actual
	)
'

test_expect_success 'a branch that took in the published one since' '
	(
		project taken &&
		side topic origin/main 0002_t "ALTER TABLE users ADD a INT;" &&
		git checkout -q main &&
		make_migration 0003_m "ALTER TABLE users ADD m INT;" "" &&
		test_commit_all more &&
		git update-ref refs/remotes/origin/main HEAD &&
		git checkout -q origin/topic &&
		git merge -q -m merged main &&
		git update-ref refs/remotes/origin/topic HEAD &&
		side late main 0004_l "ALTER TABLE users ADD a TEXT;" &&
		side old main~1 0005_o "ALTER TABLE users ADD m TEXT;" &&
		all 1 &&
		cat >expect <<-\END &&
		conflict 0003_m.sql 0005_o.sql
		conflict 0004_l.sql 0002_t.sql
		END
		test_cmp expect actual
	)
'

test_expect_success 'each branch against what was published since it forked' '
	(
		project stale &&
		side old origin/main 0002_o "ALTER TABLE users ADD m TEXT;" &&
		side older origin/main 0003_o "DROP TABLE users;" &&
		side peace origin/main 0004_p "CREATE TABLE p (x INT);" &&
		side picked origin/main 0005_e "ALTER TABLE users ADD m INT;" &&
		git checkout -q main &&
		make_migration 0006_m "ALTER TABLE users ADD m INT;" "" &&
		test_commit_all more &&
		git cherry-pick refs/remotes/origin/picked >/dev/null &&
		git update-ref refs/remotes/origin/main HEAD &&
		git update-ref refs/remotes/origin/release/1 HEAD~1 &&
		git config migrate.published origin/main &&
		git config --add migrate.published "origin/release/*" &&
		side fresh origin/main 0007_f "CREATE TABLE f (x INT);" &&
		side gone origin/main 0008_g "DROP TABLE users;" &&
		test_expect_code 1 git migrate conflicts --all --porcelain \
			>rows &&
		cut -f1-5 rows | grep refs/remotes/origin/main |
			sed "s,refs/remotes/origin/,,g; s,migrations/,,g" |
			sort >actual &&
		tr " " "\t" >expect <<-\END &&
		conflict main 0005_e.sql old 0002_o.sql
		conflict main 0005_e.sql older 0003_o.sql
		conflict main 0006_m.sql old 0002_o.sql
		conflict main 0006_m.sql older 0003_o.sql
		END
		test_cmp expect actual &&
		test_expect_code 1 git migrate conflicts --all --porcelain \
			>again &&
		test_cmp rows again &&
		test_expect_code 1 git migrate conflicts --porcelain \
			--refs origin/old >rows &&
		cut -f2,4 rows | sort -u >actual &&
		printf "refs/remotes/origin/%s\trefs/remotes/origin/%s\n" \
			main old >expect &&
		test_cmp expect actual &&
		test_expect_code 1 git migrate conflicts --porcelain \
			--refs origin/nope --refs=origin/old \
			--refs "origin/old[e]*" >rows &&
		cut -f4 rows | sort -u >actual &&
		printf "refs/remotes/origin/%s\n" old older >expect &&
		test_cmp expect actual
	)
'

test_expect_success 'without anything published the branches fork somewhere' '
	(
		project local &&
		git update-ref -d refs/remotes/origin/main &&
		for branch in a b
		do
			git checkout -q -b $branch main &&
			make_migration 0002_$branch \
				"ALTER TABLE users ADD a INT; -- $branch" \
				"" &&
			test_commit_all $branch || exit 1
		done &&
		all 1 &&
		sed "s/ .*//" actual >verdicts &&
		echo conflict >expect &&
		test_cmp expect verdicts
	)
'

test_expect_success 'the same SQL under two names runs twice' '
	(
		project obvious &&
		side a origin/main 0002_a "ALTER TABLE users ADD a INT;" &&
		side b origin/main 0003_b "ALTER TABLE users ADD a INT;" &&
		side c origin/main 0002_a "ALTER TABLE users ADD a INT;" &&
		all 1 &&
		cat >expect <<-\END &&
		conflict 0002_a.sql 0003_b.sql
		conflict 0003_b.sql 0002_a.sql
		END
		test_cmp expect actual
	)
'

test_expect_success 'a glob that fits no two branches is told' '
	(
		project fits &&
		side a origin/main 0002_a "ALTER TABLE users ADD a INT;" &&
		git migrate conflicts --refs "origin/nope*" >out 2>err &&
		test_grep "no two open branches that fit .origin/nope\*" err &&
		git migrate conflicts --refs a --refs=b >out 2>err &&
		test_grep "no two open branches that fit .a. or .b.$" err &&
		git migrate conflicts --all >out 2>err &&
		test_must_be_empty err
	)
'

test_expect_success 'histories that have nothing in common' '
	(
		project apart &&
		side a origin/main 0002_a "ALTER TABLE users ADD a INT;" &&
		git checkout -q --orphan pages &&
		git rm -q -r --cached . &&
		rm -r migrations &&
		echo page >index.html &&
		git add index.html &&
		git commit -q -m pages &&
		git update-ref refs/remotes/origin/pages HEAD &&
		all 0
	)
'

# app_file FILE SQL
app_file() {
	mkdir -p "${1%/*}" &&
	printf "%s\n" "-- migrate:up" "$2" >"$1"
}

test_expect_success 'a branch that moved its migrations, and several apps' '
	(
		project moved &&
		git config -f .gitmigrate migrate-app.x.dir x &&
		git config -f .gitmigrate migrate-app.y.dir y &&
		git mv migrations x &&
		test_commit_all apps &&
		git update-ref refs/remotes/origin/main HEAD &&
		git checkout -q -b a origin/main &&
		git config -f .gitmigrate migrate-app.x.dir z &&
		git mv x z &&
		app_file z/0002_a.sql "ALTER TABLE users ADD a INT;" &&
		test_commit_all a &&
		git update-ref refs/remotes/origin/a HEAD &&
		git checkout -q -b b origin/main &&
		app_file y/0002_b.sql "DROP TABLE users;" &&
		test_commit_all b &&
		git update-ref refs/remotes/origin/b HEAD &&
		test_expect_code 1 git migrate conflicts --all --porcelain \
			>rows &&
		cut -f1,3,5 rows >actual &&
		printf "conflict\ty/0002_b.sql\tz/0002_a.sql\n" >expect &&
		test_cmp expect actual
	)
'

test_done
