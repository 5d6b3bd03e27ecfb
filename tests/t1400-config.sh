#!/bin/sh
test_description='which database is meant, and which setting wins'
. "${0%/*}/test-lib.sh"

# The ways to name a database, the strongest first. Each is switched on by a
# variable of its name; the database is called like the way. The tests'
# bodies expand it.
# shellcheck disable=SC2034
ways="option target variable user environment project"

# target_with WAY…: the database that is meant when these name one.
target_with() {
	(
		cd app &&
		rm -f .gitmigrate &&
		unset GIT_MIGRATE_URL DATABASE_URL &&
		{ git config --unset-all migrate.url || :; } &&
		set -- " $* " &&
		printf "[migrate]\n\tdir = migrations\n" >.gitmigrate &&
		case $1 in
		*" project "*)
			printf "\turl = sqlite:project.db\n" >>.gitmigrate ;;
		esac &&
		printf "[migrate-target \"t\"]\n\turl = sqlite:target.db\n" \
			>>.gitmigrate &&
		case $1 in
		*" user "*) git config migrate.url sqlite:user.db ;;
		esac &&
		case $1 in
		*" variable "*)
			GIT_MIGRATE_URL=sqlite:variable.db &&
			export GIT_MIGRATE_URL ;;
		esac &&
		case $1 in
		*" environment "*)
			DATABASE_URL=sqlite:environment.db &&
			export DATABASE_URL ;;
		esac &&
		case $1 in
		*" option "*) git migrate status --url sqlite:option.db ;;
		*" target "*) git migrate status --target t ;;
		*) git migrate status ;;
		esac >out &&
		sed -n "s/^On target .*sqlite:\([a-z]*\)\.db.*/\1/p" out
	)
}

# project_url URL: what .gitmigrate names.
project_url() {
	printf "[migrate]\n\tdir = migrations\n\turl = %s\n" "$1" >.gitmigrate
}

test_expect_success 'each way names a database' '
	test_project app &&
	for way in $ways
	do
		target_with "$way" >actual &&
		echo "$way" >expect &&
		test_cmp expect actual || return 1
	done
'

