#!/bin/sh
test_description='hooks in a clone: commits, merges, pushes, checkouts'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-hooks.sh"

test_require sqlite3

# setup NAME: a published project, with hooks in the clone.
setup() {
	test_published "$1" && git -C "$1" migrate hooks install -q
}

# Runs the command, with what it says in $TRASH/said.
say() {
	"$@" >"$TRASH/said" 2>&1
}

test_expect_success 'a commit without a migration says nothing' '
	setup plain &&
	(
		cd plain &&
		echo text >file &&
		git add file &&
		say git commit -q -m file &&
		nothing_said
	)
'

test_expect_success 'a commit of a sound migration says nothing' '
	(
		cd plain &&
		make_table 0003_c c &&
		git migrate seal -q &&
		git add . &&
		say git commit -q -m c &&
		nothing_said
	)
'

test_expect_success 'an unsealed one is named, with what seals it' '
	(
		cd plain &&
		make_table 0004_d d &&
		git add . &&
		say git commit -q -m d &&
		said "^migrations/0004_d.sql: warn: is not sealed" &&
		said "^hint: git migrate seal --staged" &&
		git migrate seal -q --staged &&
		say git commit -q --amend --no-edit &&
		nothing_said &&
		git config migrate.check.unsealed error &&
		make_table 0005_e e &&
		git add . &&
		test_expect_code 1 say git commit -q -m e &&
		said "error: is not sealed" &&
		said "^error: not committed: 1 error in the migrations" &&
		git migrate seal -q --staged &&
		say git commit -q -m e &&
		git config --unset migrate.check.unsealed
	)
'

test_expect_success 'what was staged is sealed as the hint says it' '
	setup stale &&
	(
		cd stale &&
		make_table 0003_c c 0002_b &&
		make_table 0004_d d 0003_c &&
		git migrate seal -q &&
		test_commit_all ours &&
		edit migrations/0003_c.sql &&
		git add . &&
		test_expect_code 1 say git commit -q -m edited &&
		said "0003_c.sql.*error: .*stale-checksum" &&
		said "0004_d.sql.*error: .*stale-pin" &&
		grep -c "^  git migrate seal --staged$" "$TRASH/said" >../n &&
		echo 2 >../expect && test_cmp ../expect ../n &&
		test_expect_code 1 git migrate check --staged >../out &&
		test_grep "git migrate seal --staged" ../out &&
		git migrate seal --staged -q &&
		say git commit -q -m edited &&
		nothing_said
	)
'

test_expect_success 'an edit of a published one is refused' '
	(
		cd plain &&
		edit migrations/0001_a.sql &&
		test_expect_code 1 say git commit -q -a -m edit &&
		said "^migrations/0001_a.sql: error: .*published-edited" &&
		said "^error: not committed" &&
		git restore migrations &&
		git rm -q migrations/0001_a.sql &&
		test_expect_code 1 say git commit -q -m gone &&
		said "published-deleted" &&
		git restore --staged --worktree migrations
	)
'

test_expect_success 'it is the index that is judged' '
	(
		cd plain &&
		edit migrations/0001_a.sql &&
		echo more >>file &&
		git add file &&
		say git commit -q -m file &&
		nothing_said &&
		git add migrations &&
		git restore --source=HEAD migrations &&
		test_expect_code 1 say git commit -q -m edit &&
		git restore --staged migrations
	)
'

test_expect_success 'a commit of some paths has an index of its own' '
	(
		cd plain &&
		edit migrations/0001_a.sql &&
		git add migrations &&
		echo more >>file &&
		say git commit -q -m file file &&
		nothing_said &&
		test_expect_code 1 say git commit -q -m edit migrations &&
		said "published-edited" &&
		git restore --staged --worktree migrations
	)
'

test_expect_success 'only what is touched is warned of' '
	(
		cd plain &&
		make_migration 0006_f "SELECT 1;" "" &&
		git migrate seal -q &&
		git add . &&
		say git commit -q -m f &&
		said "0006_f.sql: warn: .*no-down" &&
		make_table 0007_g g &&
		git migrate seal -q &&
		git add . &&
		say git commit -q -m g &&
		nothing_said
	)
'

test_expect_success 'the first commit of a repository is judged' '
	test_project first --numbering sequence &&
	(
		cd first &&
		make_table 0001_a a &&
		make_table 0002_b b &&
		git migrate seal -q &&
		git migrate hooks install -q &&
		git add . &&
		edit migrations/0001_a.sql &&
		git add . &&
		test_expect_code 1 say git commit -q -m one &&
		said stale-checksum &&
		git migrate seal -q --staged &&
		say git commit -q -m one &&
		nothing_said
	)
