#!/bin/sh
test_description='a migration that reconciles heads'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-kill.sh"

test_require sqlite3

# project DIR: a table, sealed and committed on main.
project() {
	test_users "$1" && git migrate seal -q && test_commit_all base
}

# side BRANCH ID SQL: a branch with one migration more.
side() {
	git checkout -q -b "$1" main &&
	make_migration "$2" "$3" "SELECT 1;" &&
	git migrate seal -q &&
	test_commit_all "$1"
}

# fork DIR SQL SQL: two branches, and main with both of them.
fork() {
	project "$1" &&
	side a 0002_a "$2" &&
	side b 0003_b "$3" &&
	git checkout -q main &&
	git merge -q -m a a &&
	git merge -q -m b b
}

EMAILS="ALTER TABLE users ADD list TEXT;"
COPY="CREATE TABLE copy AS SELECT * FROM users;"

the_merge() {
	ls migrations/*_merge.sql
}

test_expect_success 'one head needs nothing, nor do independent ones' '
	(
		project one &&
		git migrate merge >actual &&
		echo "1 head: there is nothing to merge" >expect &&
		test_cmp expect actual &&
		git migrate merge --join >actual &&
		test_cmp expect actual &&
		git migrate merge -q >actual &&
		test_must_be_empty actual
	) &&
	(
		fork independent "CREATE TABLE a (x INT);" \
			"CREATE TABLE b (x INT);" &&
		git migrate merge >actual &&
		cat >expect <<-\END &&
		2 heads, in nobody'\''s way: there is nothing to merge
		  (the next "git migrate new" stands on all of them; \
		"git migrate merge --join" joins them now)
		END
		tr -d "\\\\" <expect | sed "N;N;s/; *\n/; /" >joined &&
		test_cmp joined actual &&
		test_expect_code 2 the_merge &&
		git migrate new next >path &&
		grep -c "^-- migrate:parent 000[23]" "$(cat path)" >count &&
		echo 2 >expect &&
		test_cmp expect count
	)
'

test_expect_success 'heads with the same number can be in the way as well' '
	(
		project number &&
		git config migrate.numbering sequence &&
		side a 0002_a "$EMAILS" &&
		side b 0002_b "$COPY" &&
		git merge -q --no-commit a &&
		test_expect_code 1 git migrate check --porcelain >out &&
		cut -f2 out >actual &&
		printf "conflict\nduplicate-number\n" >expect &&
		sort actual >sorted &&
		test_cmp expect sorted &&
		git migrate merge >path 2>shown &&
		test_grep "0003_merge" path &&
		test_grep "^conflict: " shown &&
		test_grep "users.list" "$(cat path)"
	)
'

test_expect_success 'independent heads are joined where that is asked for' '
	(
		fork joined "CREATE TABLE a (x INT);" \
			"CREATE TABLE b (x INT);" &&
		git migrate merge --join --dry-run >text 2>err &&
		test_expect_code 2 the_merge &&
		test_grep "this would be .migrations/.*_merge.sql" err &&
		git migrate merge --join "Join them" >path 2>err &&
		test_must_be_empty err &&
		test_grep "^migrations/[0-9]*_join_them.sql$" path &&
		test_cmp text "$(cat path)" &&
		sed -n "s/^-- migrate:parent \([^ ]*\) [0-9a-f]\{12\}$/\1/p" \
			text >parents &&
		printf "0002_a\n0003_b\n" >expect &&
		test_cmp expect parents &&
		git migrate merge >actual &&
		test_grep "^1 head: " actual &&
		git migrate apply -q 2>err &&
		test_must_be_empty err
	)
'

test_expect_success 'conflicting heads are shown, and given a migration' '
	(
		fork conflict "$EMAILS" "$COPY" &&
		git migrate merge --dry-run >text 2>err &&
		test_expect_code 2 the_merge &&
		git migrate merge >path 2>err &&
		sed "/^hint/,\$d" err >sides &&
		cat >expect <<-\END &&
		conflict: migrations/0002_a.sql and migrations/0003_b.sql
		  migrations/0002_a.sql:5: creates column '\''users.list'\''
		       5  ALTER TABLE users ADD list TEXT;
		  migrations/0003_b.sql:5: reads column '\''users.*'\''
		       5  CREATE TABLE copy AS SELECT * FROM users;
		END
		test_cmp expect sides &&
		test_grep "^hint: write into it" err &&
		the_merge >expect &&
		test_cmp expect path &&
		test_cmp text "$(cat path)" &&
		cat >expect <<-\END &&
		-- migrate:up
		-- 0002_a conflicts with 0003_b
		--   migrations/0002_a.sql:5: creates column '\''users.list'\''
		--       5  ALTER TABLE users ADD list TEXT;
		--   migrations/0003_b.sql:5: reads column '\''users.*'\''
		--       5  CREATE TABLE copy AS SELECT * FROM users;
		-- A new database applies 0002_a first, then 0003_b.
		--
		END
		sed -n "/^-- migrate:up/,/^--\$/p" "$(cat path)" >comments &&
		test_cmp expect comments &&
		git migrate merge >actual &&
		test_grep "^1 head: " actual
	)
'

test_expect_success 'check and apply are content with it, empty or filled' '
	(
		cd conflict &&
		git migrate seal -q &&
		git migrate check -q >findings &&
		test_expect_code 1 grep merge findings &&
		rm -f app.db &&
		git migrate apply 0001 &&
		git migrate apply 0003 &&
		git migrate apply 2>err &&
		test_expect_code 1 grep -v "0002_a. is out of order" err &&
		git migrate status --porcelain >status &&
		test_expect_code 1 grep -v ^applied status
	)
'

test_expect_success 'a conflict of two among three heads joins these' '
	(
		fork three "$EMAILS" "$COPY" &&
		git checkout -q -b c a~1 &&
		make_migration 0004_c "CREATE TABLE c (x INT);" "SELECT 1;" &&
		git migrate seal -q &&
		test_commit_all c &&
		git merge -q -m main main &&
		git migrate merge >path &&
		sed -n "s/^-- migrate:parent \([^ ]*\) .*/\1/p" "$(cat path)" \
			>parents &&
		printf "0002_a\n0003_b\n" >expect &&
		test_cmp expect parents &&
		git migrate merge >actual &&
		test_grep "^2 heads, in nobody.s way" actual &&
		rm "$(cat path)" &&
		git migrate merge --join >path &&
		grep -c "^-- migrate:parent" "$(cat path)" >count &&
		echo 3 >expect &&
		test_cmp expect count
	)
