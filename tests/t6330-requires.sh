#!/bin/sh

test_description='a target that takes only what is published'
. "${0%/*}/test-lib.sh"

test_require sqlite3

# live COMMAND…: on the target that requires origin/main
live() {
	command=$1
	shift
	git migrate "$command" --target live "$@"
}

# unpublished: the command was refused, for 0002_b isn't there.
unpublished() {
	test_expect_code 1 "$@" 2>err &&
	test_grep "error: .0002_b. is not in .origin/main., and the target \
.live. takes nothing else" err &&
	test_grep "hint: push or merge it into .origin/main. first" err
}

rows_are() {
	printf "%s\n" "$@" >expect &&
	sq live.db "SELECT id FROM git_migrate_history ORDER BY position" \
		>actual &&
	test_cmp expect actual
}

test_expect_success 'a published migration, and one that is not' '
	git init -q --bare hub.git &&
	git clone -q hub.git work 2>/dev/null && cd work &&
	git config migrate.autoSeal false &&
	git config migrate.url "sqlite:$TRASH/work/dev.db" &&
	printf "%s\n" "[migrate-target \"live\"]" "	url = env:LIVE_URL" \
		"	requires = origin/main" >.gitmigrate &&
	LIVE_URL=sqlite:$PWD/live.db && export LIVE_URL &&
	printf "/%s\n" "*.db*" err out expect actual >.git/info/exclude &&
	git checkout -q -b main &&
	make_table 0001_a a none && test_commit_all a &&
	git push -q origin main &&
	git checkout -q -b feature &&
	make_table 0002_b b 0001_a && test_commit_all b
'

test_expect_success 'nothing starts where one is not published' '
	unpublished live apply &&
	unpublished live apply --dry-run &&
	unpublished live sync &&
	unpublished live sync --dry-run &&
	unpublished live plan &&
	test "$(sq live.db "SELECT count(*) FROM sqlite_schema
		WHERE name = '\''a'\''")" = 0
'

test_expect_success 'what is published is taken' '
	live apply --to 0001_a &&
	rows_are 0001_a &&
	live sync main &&
	live status | grep "1 pending"
'

test_expect_success 'whoever asks' '
	unpublished live apply &&
	unpublished live apply 0002_b &&
	unpublished live apply --at feature &&
	unpublished live sync feature &&
	unpublished live fake 0002_b &&
	unpublished live fake --all &&
	unpublished live baseline 0002_b &&
	rows_are 0001_a
'

test_expect_success 'a refused file is left as it is' '
	unpublished git -c migrate.autoSeal=true migrate apply --target live &&
	git diff --exit-code
'

test_expect_success 'another target takes it' '
	git migrate apply &&
	git migrate apply --url sqlite:other.db && rm other.db
'

test_expect_success 'the way back needs no leave' '
	live redo && live rollback && live apply --to 0001_a &&
	live fake --undo 0001_a && live fake 0001_a
'

test_expect_success 'by its URL it is the same target' '
	test_when_finished "git config --unset-all migrate.url
		git config migrate.url \"sqlite:$TRASH/work/dev.db\"" &&
	ln -s live.db link.db && ln -s work ../elsewhere &&
	for url in "$LIVE_URL" sqlite:live.db "sqlite:./live.db?mode=rw" \
		sqlite:link.db "sqlite:$PWD/../elsewhere/live.db"
	do
		unpublished git migrate apply --url "$url" &&
		unpublished git migrate sync --url "$url" &&
		unpublished git migrate plan --url "$url" || return 1
	done &&
	test_expect_code 1 git migrate check --database --url "$LIVE_URL" \
		>out &&
	test_grep "pending-unpublished" out &&
	(
		GIT_MIGRATE_URL=sqlite:live.db && export GIT_MIGRATE_URL &&
		unpublished git migrate apply &&
		git migrate status >out && test_grep "On target live (" out
	) &&
	git config migrate.url "$LIVE_URL" && unpublished git migrate apply &&
	git config --unset migrate.url &&
	(
		DATABASE_URL=$LIVE_URL && export DATABASE_URL &&
		unpublished git migrate apply
	) &&
	rm link.db ../elsewhere
'

test_expect_success 'protected it is by its URL as well' '
	git config migrate-target.live.protected true &&
	rows_are 0001_a &&
	test_expect_code 1 git migrate rollback --url "$LIVE_URL" 2>err &&
	test_grep "the target live (sqlite:.*) is protected" err &&
	test_expect_code 1 env GIT_MIGRATE_URL=sqlite:live.db \
		git migrate redo 2>err &&
	test_grep "is protected" err && rows_are 0001_a &&
	git migrate rollback --url sqlite:dev.db --dry-run &&
	git config --unset migrate-target.live.protected