'

test_expect_success 'without .gitmigrate work passes, with a warning' '
	git init -q none &&
	(
		cd none &&
		git migrate hooks install -q &&
		mkdir migrations &&
		echo nonsense >migrations/0001_a.sql &&
		git add . &&
		say git commit -q -m one &&
		said "^warning: there is no .gitmigrate" &&
		test_line_count = 1 "$TRASH/said" &&
		git migrate init --no-hooks 2>/dev/null >&2 &&
		mkdir src && echo >src/file && git add src &&
		cd src && say git commit -q -m two &&
		said "^warning: .gitmigrate is not added yet, .*: \
git add ../.gitmigrate$" &&
		test_line_count = 1 "$TRASH/said"
	)
'

test_expect_success 'a .gitmigrate that is not merged is told as such' '
	git init -q both && (
		cd both && git migrate init --no-hooks >/dev/null 2>&1 &&
		test_commit_all one && git branch other &&
		git config -f .gitmigrate migrate.numbering date &&
		test_commit_all date && git checkout -q other &&
		git config -f .gitmigrate migrate.numbering sequence &&
		test_commit_all sequence && test_must_fail git merge main &&
		for command in status check apply merge rebase
		do
			test_expect_code 128 git migrate $command 2>err &&
			test_grep "^fatal: .gitmigrate:[0-9]*: a conflict \
marker of git.s$" err &&
			test_grep "^hint: .*git checkout --ours" err ||
			return 1
		done &&
		mkdir src && cd src &&
		test_expect_code 128 git migrate check --staged 2>err &&
		test_grep "^fatal: ..gitmigrate. is not merged yet$" err &&
		test_grep "^hint: .*git add ../.gitmigrate$" err
	)
'

test_expect_success 'a .gitmigrate that cannot be read is refused' '
	(
		cd plain &&
		echo "[migrate" >>.gitmigrate &&
		test_must_fail say git commit -q -a -m broken &&
		said ".gitmigrate:" &&
		git restore .gitmigrate
	)
'

test_expect_success 'an empty .gitmigrate is a project with the defaults' '
	git init -q --bare empty.git &&
	for lines in 0 2
	do
		rm -rf empty &&
		git init -q empty &&
		(
			cd empty &&
			yes "" | head -n $lines >.gitmigrate &&
			test_commit_all begin &&
			git migrate hooks install -q &&
			make_migration 20200101000000_a "SELECT 1;" "" &&
			cp migrations/20200101000000_a.sql \
				migrations/20200101000001_b.sql &&
			echo "no section" >migrations/20200101000000_a.sql &&
			git add . &&
			test_expect_code 1 say git commit -q -m broken &&
			said "0_a.sql:1: error: " &&
			said "^error: not committed" &&
			said ! "gitmigrate" &&
			git commit -q --no-verify -m broken &&
			test_must_fail say git push -q ../empty.git HEAD:main &&
			said "0_a.sql:1: error: " &&
			said ! "gitmigrate" &&
			git -C ../empty.git migrate hooks install -q &&
			test_must_fail say git push -q --no-verify \
				../empty.git HEAD:main &&
			said "0_a.sql:1: error: " &&
			said ! "there is no"
		) || return
	done
'

test_expect_success 'a merge is judged before it is committed' '
	setup merge &&
	(
		cd merge &&
		git switch -q -c side &&
		make_table 0003_c c &&
		git migrate seal -q &&
		test_commit_all c &&
		git switch -q main &&
		say git merge -q --no-ff -m sound side &&
		nothing_said &&
		git switch -q -c left main~1 &&
		make_table 0004_left x &&
		git migrate seal -q &&
		test_commit_all left &&
		git switch -q -c right main~1 &&
		make_table 0004_right y &&
		git migrate seal -q &&
		test_commit_all right &&
		test_must_fail say git merge -q -m clash left &&
		said "0004_.*: error: has the number of" &&
		said "^  rename one .*; git migrate rebase does it" &&
		said "^error: not committed" &&
		git merge --abort
	)
'