'

test_expect_success 'what cannot be told is said, and needs no migration' '
	(
		fork unknown "SELECT mystery(1);" "CREATE TABLE b (x INT);" &&
		git migrate merge >actual 2>err &&
		test_grep "^unknown: migrations/0002_a.sql and " err &&
		test_grep "in nobody.s way" actual &&
		test_expect_code 2 the_merge
	)
'

# in_merge ARGUMENT…: main has a, and merges b, whose migrations have no
# parent line, so that they follow each other by their numbers alone.
in_merge() {
	project merging &&
	make_migration 0001_base "CREATE TABLE users (id INT, email TEXT);" \
		"DROP TABLE users;" &&
	test_commit_all unsealed &&
	git checkout -q -b b main &&
	make_migration 0003_b "$COPY" "SELECT 1;" &&
	test_commit_all b &&
	git checkout -q main &&
	make_migration 0002_a "$EMAILS" "SELECT 1;" &&
	test_commit_all a &&
	git merge -q --no-commit b
}

test_expect_success 'while git merges both parents count, and it is staged' '
	(
		in_merge &&
		git migrate merge >../path 2>../err &&
		test_grep "^conflict: migrations/000._..sql and " ../err &&
		test_grep "^hint: it is staged" ../err &&
		git status --porcelain >../status &&
		printf "A  %s\n" migrations/0003_b.sql "$(cat ../path)" \
			>../expect &&
		test_cmp ../expect ../status &&
		sed -n "s/^-- migrate:parent \([^ ]*\).*/\1/p" \
			"$(cat ../path)" >../parents &&
		printf "0002_a\n0003_b\n" >../expect &&
		test_cmp ../expect ../parents &&
		git migrate merge >../actual &&
		test_grep "nothing to merge" ../actual &&
		git commit -q -m merged &&
		test_expect_code 0 git diff --quiet HEAD
	)
'