'

# may_go URL: it is not the target that is protected: drop-database tries.
may_go() {
	test_must_fail git migrate drop-database --yes --url "$1" 2>err &&
	! grep "is protected" err
}

may_not_go() {
	test_must_fail git migrate drop-database --yes --url "$1" 2>err &&
	test_grep "the target .main. is protected" err
}

test_expect_success 'a server has many names' '
	git config migrate-target.main.protected true &&
	git config migrate-target.main.url mysql://root:x@localhost/app &&
	may_not_go mysql://localhost/app &&
	may_not_go mariadb://other@LOCALHOST:3306/app &&
	may_not_go "mysql://127.0.0.1/app?ssl-mode=DISABLED" &&
	may_go mysql://localhost:1/app && may_go mysql://localhost:1/other &&
	git config migrate-target.main.url \
		"postgres:///app?host=db.invalid&port=5433" &&
	may_not_go postgresql://me@DB.invalid:5433/app &&
	may_go postgresql://db.invalid:1/app &&
	may_go postgresql://localhost:1/app &&
	git config --remove-section migrate-target.main
'

test_expect_success 'several are all named' '
	make_table 0003_c c 0002_b &&
	unpublished live apply &&
	test_grep "hint: .0003_c. is not there either" err &&
	rm migrations/0003_c.sql
'

test_expect_success 'an edit of a published one is not published' '
	make_migration 0001_a "CREATE TABLE a (id INTEGER, more INTEGER);" \
		"DROP TABLE a;" none &&
	test_expect_code 1 git migrate accept --target live 0001_a 2>err &&
	test_grep "error: .0001_a. is not in .origin/main." err &&
	test_expect_code 1 git migrate redo --target live 2>err &&
	test_grep "error: .0001_a. is not in .origin/main." err &&
	rows_are 0001_a &&
	git checkout -q migrations
'

test_expect_success 'a header or a comment in it is no other content' '
	live rollback &&
	sed "1i\\
-- migrate:parent none" migrations/0001_a.sql | sed 2d >new &&
	echo >>new && mv new migrations/0001_a.sql &&
	live apply --to 0001_a && rows_are 0001_a &&
	git checkout -q migrations
'

test_expect_success 'nor is another number' '
	live rollback && git mv migrations/0001_a.sql migrations/0000_a.sql &&
	sed "s/0001_a/0000_a/" migrations/0002_b.sql >new &&
	mv new migrations/0002_b.sql &&
	live apply --to 0000_a && rows_are 0000_a &&
	git reset -q --hard && live apply --to 0001_a && rows_are 0001_a
'

test_expect_success 'merged, pushed and fetched, it is taken' '
	git push -q origin feature:main &&
	live apply && rows_are 0001_a 0002_b
'

test_expect_success 'a bare repository asks its own refs' '
	live rollback &&
	git clone -q --bare ../hub.git bare.git &&
	cd bare.git &&
	test_expect_code 128 git migrate apply --target live 2>err &&
	test_grep "fatal: .*requires .origin/main., and there is no such ref" \
		err &&
	test_grep "hint: git fetch origin" err &&
	git -c migrate-target.live.requires=main~1 migrate sync --target live \
		main~1 &&
	test_expect_code 1 git -c migrate-target.live.requires=main~1 \
		migrate apply --target live --at main 2>err &&
	test_grep "error: .0002_b. is not in .main~1." err &&
	cd .. && rows_are 0001_a && rm -rf bare.git
'

test_expect_success 'the settings of the user go first' '
	git -c migrate-target.live.requires= migrate apply --target live &&
	live rollback &&
	git config migrate-target.live.requires origin/stable &&
	test_expect_code 128 git migrate apply --target live 2>err &&
	test_grep "requires .origin/stable." err &&
	git config --unset migrate-target.live.requires
'

test_expect_success 'a branch that is called as the remote one is not it' '
	git branch origin/main feature && make_table 0009_z z 0002_b &&
	test_commit_all z && git branch -f origin/main &&
	test_expect_code 1 git migrate apply --target live 2>err &&
	test_grep "error: .0009_z. is not in .origin/main." err &&
	git branch -q -D origin/main
'

test_expect_success 'outside a repository nothing is published' '
	mkdir ../bald && cp -R .gitmigrate migrations ../bald &&
	cd ../bald &&
	test_expect_code 1 git migrate apply --target live 2>err &&
	test_grep "this is not a git repository" err && cd ../work
'

test_done