test_expect_success 'what is behind can be committed, then rebased and pushed' '
	setup behind &&
	git clone -q behind.git ahead &&
	(
		cd ahead &&
		make_migration 0003_theirs "ALTER TABLE a ADD x INT;" "" &&
		git migrate seal -q &&
		test_commit_all theirs &&
		git push -q
	) &&
	(
		cd behind &&
		git fetch -q &&
		git switch -q -c work &&
		make_migration 0003_ours "ALTER TABLE a RENAME TO z;" \
			"ALTER TABLE z RENAME TO a;" &&
		git migrate seal -q &&
		git add . &&
		test_expect_code 1 git migrate check --staged &&
		say git commit -q -m ours &&
		said "0003_ours.sql: warn: .*\[collision\]" &&
		said "0003_ours.sql:.*: warn: .*\[conflict\]" &&
		said "git migrate rebase origin/main" &&
		said ! "error" &&
		test_must_fail say git push -q origin work &&
		said "0003_ours.sql: error: .*\[collision\]" &&
		say git rebase -q origin/main &&
		say git migrate rebase &&
		say git commit -q -m renumber &&
		say git push -q origin work
	)
'

test_expect_success 'a merge that takes in what is published is no edit' '
	setup other &&
	git clone -q other.git other2 &&
	(
		cd other2 &&
		edit migrations/0002_b.sql &&
		test_commit_all edit &&
		git push -q --no-verify
	) &&
	(
		cd other &&
		echo text >file &&
		test_commit_all file &&
		git fetch -q &&
		test_must_fail say git merge -q -m merge origin/main &&
		said stale-checksum &&
		said ! published-
	)
'

test_expect_success 'a push of what is sound says nothing of it' '
	setup push &&
	(
		cd push &&
		make_table 0003_c c &&
		git migrate seal -q &&
		test_commit_all c &&
		say git push -q &&
		nothing_said &&
		say git push -q origin main:refs/heads/copy main:refs/tags/v1 &&
		nothing_said &&
		git tag -a -m two v2 &&
		say git push -q origin v2 :copy &&
		nothing_said
	)
'

# What each of these pushes is refused with.
test_expect_success 'an edit is refused on every way' '
	(
		cd push &&
		edit migrations/0001_a.sql &&
		git migrate check >/dev/null;
		git commit -q --no-verify -a -m edit &&
		git tag -a -m bad bad &&
		for push in "origin main" "origin main:new" \
			"origin HEAD^{commit}:refs/heads/new" "--all" \
			"origin bad" "-f origin main" "../push.git main:main"
		do
			test_expect_code 1 say git push -q $push &&
			said "0001_a.sql: error: .*published-edited" &&
			said "^error: refs/" &&
			said "^hint: nothing was pushed" || return 1
		done &&
		say git push -q --no-verify origin main:refs/heads/forced &&
		git reset -q --hard HEAD~1
	)
'

test_expect_success 'a forced push must keep what is published' '
	(
		cd push &&
		git tag -d bad &&
		say git push -q -f origin main:forced &&
		nothing_said &&
		git switch -q --detach main~1 &&
		echo text >other &&
		test_commit_all other &&
		test_expect_code 1 say git push -q -f origin HEAD:main &&
		said "0003_c.sql: error: .*published-deleted" &&
		git switch -q main
	)
'

test_expect_success 'unpublished migrations are free' '
	(
		cd push &&
		git switch -q -c feature &&
		make_table 0004_d d &&
		git migrate seal -q &&
		test_commit_all d &&
		say git push -q origin feature &&
		nothing_said &&
		edit migrations/0004_d.sql &&
		git migrate seal -q &&
		git commit -q --amend -a --no-edit &&
		say git push -q -f origin feature &&
		nothing_said &&
		git switch -q main
	)
'

test_expect_success 'refs that hold no commit, or no migration, are let be' '
	(
		cd push &&
		blob=$(git hash-object -w .gitmigrate) &&
		git tag blob $blob &&
		git tag tree "main^{tree}" &&
		say git push -q origin blob tree &&
		nothing_said &&
		git switch -q --orphan pages &&
		echo page >index.html &&
		git add index.html &&
		git commit -q --no-verify -m pages &&
		say git push -q origin pages &&
		said ! error &&
		git switch -q main
	)
'