test_expect_success 'of each two, the stronger one wins' '
	rest=$ways &&
	for strong in $ways
	do
		rest=${rest#"$strong"} &&
		rest=${rest# } &&
		for weak in $rest
		do
			# Two options exclude each other.
			test "$strong $weak" != "option target" || continue
			target_with "$strong" "$weak" >actual &&
			echo "$strong" >expect &&
			test_cmp expect actual || return 1
		done || return 1
	done
'

test_expect_success 'two options exclude each other' '
	test_expect_code 129 git -C app migrate status --url sqlite:x.db \
		--target t 2>err
'

test_expect_success 'no way at all is said with the ways' '
	(
		cd app &&
		printf "[migrate]\n\tdir = migrations\n" >.gitmigrate &&
		{ git config --unset-all migrate.url || :; } &&
		make_table 1_a a &&
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "no database is named" err &&
		test_grep "git config migrate.url" err &&
		test_grep "DATABASE_URL" err
	)
'

test_expect_success 'an empty variable names nothing' '
	(
		cd app &&
		printf "[migrate]\n\turl = sqlite:project.db\n" >.gitmigrate &&
		DATABASE_URL= GIT_MIGRATE_URL= git migrate status >out &&
		test_grep "On target sqlite:project.db" out
	)
'

test_expect_success 'git -c and the global config are the user'\''s' '
	(
		cd app &&
		git -c migrate.url=sqlite:c.db migrate status >out &&
		test_grep "On target sqlite:c.db" out &&
		git config --global migrate.url sqlite:global.db &&
		git migrate status >out &&
		git config --global --unset migrate.url &&
		test_grep "On target sqlite:global.db" out &&
		GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=migrate.url \
			GIT_CONFIG_VALUE_0=sqlite:count.db \
			git migrate status >out &&
		test_grep "On target sqlite:count.db" out
	)
'

test_expect_success 'the user'\''s config overrides each setting' '
	(
		cd app &&
		printf "[migrate]\n\tdir = migrations\n\turl = sqlite:p.db\n" \
			>.gitmigrate &&
		mkdir -p other &&
		MIGRATIONS=other make_table 1_other other &&
		git -c migrate.dir=other migrate status --porcelain >out &&
		test_grep "1_other" out &&
		test_expect_code 128 git -c migrate.numbering=roman \
			migrate status 2>err &&
		test_grep "roman" err
	)
'

test_expect_success '--env-file is read when it is asked for, and not else' '
	(
		cd app &&
		printf "[migrate]\n\tdir = migrations\n" >.gitmigrate &&
		cat >.env <<-\END &&
		# a comment
		export OTHER="a b"

		DATABASE_URL='\''sqlite:env file.db'\''
		END
		test_expect_code 128 git migrate status 2>err &&
		git migrate status --env-file .env >out &&
		test_grep "On target sqlite:env file.db" out &&
		DATABASE_URL=sqlite:real.db \
			git migrate status --env-file .env >out &&
		test_grep "On target sqlite:real.db" out &&
		echo "GIT_MIGRATE_URL=sqlite:more.db # why" >>.env &&
		git migrate status --env-file .env >out &&
		test_grep "On target sqlite:more.db (nothing" out &&
		echo "what is this" >>.env &&
		test_expect_code 128 git migrate status --env-file .env 2>err &&
		test_grep "\.env:6: " err &&
		test_expect_code 128 git migrate status --env-file none 2>err &&
		test_grep "none" err
	)
'

test_expect_success 'env: follows a variable' '
	(
		cd app &&
		project_url "env:THE_URL" &&
		test_expect_code 128 git migrate status 2>err &&
		test_grep "variable .THE_URL., which isn.t set" err &&
		THE_URL=sqlite:followed.db git migrate status >out &&
		test_grep "On target sqlite:followed.db" out &&
		echo "THE_URL=sqlite:file.db" >.env &&
		git migrate status --env-file .env >out &&
		test_grep "On target sqlite:file.db" out
	)
'

test_expect_success 'an unknown target names those there are' '
	(
		cd app &&
		printf "[migrate-target \"staging\"]\n\turl = sqlite:s.db\n" \
			>.gitmigrate &&
		test_expect_code 128 git migrate status --target prod 2>err &&
		test_grep "there is no target .prod." err &&
		test_grep "hint: there is .staging." err
	)
'

test_expect_success 'what is no URL is said, without secrets' '
	(
		cd app &&
		test_expect_code 128 git migrate status --url nonsense 2>err &&
		test_expect_code 128 git migrate status \
			--url oracle://me:secret@host/x 2>err &&
		test_grep "no driver" err &&
		test_grep "hint: write it as .*postgres://" err &&
		test_grep ! secret err &&
		test_expect_code 128 git migrate status \
			--url "postgres://me:se%0acret@localhost/x" 2>err &&
		test_grep ! cret@ err
	)
'

test_expect_success 'a syntax error in .gitmigrate has its line' '
	(
		cd app &&
		printf "[migrate]\n\tdir = migrations\n[oops\n" >.gitmigrate &&
		test_expect_code 128 git migrate status 2>err &&
		test_grep "\.gitmigrate:3" err
	)
'

# --- trust: .gitmigrate comes with a clone

test_expect_success 'a file outside the work tree is refused' '
	(
		cd app &&
		ln -s "$TRASH/home" link &&
		for path in "$TRASH/work/out.db" ../out.db sub/../../out.db \
			link/out.db
		do
			project_url "sqlite:$path" &&
			test_expect_code 1 git migrate status 2>err ||
				exit 1
			test_grep "outside the work tree" err || exit 1
			test_grep "^hint: .*git config migrate.url" err ||
				exit 1
		done &&
		mkdir -p sub &&
		project_url "sqlite:sub/in.db" &&
		git migrate status >out &&
		project_url "sqlite:$PWD/sub/in.db" &&
		git migrate status
	)
'

test_expect_success 'the user may name any file' '
	(
		cd app &&
		project_url "sqlite:../out.db" &&
		git -c migrate.url=sqlite:../out.db migrate status >out &&
		git migrate status --url "sqlite:$TRASH/work/out.db" >out &&
		THE_URL=sqlite:../out.db &&
		export THE_URL &&
		project_url "env:THE_URL" &&
		git migrate status >out
	)
'

test_expect_success 'a named target is trusted no more' '
	(
		cd app &&
		printf "[migrate-target \"t\"]\n\turl = sqlite:../out.db\n" \
			>.gitmigrate &&
		test_expect_code 1 git migrate status --target t 2>err &&
		test_grep "outside the work tree" err
	)
'

# shellcheck disable=SC1003 # the quotes are those of a shell
test_expect_success 'a host has to be trusted wherever a URL names it' '
	(
		cd app &&
		git config --add migrate.trustedHost db.invalid &&
		for url in "postgres://db.invalid/x?host=192.0.2.7" \
			"postgres://db.invalid/x?hostaddr=192.0.2.7" \
			"postgres://localhost/x?host=db.invalid,192.0.2.7" \
			"mysql://192.0.2.7/x"
		do
			printf "[migrate]\n\turl = %s\n" "$url" >.gitmigrate &&
			test_expect_code 1 git migrate status 2>err &&
			test_grep "another machine: .192.0.2.7" err &&
			test_grep "trustedHost 192.0.2.7" err ||
				return 1
		done &&
		printf "[migrate]\n\turl = %s\n" "postgres:///x?service=far" \
			>.gitmigrate &&
		test_expect_code 1 git migrate status 2>err &&
		test_grep "another machine: .service=far" err &&
		printf "[migrate]\n\turl = %s\n" "postgres://a'\''b/x" \
			>.gitmigrate &&
		test_expect_code 1 git migrate status 2>err &&
		test_grep -F "trustedHost '\''a'\''\\'\'''\''b'\''" err
	)
'

test_expect_success '.gitmigrate includes nothing and runs nothing' '
	(
		cd app &&
		printf "[migrate]\n\turl = sqlite:evil.db\n" >included &&
		printf "[include]\n\tpath = included\n" >.gitmigrate &&
		test_expect_code 128 git migrate status 2>err &&
		test_grep "gitmigrate:1: other files cannot be included" err &&
		printf "[core]\n\teditor = touch pwned;\n" >.gitmigrate &&
		EDITOR=true VISUAL= git migrate new --edit x &&
		test_path_is_missing pwned
	)
'

test_expect_success 'a directory outside the work tree is refused' '
	(
		cd app &&
		for dir in ../other /tmp a/../../b
		do
			printf "[migrate]\n\tdir = %s\n" "$dir" >.gitmigrate &&
			test_expect_code 128 git migrate check 2>err ||
				exit 1
			test_grep "not below" err || exit 1
		done &&
		ln -s "$TRASH/home" linked &&
		printf "[migrate]\n\tdir = linked\n" >.gitmigrate &&
		test_expect_code 128 git migrate check 2>err &&
		test_grep "leads out of the work tree" err
	)
'

test_expect_success 'protected = false counts only from the user' '
	(
		cd app &&
		printf "[migrate-target \"t\"]\n\turl = sqlite:t.db\n" \
			>.gitmigrate &&
		git config migrate-target.t.protected true &&
		printf "\tprotected = false\n" >>.gitmigrate &&
		make_table 1_a a &&
		rm -f migrations/2*.sql &&
		git migrate apply -q --target t &&
		test_expect_code 1 git migrate rollback --target t 2>err &&
		test_grep protected err
	)
'

test_expect_success 'nothing of .gitmigrate reaches below .git' '
	test_project inside &&
	(
		cd inside &&
		ln -s .git link &&
		for path in .git/x.db .git/hooks/pre-commit sub/../.git/x.db \
			link/x.db "$PWD/.git/x.db"
		do
			project_url "sqlite:$path" &&
			test_expect_code 1 git migrate status 2>err ||
				exit 1
			test_grep "names a database outside the work tree" \
				err || exit 1
		done &&
		for dir in .git .git/hooks .GIT/hooks sub/.git/hooks
		do
			printf "[migrate]\n\tdir = %s\n" "$dir" >.gitmigrate &&
			test_expect_code 128 git migrate new x 2>err ||
				exit 1
			test_grep "$dir. is not below" err || exit 1
		done &&
		mkdir sub &&
		project_url sqlite:sub/.github.db &&
		git migrate status &&
		printf "[migrate]\n\tdir = .github\n" >.gitmigrate &&
		git migrate new x >path &&
		test_path_exists "$(cat path)"
	)
'

test_expect_success 'migrate.autoSeal is yes or no' '
	test_project seal --numbering sequence &&
	(
		cd seal &&
		make_table 0001_a a &&
		cp migrations/0001_a.sql before &&
		test_expect_code 128 git -c migrate.autoSeal=maybe \
			migrate apply 2>err &&
		test_grep -i "^fatal: .maybe. is not .*migrate.autoseal" err &&
		test_states pending:0001_a &&
		test_cmp before migrations/0001_a.sql &&
		git -c migrate.autoSeal=no migrate apply -q &&
		test_cmp before migrations/0001_a.sql &&
		test_expect_code 128 git -c migrate.autoSeal=maybe \
			migrate redo 2>err &&
		test_grep -i "^fatal: .maybe. is not .*migrate.autoseal" err &&
		test_tables a
	)
'

test_expect_success 'env: without a name is said' '
	(
		cd app &&
		test_expect_code 128 git migrate status --url env: 2>err &&
		test_grep "^fatal: .env:. names no variable" err
	)
'

test_done
