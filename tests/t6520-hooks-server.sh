#!/bin/sh
test_description='hooks of the repository that is pushed to'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-hooks.sh"

# setup NAME [HOOK…]: a published project, with those hooks on the server; the
# clone has none.
setup() {
	name=$1
	shift
	test_published "$name" &&
	git -C "$name.git" migrate hooks install -q "$@"
}

# push [OPTION…] REFSPEC…: to origin, with what is said in $TRASH/said.
push() {
	git push -q origin "$@" >"$TRASH/said" 2>&1
}

# server_has REF: what it holds there is this clone's HEAD.
server_has() {
	git rev-parse HEAD >"$TRASH/expect" &&
	git ls-remote origin "$1" | cut -f 1 >"$TRASH/actual" &&
	test_cmp "$TRASH/expect" "$TRASH/actual"
}

new_migration() {
	make_table "$1" "$1" &&
	git migrate seal -q &&
	test_commit_all "$1"
}

test_expect_success 'what is sound is taken in, and nothing said' '
	setup sound &&
	(
		cd sound &&
		new_migration 0003_c &&
		push main &&
		nothing_said &&
		server_has refs/heads/main &&
		new_migration 0004_d &&
		git tag -a -m v1 v1 &&
		push main:refs/heads/topic v1 &&
		nothing_said &&
		push :topic &&
		echo text >file &&
		test_commit_all file &&
		push main &&
		nothing_said
	)
'

test_expect_success 'an edit of what its branch main holds is refused' '
	(
		cd sound &&
		edit migrations/0001_a.sql &&
		test_commit_all edit &&
		for refspec in main main:topic +main
		do
			test_expect_code 1 push $refspec &&
			said "0001_a.sql: error: .*published-edited" &&
			said "error: refs/heads/" &&
			said "hint: nothing was received" || return 1
		done &&
		test_expect_code 1 push main:new main~1:old &&
		git tag bad &&
		test_expect_code 1 push bad &&
		said "error: refs/tags/bad" &&
		git tag -a -m bad worse &&
		test_expect_code 1 push worse &&
		git ls-remote origin "*/topic" "*/new" "*/old" "*/bad" \
			"*/worse" >out &&
		test_must_be_empty out
	)
'

test_expect_success 'so is a forced push that drops what is published' '
	(
		cd sound &&
		git reset -q --hard main~4 &&
		echo text >other &&
		test_commit_all other &&
		test_expect_code 1 push +main &&
		said "0003_c.sql: error: .*published-deleted"
	)
'

test_expect_success 'so is the removal of what is published, here and there' '
	setup gone && git -C gone.git config receive.denyDeleteCurrent ignore &&
	(
		cd gone &&
		push main:master main:topic &&
		push :master :topic &&
		nothing_said &&
		new_migration 0003_c &&
		push main:topic &&
		for refspecs in :main ":main :topic"
		do
			# shellcheck disable=SC2086 # words
			test_expect_code 1 push $refspecs &&
			said "error: .main. is .*published-deleted" &&
			said "git config migrate.check.published-deleted off" &&
			said "nothing was received" || return 1
		done &&
		git migrate hooks install -q &&
		test_expect_code 1 push :main &&
		said "error: .main. is published, .*published-deleted" &&
		said "git -c migrate.check.published-deleted=off push" &&
		said "nothing was pushed" &&
		test_expect_code 1 git -c migrate.check.published-deleted=off \
			push -q origin :main 2>../err &&
		test_grep "nothing was received" ../err &&
		git -C ../gone.git config migrate.check.published-deleted off &&
		git -c migrate.check.published-deleted=off \
			push -q origin :main &&
		git ls-remote origin main >../out &&
		test_must_be_empty ../out
	)
'