test_expect_success 'a checkout says how far the database is off' '
	setup drift &&
	(
		cd drift &&
		say git migrate apply -q &&
		git switch -q -c feature &&
		make_table 0003_c c &&
		git migrate seal -q &&
		test_commit_all c &&
		git migrate apply -q &&
		say git switch -q main &&
		said "^note: sqlite:app.db is not .*: 1 missing" &&
		test_line_count = 1 "$TRASH/said" &&
		say git switch -q feature &&
		nothing_said &&
		git migrate rollback -q &&
		git switch -q main &&
		say git switch -q feature &&
		said ": 1 pending" &&
		say git checkout -q main -- migrations &&
		nothing_said &&
		git reset -q --hard &&
		say git checkout -q -b same &&
		nothing_said
	)
'

test_expect_success 'so do a merge, a pull, an amended commit and a rebase' '
	(
		cd drift &&
		git switch -q main 2>/dev/null &&
		say git merge -q --squash feature &&
		said ": 1 pending" &&
		git reset -q --hard &&
		echo text >file &&
		test_commit_all file &&
		say git merge -q -m merge feature &&
		said ": 1 pending" &&
		git reset -q --hard HEAD~1 &&
		git switch -q feature 2>/dev/null &&
		say git rebase -q main &&
		nothing_said &&
		git branch -q behind HEAD~1 &&
		git switch -q -c other behind 2>/dev/null &&
		echo text >other &&
		test_commit_all other &&
		say git rebase -q feature &&
		said ": 1 pending" &&
		git switch -q feature 2>/dev/null &&
		edit migrations/0003_c.sql &&
		git migrate seal -q &&
		say git commit -q -a --amend --no-edit &&
		said ": 1 pending" &&
		git switch -q main 2>/dev/null &&
		git clone -q ../drift.git ../drift2 &&
		git push -q origin feature:main &&
		cd ../drift2 &&
		git migrate hooks install -q &&
		git config migrate.url sqlite:app.db &&
		git migrate apply -q &&
		say git pull -q &&
		said ": 1 pending"
	)
'

test_expect_success 'with autoSync the database follows the branch' '
	setup follow &&
	(
		cd follow &&
		git config migrate.autoSync apply &&
		git migrate apply -q &&
		git switch -q -c feature &&
		make_table 0003_c c &&
		git migrate seal -q &&
		test_commit_all c &&
		say git switch -q main &&
		nothing_said &&
		say git switch -q feature &&
		said "^applied 0003_c" &&
		test_tables a b c &&
		say git switch -q main &&
		said "^note: .*: 1 missing" &&
		test_tables a b c &&
		git config migrate.autoSync full &&
		git switch -q feature &&
		say git switch -q main &&
		said "^undo .0003_c.: it is not in the tree" &&
		said "^rolled back 0003_c" &&
		test_tables a b &&
		say git switch -q --detach feature &&
		said "^note: .*: 1 pending" &&
		test_tables a b &&
		git switch -q main &&
		say git merge -q feature &&
		said "^applied 0003_c" &&
		test_tables a b c &&
		git config migrate.autoSync nonsense &&
		say git reset -q --hard HEAD~1 &&
		say git switch -q feature &&
		said "^note: .*migrate.autoSync is" &&
		git status --porcelain >../out &&
		test_must_be_empty ../out
	)
'

test_expect_success 'a database that is locked is left for sync' '
	(
		cd follow && git config migrate.autoSync full &&
		git switch -q main 2>/dev/null && test_tables a b &&
		mkfifo ../gate &&
		{
			{ echo "BEGIN EXCLUSIVE;" && cat ../gate; } |
				sq -cmd ".timeout 600000" app.db & shell=$!
		} &&
		exec 8>../gate &&
		wait_until test_must_fail sq app.db \
			"SELECT 1 FROM sqlite_schema" &&
		say git -c migrate.lockTimeout=0.1 switch -q feature &&
		exec 8>&- && wait "$shell" &&
		said "app.db. is locked" &&
		said "^hint: let it end first, then: git migrate sync" &&
		git migrate sync
	)
'

test_expect_success 'autoSync of a project, or on a protected target, is none' '
	setup strange &&
	(
		cd strange &&
		git config -f .gitmigrate migrate.autoSync full &&
		git migrate apply -q &&
		test_commit_all config &&
		git switch -q -c feature &&
		make_table 0003_c c &&
		git migrate seal -q &&
		test_commit_all c &&
		git switch -q main &&
		say git switch -q feature &&
		said "^note: .*: 1 pending" &&
		test_tables a b
	)
'