test_expect_success 'a merge that is committed is looked at in the same way' '
	(
		project committed &&
		sed -i "/^-- migrate:[pc]/d" migrations/0001_base.sql &&
		test_commit_all plain &&
		for side in a b
		do
			git checkout -q -b $side main &&
			sql=$EMAILS &&
			test $side = a || sql=$COPY &&
			make_migration 000${#sql}_$side "$sql" "SELECT 1;" &&
			test_commit_all $side || exit 1
		done &&
		git merge -q --no-edit a &&
		test_expect_code 1 git migrate check >../out &&
		test_grep "git migrate merge writes a migration" ../out &&
		git migrate merge >../path 2>../err &&
		test_grep "^conflict: " ../err &&
		test_grep "^hint: write into it" ../err &&
		grep -c "^-- migrate:parent" "$(cat ../path)" >../count &&
		echo 2 >../expect && test_cmp ../expect ../count &&
		test_expect_code 1 git diff --cached --name-only --exit-code \
			HEAD~1 >../staged &&
		test_grep ! _merge ../staged &&
		git migrate merge >../out &&
		test_grep "nothing to merge" ../out
	)
'

test_expect_success 'an octopus merge has more than two sides' '
	(
		project octopus &&
		side a 0002_a "$EMAILS" &&
		side b 0003_b "CREATE TABLE b (x INT);" &&
		side c 0004_c "$COPY" &&
		git checkout -q a &&
		git merge -q --no-commit b c &&
		git migrate merge >path &&
		git status --porcelain >status &&
		test_grep "^A  migrations/.*_merge.sql" status &&
		sed -n "s/^-- migrate:parent \([^ ]*\) .*/\1/p" "$(cat path)" \
			>parents &&
		printf "0002_a\n0004_c\n" >expect &&
		test_cmp expect parents
	)
'

test_expect_success 'a run that was killed before it staged is completed' '
	(
		in_merge &&
		mkdir ../bin &&
		cat >../bin/git <<-END &&
		#!/bin/sh
		case \$1 in
		update-index) kill -9 \$PPID; exit 1 ;;
		esac
		exec $(command -v git) "\$@"
		END
		chmod +x ../bin/git &&
		test_expect_code 137 env PATH="$PWD/../bin:$PATH" \
			git-migrate merge >../path &&
		git status --porcelain >../status &&
		test_grep "^?? " ../status &&
		git migrate merge 2>../err &&
		test_grep "^note: .*_merge.sql. is staged" ../err &&
		git status --porcelain >../status &&
		test_expect_code 1 grep -v "^A  " ../status &&
		git migrate merge 2>../err &&
		test_must_be_empty ../err
	)
'

# Slow: also behind each call.
moments=before
test -z "${GM_TEST_SLOW-}" || moments="before after"
export moments