test_expect_success 'a branch that is not published may be rewritten' '
	setup rewrite &&
	(
		cd rewrite &&
		git switch -q -c topic &&
		new_migration 0003_c &&
		push topic &&
		edit migrations/0003_c.sql &&
		git migrate seal -q &&
		git commit -q -a --amend --no-edit &&
		push +topic &&
		nothing_said &&
		git reset -q --hard main &&
		push +topic &&
		nothing_said
	)
'

test_expect_success 'the rules are not those that are pushed' '
	setup rules &&
	(
		cd rules &&
		edit migrations/0001_a.sql &&
		git config -f .gitmigrate migrate.check.published-edited off &&
		git config -f .gitmigrate migrate.check.stale-checksum off &&
		git config -f .gitmigrate migrate.check.stale-pin off &&
		git config -f .gitmigrate migrate.published none &&
		test_commit_all off &&
		test_expect_code 1 push main &&
		said published-edited &&
		test_expect_code 1 push main:topic &&
		said published-edited &&
		git reset -q --hard HEAD~1 &&
		git config -f .gitmigrate migrate.check.no-down error &&
		test_commit_all strict &&
		push main &&
		make_migration 0003_c "SELECT 1;" "" &&
		git migrate seal -q &&
		git config -f .gitmigrate --unset migrate.check.no-down &&
		test_commit_all lax &&
		test_expect_code 1 push main &&
		said "0003_c.sql: error: .*no-down" &&
		git -C ../rules.git config migrate.check.no-down off &&
		push main
	)
'

test_expect_success 'a push that removes .gitmigrate does not get away' '
	setup removed &&
	(
		cd removed &&
		git mv migrations db &&
		git config -f .gitmigrate migrate.dir db &&
		test_commit_all moved &&
		push main &&
		nothing_said &&
		git rm -q .gitmigrate db/0001_a.sql &&
		test_commit_all gone &&
		test_expect_code 1 push main &&
		said published-deleted
	)
'

test_expect_success 'nor does one that takes an app out of it' '
	git init -q --bare apps.git &&
	git init -q apps &&
	(
		cd apps &&
		for app in one two
		do
			git config -f .gitmigrate migrate-app.$app.dir $app &&
			MIGRATIONS=$app make_table 1_$app $app || return 1
		done &&
		git migrate seal -q &&
		test_commit_all apps &&
		git remote add origin ../apps.git &&
		git push -q origin main &&
		git -C ../apps.git migrate hooks install -q &&
		git config -f .gitmigrate --remove-section migrate-app.two &&
		git rm -q -r two &&
		test_commit_all gone &&
		test_expect_code 1 push main &&
		said "two/1_two.sql: error: .*published-deleted" &&
		git reset -q --hard HEAD~1 &&
		git config -f .gitmigrate --rename-section migrate-app.two \
			migrate-app.other &&
		edit two/1_two.sql &&
		test_commit_all renamed &&
		test_expect_code 1 push main &&
		said "two/1_two.sql: error: .*published-edited"
	)
'

test_expect_success 'a .gitmigrate that cannot be read is refused, and mended' '
	setup broken &&
	(
		cd broken &&
		echo "[migrate" >>.gitmigrate &&
		test_commit_all broken &&
		test_must_fail push main &&
		said ".gitmigrate:" &&
		rm ../broken.git/hooks/pre-receive &&
		push main &&
		git -C ../broken.git migrate hooks install -q &&
		git restore --source=HEAD~1 .gitmigrate &&
		test_commit_all mended &&
		push main &&
		nothing_said
	)
'

test_expect_success 'the first push to an empty repository' '
	git init -q --bare empty.git &&
	git -C empty.git migrate hooks install -q &&
	test_project empty --numbering sequence &&
	(
		cd empty &&
		git remote add origin ../empty.git &&
		make_table 0001_a a &&
		git migrate seal -q &&
		edit migrations/0001_a.sql &&
		git config -f .gitmigrate migrate.check.stale-checksum off &&
		test_commit_all stale &&
		test_expect_code 1 push main &&
		said stale-checksum &&
		git migrate seal -q &&
		test_commit_all sealed &&
		push main &&
		nothing_said
	)
