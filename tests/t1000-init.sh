#!/bin/sh
test_description='how to begin: init, and what is said before it'
. "${0%/*}/test-lib.sh"

test_expect_success 'outside a repository there is a way to begin' '
	test_expect_code 128 git migrate 2>err &&
	test_grep "^fatal: not in a git repository" err &&
	test_grep "^hint: .*git init" err
'

test_expect_success 'in a repository that has nothing, init is named' '
	git init -q bare-start &&
	(
		cd bare-start &&
		for command in "" status apply log rollback plan sync "show 1"
		do
			# shellcheck disable=SC2086
			test_expect_code 128 git migrate $command 2>err &&
			test_grep "^fatal: there is no .gitmigrate here yet" \
				err &&
			test_grep "^hint: git migrate init" err || return 1
		done
	)
'

test_expect_success 'init writes .gitmigrate and makes the directory' '
	git init -q plain &&
	(
		cd plain &&
		git migrate init --url sqlite:app.db >out 2>err &&
		printf "%s\n\t%s\n\t%s\n\t%s\n" "[migrate]" \
			"dir = migrations" "url = sqlite:app.db" \
			"numbering = timestamp" >expect &&
		test_cmp expect .gitmigrate &&
		test_path_exists migrations &&
		test_grep "^wrote .gitmigrate" out &&
		test_grep "git migrate new" err
	)
'

test_expect_success 'init says how to keep the database out of git' '
	test_grep "hint: .*/app.db\*.*\.gitignore" plain/err
'

test_expect_success 'init makes no database' '
	test_path_is_missing plain/app.db
'

test_expect_success 'a second init changes nothing' '
	cp plain/.gitmigrate before &&
	test_expect_code 128 git -C plain migrate init --dir other 2>err &&
	test_grep "there is a .gitmigrate already" err &&
	test_cmp before plain/.gitmigrate &&
	test_path_is_missing plain/other
'

test_expect_success 'init in a subdirectory is at the top' '
	git init -q sub &&
	mkdir -p sub/src/deep &&
	git -C sub/src/deep migrate init >out 2>err &&
	test_path_exists sub/.gitmigrate &&
	test_path_exists sub/migrations &&
	test_path_is_missing sub/src/deep/.gitmigrate &&
	test_grep "hint: name the database" err
'

test_expect_success 'init takes a directory, a URL and a numbering' '
	git init -q all &&
	git -C all migrate init --dir=db/steps --numbering sequence \
		--url env:DATABASE_URL >out 2>err &&
	printf "%s\n\t%s\n\t%s\n\t%s\n" "[migrate]" "dir = db/steps" \
		"url = env:DATABASE_URL" "numbering = sequence" >expect &&
	test_cmp expect all/.gitmigrate &&
	test_path_exists all/db/steps
'

test_expect_success 'a value that git-config would misread is quoted' '
	git init -q quoted &&
	git -C quoted migrate init --url "sqlite:a #b;c.db" &&
	git config -f quoted/.gitmigrate migrate.url >actual &&
	echo "sqlite:a #b;c.db" >expect &&
	test_cmp expect actual
'

test_expect_success 'what is wrong is refused before anything is written' '
	git init -q wrong &&
	(
		cd wrong &&
		test_expect_code 128 git migrate init --numbering roman 2>err &&
		test_grep "unknown numbering .roman." err &&
		for dir in ../out /out a/../../out a/..
		do
			test_expect_code 128 git migrate init --dir "$dir" \
				2>err || exit 1
			test_grep "is not below the top" err || exit 1
		done &&
		test_expect_code 128 git migrate init \
			--url postgres://me:secret@localhost/app 2>err &&
		test_grep "holds a password" err &&
		test_grep "env:DATABASE_URL" err &&
		test_grep ! secret err &&
		test_expect_code 128 git migrate init --url \
			"postgres://me@localhost/app?password=secret" 2>err &&
		test_grep "holds a password" err &&
		test_grep ! secret err &&
		test_expect_code 129 git migrate init more 2>err &&
		test_expect_code 129 git migrate init --bogus 2>err &&
		test_path_is_missing .gitmigrate &&
		test_path_is_missing migrations
	)
'

test_expect_success 'init works outside a repository, and says so' '
	mkdir alone &&
	(
		cd alone &&
		git migrate init --url sqlite:app.db 2>err &&
		test_grep "^warning: not in a git repository" err &&
		test_path_exists .gitmigrate &&
		git migrate status >out &&
		test_grep "no migrations" out &&
		test_grep "use \"git migrate new SLUG\"" out &&
		rm .gitmigrate &&
		git migrate init 2>err &&
		test_grep "^hint: name the database: url = .* in .gitmigrate" \
			err
	)
'

test_expect_success 'a bare repository has no place for it' '
	git init -q --bare bare.git &&
	test_expect_code 128 git -C bare.git migrate init 2>err &&
	test_grep "bare repository" err
'

test_expect_success 'status on a database that is not there makes none' '
	git -C plain migrate status >out &&
	test_grep "On target sqlite:app.db (nothing applied yet)" out &&
	test_grep "^no migrations" out &&
	git -C plain migrate >out2 &&
	test_cmp out out2 &&
	test_path_is_missing plain/app.db
'

test_expect_success 'help lists the commands, and -h explains one' '
	git migrate help >out &&
	for command in init new status log show apply rollback redo reset \
		fake baseline accept restore plan seal check help
	do
		test_grep "^  $command" out &&
		git migrate help "$command" >usage &&
		test_grep "^usage: git migrate $command" usage &&
		test_expect_code 129 git migrate "$command" -h >short &&
		test_cmp usage short || return 1
	done &&
	test_expect_code 129 git migrate help bogus 2>err &&
	test_expect_code 129 git migrate bogus 2>err &&
	test_grep "is not a command" err &&
	git migrate --version >out &&
	test_grep "^git-migrate version [0-9]" out
'

test_expect_success 'output that cannot be written is an error' '
	test_expect_code 128 sh -c "git migrate help >/dev/full" 2>err &&
	test_grep "write the output" err
'

test_done