# killed_merge CALL [after]: a merge that dies there or not, what it leaves,
# and that the next one ends it. Returns 137 where it died.
killed_merge() {
	rm -rf copy && cp -a merging copy &&
	(
		cd copy || exit 1
		# shellcheck disable=SC2086 # nothing is no word
		kill_at "$1" ${2-} git-migrate merge -q
		status=$?
		for file in migrations/*_merge.sql
		do
			test ! -e "$file" || test_cmp ../whole "$file" ||
			exit 1
		done &&
		rm -f .git/index.lock &&
		git migrate merge -q >../out 2>../err &&
		test_cmp ../whole migrations/*_merge.sql &&
		git status --porcelain >../status &&
		test "$(wc -l <../status)" = 2 &&
		test_expect_code 1 grep -v "^A  " ../status &&
		exit "$status"
	)
}

test_expect_success 'killed at each call of git, the next run completes it' '
	(
		in_merge &&
		cp -a . ../done && cd ../done &&
		git migrate merge -q >../path && cp "$(cat ../path)" ../whole
	) &&
	for after in $moments
	do
		test "$after" = after || after= &&
		call=0 &&
		while
			call=$((call + 1))
			killed_merge "$call" $after
			status=$?
			test "$status" = 137
		do
			:
		done &&
		test "$status" = 0 && test "$call" -gt 3 || return 1
	done
'

test_expect_success 'nothing that is quoted gets out of its comment' '
	(
		fork hostile "ALTER TABLE users$(printf "\r") ADD list TEXT;" \
			"$COPY" &&
		dir="m$(printf "\nDROP TABLE x;--")" &&
		git mv migrations "$dir" &&
		git config -f .gitmigrate migrate.dir "$dir" &&
		git migrate merge >path 2>err &&
		sed -n "/^-- migrate:up/,/^-- migrate:down/p" \
			m*/*_merge.sql >text &&
		test_grep "ADD list TEXT" text &&
		test_expect_code 1 grep -v -e "^--" -e "^$" text &&
		tr "\r" "\n" <text >lines &&
		test_expect_code 1 grep -v -e "^--" -e "^$" lines &&
		test_grep "^conflict: m.x0aDROP TABLE x;--/0002_a.sql" err
	)
'

test_expect_success 'an editor opens it' '
	(
		fork edited "$EMAILS" "$COPY" &&
		cat >../editor <<-\END &&
		#!/bin/sh
		sed -i "s/^-- order they ran\.$/&\nDROP VIEW v;/" "$1"
		END
		chmod +x ../editor &&
		GIT_EDITOR=../editor git migrate merge --edit >path &&
		test_grep "^DROP VIEW v;" "$(cat path)"
	)
'

test_expect_success 'each app has heads of its own' '
	(
		git init -q -b main apps &&
		cd apps &&
		git config -f .gitmigrate migrate-app.x.dir x &&
		git config -f .gitmigrate migrate-app.y.dir y &&
		mkdir x y &&
		for app in x y
		do
			for n in 2 3
			do
				{
					echo "-- migrate:parent none" &&
					echo "-- migrate:up" &&
					echo "CREATE TABLE $app (n INT); -- $n"
				} >$app/000${n}_t.sql || exit 1
			done
		done &&
		git migrate merge --dry-run --app x >out 2>err &&
		test_grep "this would be .x/" err &&
		test_expect_code 1 grep "this would be .y/" err &&
		git migrate merge >paths &&
		test_line_count = 2 paths &&
		test_expect_code 128 git migrate merge --app z 2>err &&
		test_grep "there is no app .z." err
	)
'

# across PATH TEXT: a migration of an app, without a parent line.
across() {
	printf "%s\n" "-- migrate:up" "$2" "-- migrate:down" "SELECT 1;" >"$1"
}

test_expect_success 'of two apps it has to be said which goes first' '
	(
		git init -q -b main two &&
		cd two &&
		git config -f .gitmigrate migrate.url sqlite:app.db &&
		git config -f .gitmigrate migrate-app.x.dir x &&
		git config -f .gitmigrate migrate-app.y.dir y &&
		mkdir x y &&
		across x/0001_t.sql "CREATE TABLE t (a INT, b INT);" &&
		across y/0001_u.sql "CREATE TABLE u (a INT);" &&
		test_commit_all base &&
		git switch -q -c side &&
		across y/0003_i.sql "CREATE INDEX i ON t (b);" &&
		test_commit_all side &&
		git switch -q main &&
		across x/0002_r.sql "ALTER TABLE t RENAME b TO c;" &&
		test_commit_all main &&
		git merge -q --no-commit side &&
		test_expect_code 1 git migrate merge >out 2>err &&
		test_must_be_empty out &&
		test_grep "^error: .*x/0002_r.*y/0003_i.* conflict" err &&
		line="-- migrate:depends y/0003_i" &&
		test_grep "^hint: put .$line. at the top of .x/0002_r.sql." \
			err &&
		test_expect_code 1 git migrate check >out &&
		test_grep "put .-- migrate:depends .*, or the other way" out &&
		sed -i "1i $line" x/0002_r.sql &&
		git migrate check >out &&
		test_grep ! conflict out &&
		git migrate merge >out &&
		test_grep "nothing to merge" out &&
		git migrate apply -q
	)
'

test_expect_success 'a late one of another app is told to depend on the other' '
	(
		cd two &&
		rm app.db &&
		git commit -q -a -m merged &&
		git checkout -q HEAD~1 -- x/0002_r.sql &&
		git migrate apply -q x/0001_t y/0001_u y/0003_i &&
		test_expect_code 1 git migrate apply 2>err &&
		line="-- migrate:depends y/0003_i" &&
		test_grep "^hint: put .$line. at the top of .x/0002_r.sql." \
			err &&
		test_grep ! "git migrate merge" err &&
		sed -i "1i $line" x/0002_r.sql &&
		git migrate apply --dry-run
	)
'

test_expect_success 'outside of a repository heads are heads' '
	mkdir outside &&
	(
		cd outside &&
		cp -R ../conflict/migrations m &&
		rm m/*_merge.sql &&
		GIT_CEILING_DIRECTORIES="$PWD" \
			git migrate merge --dir m >path &&
		test_path_exists "$(cat path)"
	)
'

test_expect_success 'a bare repository has nothing to write in' '
	git clone -q --bare conflict bare.git &&
	(
		cd bare.git &&
		test_expect_code 128 git migrate merge 2>err &&
		test_grep "no work tree" err
	)
'

test_done