test_expect_success 'a database that is far away, or not there, is let be' '
	setup far &&
	(
		cd far &&
		git switch -q -c feature &&
		make_table 0003_c c &&
		git migrate seal -q &&
		test_commit_all c &&
		for url in postgres://192.0.2.1/db mysql://192.0.2.1/db
		do
			git config migrate.url $url &&
			say git switch -q main &&
			nothing_said &&
			say git switch -q feature &&
			nothing_said || return 1
		done &&
		git config migrate.url sqlite:no/such/app.db &&
		say git switch -q main &&
		test_path_is_missing no &&
		git config migrate.url "postgres://127.0.0.1:1/db" &&
		say git switch -q feature &&
		said "^note: how far the database is off" &&
		git config migrate.url nonsense &&
		say git switch -q main &&
		said "^note: how far the database is off"
	)
'

test_expect_success 'in a linked worktree the index is the one of its own' '
	setup trees &&
	(
		cd trees &&
		git worktree add -q -b linked ../linked &&
		cd ../linked &&
		edit migrations/0001_a.sql &&
		test_expect_code 1 say git commit -q -a -m edit &&
		said published-edited &&
		cd ../trees &&
		make_table 0003_c c &&
		git migrate seal -q &&
		git add . &&
		say git commit -q -m c &&
		nothing_said
	)
'

test_expect_success 'in a submodule it is the submodule that is judged' '
	setup inner &&
	git init -q outer &&
	(
		cd outer &&
		git -c protocol.file.allow=always submodule --quiet add \
			../inner.git inner &&
		git commit -q -m sub &&
		cd inner &&
		git migrate hooks install -q &&
		edit migrations/0001_a.sql &&
		test_expect_code 1 say git commit -q -a -m edit &&
		said published-edited &&
		cd .. &&
		say git -C inner commit -q --allow-empty -m empty &&
		nothing_said
	)
'

test_expect_success 'a hook of husky that calls it judges, too' '
	setup husky &&
	(
		cd husky &&
		git migrate hooks uninstall -q &&
		mkdir .husky &&
		git config core.hooksPath .husky &&
		{ git migrate hooks install 2>/dev/null || :; } |
		sed -n "s/^	//p" >lines &&
		for hook in pre-commit pre-push
		do
			{
				echo "#!/bin/sh"
				grep " $hook " lines
				echo "echo after"
			} >.husky/$hook &&
			chmod +x .husky/$hook || return 1
		done &&
		edit migrations/0001_a.sql &&
		test_expect_code 1 say git commit -q -a -m edit &&
		said published-edited &&
		said ! "^after" &&
		git commit -q --no-verify -a -m edit &&
		test_expect_code 1 say git push -q origin main &&
		said published-edited &&
		git reset -q --hard HEAD~1 &&
		say git commit -q --allow-empty -m empty &&
		said "^after" &&
		edit migrations/0001_a.sql &&
		PATH=/usr/bin:/bin say git commit -q -a -m without &&
		said "^warning: git-migrate isn.t installed" &&
		said "^after"
	)
'

test_expect_success 'names that a shell would act on are only names' '
	dir="mig rations \$(touch pwned);'\''q" &&
	branch="b\$(touch\${IFS}pwned);'\''x" &&
	git init -q --bare odd.git &&
	test_project odd &&
	(
		cd odd &&
		git config -f .gitmigrate migrate.dir "$dir" &&
		MIGRATIONS=$dir &&
		make_table 1_a a &&
		git migrate seal -q &&
		git remote add origin ../odd.git &&
		test_commit_all one &&
		git migrate hooks install -q &&
		git switch -q -c "$branch" &&
		say git push -q origin HEAD &&
		nothing_said &&
		git push -q origin HEAD:main &&
		git migrate apply -q &&
		edit "$dir/1_a.sql" &&
		test_expect_code 1 say git commit -q -a -m edit &&
		git commit -q --no-verify -a -m edit &&
		test_expect_code 1 say git push -q origin HEAD &&
		said -F "error: refs/heads/$branch: 1 error" &&
		say git switch -q main &&
		said ! "^note" &&
		git ls-files -o --exclude-standard >../out &&
		test_must_be_empty ../out
	)
'

test_expect_success 'git migrate hook by hand: a bad input, a bad call' '
	(
		cd plain &&
		echo nonsense | test_expect_code 128 say git migrate hook \
			pre-push origin x &&
		said "^fatal: the hook.s input is not what git writes" &&
		test_expect_code 128 say git migrate hook update &&
		say git migrate hook pre-push </dev/null &&
		nothing_said &&
		say git migrate hook post-checkout &&
		nothing_said
	)
'

test_done