'

test_expect_success 'a repository without migrations is let be' '
	git init -q --bare none.git &&
	git -C none.git migrate hooks install -q &&
	git init -q none &&
	(
		cd none &&
		git remote add origin ../none.git &&
		echo text >file &&
		test_commit_all file &&
		push main &&
		nothing_said &&
		mkdir migrations &&
		echo nonsense >migrations/0001_a.sql &&
		test_commit_all nonsense &&
		push main &&
		said "^remote: warning: there is no .gitmigrate"
	)
'

test_expect_success 'with update the sound refs of a push are taken in' '
	setup update update &&
	(
		cd update &&
		git switch -q -c sound &&
		new_migration 0003_c &&
		git switch -q -c bad main &&
		edit migrations/0001_a.sql &&
		test_commit_all edit &&
		test_expect_code 1 push sound bad &&
		said published-edited &&
		git switch -q sound &&
		server_has refs/heads/sound &&
		git ls-remote --exit-code origin refs/heads/bad;
		test $? = 2 &&
		push :sound &&
		nothing_said
	)
'

test_expect_success 'the hook that was there first sees the push first' '
	git init -q --bare kept.git &&
	printf "%s\n" "#!/bin/sh" "cat >seen" >kept.git/hooks/pre-receive &&
	chmod +x kept.git/hooks/pre-receive &&
	git -C kept.git migrate hooks install -q &&
	test_project kept &&
	(
		cd kept &&
		git remote add origin ../kept.git &&
		make_table 1_a a &&
		git migrate seal -q &&
		test_commit_all a &&
		push main &&
		one=$(git rev-parse HEAD) &&
		echo "$(echo $one | tr 0-9a-f 0) $one refs/heads/main" \
			>../expect &&
		test_cmp ../expect ../kept.git/seen
	)
'

test_expect_success 'a server that keeps its own list of what is published' '
	setup list &&
	git -C list.git config migrate.published "release/*" &&
	(
		cd list &&
		push main:release/1 &&
		edit migrations/0001_a.sql &&
		git migrate seal -q &&
		test_commit_all edit &&
		test_expect_code 1 push main:release/1 &&
		said published-edited &&
		test_expect_code 1 push main &&
		said published-edited
	)
'

test_expect_success 'a repository with SHA-256' '
	git init -q --bare --object-format=sha256 sha256.git &&
	git -C sha256.git migrate hooks install -q &&
	git init -q --object-format=sha256 sha256 &&
	(
		cd sha256 &&
		git migrate init --no-hooks >/dev/null 2>&1 &&
		git remote add origin ../sha256.git &&
		make_table 1_a a &&
		git migrate seal -q &&
		test_commit_all a &&
		push main &&
		nothing_said &&
		edit migrations/1_a.sql &&
		test_commit_all edit &&
		test_expect_code 1 push main &&
		said published-edited
	)
'

test_expect_success 'names of branches and directories are only names' '
	dir="m \$(touch pwned);'\''" &&
	branch="b\$(touch\${IFS}pwned);'\''x" &&
	git init -q --bare odd.git &&
	git -C odd.git migrate hooks install -q &&
	test_project odd &&
	(
		cd odd &&
		git config -f .gitmigrate migrate.dir "$dir" &&
		MIGRATIONS=$dir &&
		make_table 1_a a &&
		git migrate seal -q &&
		git remote add origin ../odd.git &&
		test_commit_all one &&
		push "HEAD:refs/heads/$branch" HEAD:main &&
		nothing_said &&
		edit "$dir/1_a.sql" &&
		test_commit_all edit &&
		test_expect_code 1 push "HEAD:refs/heads/$branch" &&
		said -F "error: refs/heads/$branch: " &&
		find .. -name pwned >../out &&
		test_must_be_empty ../out
	)
'

test_done
