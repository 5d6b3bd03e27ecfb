#!/bin/sh
test_description='a hostile repository runs nothing and writes nowhere else'
. "${0%/*}/test-lib.sh"

test_require sqlite3

# Sizes that are slow to make are smaller by default, and above the limits all
# the same.
megabytes=257
entries=100001
if test -n "${GM_TEST_SLOW-}"
then
	megabytes=1024
	entries=1000000
fi
export megabytes entries

# commands that read or write the migrations of the work tree
commands="status|check|log|new users|seal|apply|plan|rollback|sync|merge --join
	rebase|restore 1_a|fake --all|hooks status"
export commands

# each FUNCTION: calls it with each of the commands.
each() {
	echo "$commands" | tr "|\t" "\n " >"$TRASH/commands" &&
	while read -r command
	do
		"$1" "$command" || return 1
	done <"$TRASH/commands"
}

leads_out() {
	case $1 in
	hooks*) return ;;
	esac
	# Word splitting is wanted.
	# shellcheck disable=SC2086
	test_expect_code 128 git migrate $1 2>err &&
	test_grep "^fatal: .* leads out of the work tree" err
}

test_expect_success 'a directory that is a link leads nowhere' '
	mkdir outside &&
	test_project link &&
	(
		cd link &&
		rmdir migrations &&
		ln -s ../outside migrations &&
		each leads_out &&
		rm migrations &&
		ln -s ../outside up &&
		for dir in up up/there up/not/there
		do
			git config -f .gitmigrate migrate.dir $dir &&
			each leads_out || return 1
		done
	) &&
	find outside >found &&
	test_line_count = 1 found
'

test_expect_success 'a directory that is a link within is none to git' '
	test_project within &&
	(
		cd within &&
		mkdir -p db/real && rmdir migrations &&
		ln -s db/real migrations &&
		make_table 0001_a a nobody_1 &&
		git migrate hooks install -q &&
		for command in status check apply "new b" rebase seal
		do
			# Word splitting is wanted.
			# shellcheck disable=SC2086
			test_expect_code 128 git migrate $command 2>err &&
			test_grep "^fatal: .migrations. is not a directory, \
but leads to .db/real.$" err &&
			test_grep "hint: .*set migrate.dir" err || return 1
		done &&
		git add -A &&
		test_expect_code 128 git migrate check --staged 2>err &&
		test_grep ".migrations. is not a directory in the index" err &&
		test_grep "hint: .*set migrate.dir" err &&
		test_must_fail git commit -q -m link 2>err &&
		test_grep "is not a directory in the index" err &&
		git commit -q --no-verify -m link &&
		test_expect_code 128 git migrate check HEAD 2>err &&
		test_grep "is not a directory in commit" err &&
		test_grep "hint: .*set migrate.dir" err
	)
'

test_expect_success 'a setting that leads out of the top is refused' '
	test_project settings &&
	(
		cd settings &&
		for dir in ../outside /tmp a/../../outside .git .git/hooks \
			a/.GIT/hooks
		do
			git config -f .gitmigrate migrate.dir "$dir" &&
			test_expect_code 128 git migrate new x 2>err &&
			test_grep "is not below the work tree.s top" err ||
			return 1
		done &&
		git config -f .gitmigrate --unset migrate.dir &&
		for url in sqlite:../x.db sqlite:/tmp/x.db sqlite:.git/config \
			postgres://example.com/x
		do
			git config -f .gitmigrate migrate.url "$url" &&
			test_expect_code 1 git migrate status 2>err &&
			test_grep "^error: .gitmigrate names a database" err ||
			return 1
		done
	) &&
	find . -name x.db >found &&
	test_must_be_empty found
'

test_expect_success 'a .gitmigrate full of what a shell acts on runs nothing' '
	test_project values &&
	(
		cd values &&
		for key in migrate.url migrate.numbering migrate.heads \
			migrate.published migrate.table migrate.check.no-down \
			migrate-target.x.url "migrate-app.x;touch pwned.dir" \
			migrate.autoSync core.hooksPath core.fsmonitor \
			core.editor core.pager alias.migrate diff.external \
			include.path
		do
			git show :.gitmigrate >.gitmigrate 2>/dev/null;
			git config -f .gitmigrate "$key" \
				"\$(touch pwned);\`touch pwned\`|touch pwned" &&
			for command in status check apply hooks conflicts
			do
				git migrate $command >out 2>&1;
				test $? -lt 129 || return 1
			done
		done &&
		find . -name "pwned*" >found &&
		test_must_be_empty found
	)
'

test_expect_success 'a file name that a shell acts on is no migration' '
	test_project names &&
	(
		cd names &&
		make_table 1_a a &&
		for name in "2_\$(touch pwned)" "3_;touch pwned" "4_
x" "-5_x" "6_'\''\"" "7_$(printf "\033[31m")"
		do
			cp migrations/1_a.sql "migrations/$name.sql" || return 1
		done &&
		test_expect_code 1 git migrate check >out 2>&1 &&
		grep -c "\[bad-name\]" out >count &&
		echo 6 >expect &&
		test_cmp expect count &&
		test_grep ! "$(printf "\033")" out &&
		git migrate apply -q 2>err &&
		test_tables a &&
		test_path_is_missing pwned
	)
'

test_expect_success 'a record in the database leads to no other file' '
	test_project record &&
	(
		cd record &&
		make_table 1_a a &&
		git migrate apply -q &&
		rm migrations/1_a.sql &&
		mkdir migrations/1_a &&
		for id in "1_a/../../../pwned" "../../pwned" "1_
x" "1_a\$(touch pwned)"
		do
			sq app.db "UPDATE git_migrate_history
				SET id = '\''$id'\''" &&
			rev=$(echo "$id" | sed "s|/.*||;q") &&
			test_must_fail git migrate restore "$rev" 2>err &&
			git migrate status >out 2>&1;
			test $? -lt 129 || return 1
		done
	) &&
	find . -name "pwned*" >found &&
	test_must_be_empty found &&
	find record/migrations -type f >found &&
	test_must_be_empty found
'

test_expect_success 'a record in the database prints no line of its own' '
	test_project lines &&
	(
		cd lines &&
		make_table 1_a a &&
		git migrate apply -q &&
		evil=$(printf "1_a\nerror: \033[2Jpwned") &&
		sq app.db "UPDATE git_migrate_history SET id = '\''$evil'\'',
			branch = '\''$evil'\'', applied_at = '\''$evil'\'',
			applied_by = '\''$evil'\'',
			commit_id = '\''$evil'\'',
			checksum = '\''xxh3:$evil'\'',
			tool_version = '\''$evil'\''" &&
		for command in status "status --porcelain" "status --json" \
			log "log --graph" "log --json" "show 1_a" \
			"rollback 1_a" redo "plan --rollback" "sync -n" \
			"restore 1_a" "accept 1_a" "check --database" apply
		do
			# shellcheck disable=SC2086
			git migrate $command >out 2>&1;
			test $? -le 129 &&
			test_grep ! "^error: .*pwned" out &&
			test_grep ! "$(printf "\033")" out || return 1
		done
	)
'

test_expect_success 'a file that is too large is named, and not read' '
	test_project large &&
	(
		cd large &&
		make_table 1_a a &&
		git migrate seal -q &&
		test_commit_all a &&
		git migrate apply -q &&
		truncate -s 1G migrations/2_b.sql &&
		for command in "apply" "plan" "seal" "sync"
		do
			test_expect_code 128 git migrate $command 2>err &&
			test_grep "2_b.sql: is larger than 256 MiB" err ||
			return 1
		done &&
		test_expect_code 1 git migrate check >out &&
		test_grep "2_b.sql: error: is larger .*bad-file" out &&
		test_tables a
	)
'

test_expect_success 'so is a blob, in the index, a commit and a push' '
	git init -q --bare large.git &&
	git -C large.git migrate hooks install -q &&
	(
		cd large &&
		rm migrations/2_b.sql &&
		blob=$(head -c ${megabytes}M /dev/zero |
			git -c core.compression=1 hash-object -w --stdin) &&
		git update-index --add \
			--cacheinfo 100644,$blob,migrations/2_b.sql &&
		test_expect_code 1 git migrate check --staged >out 2>err &&
		test_grep "2_b.sql: error: is larger .*bad-file" out &&
		git migrate hooks install -q &&
		test_expect_code 1 git commit -q -m large 2>err &&
		test_grep "2_b.sql: error: is larger" err &&
		git commit -q --no-verify -m large &&
		test_expect_code 128 git migrate apply --at HEAD 2>err &&
		test_grep "2_b.sql: is larger than 256 MiB" err &&
		test_expect_code 1 git push -q ../large.git HEAD:main 2>err &&
		test_grep "2_b.sql: error: is larger" err &&
		test_expect_code 1 git push -q --no-verify ../large.git \
			HEAD:main 2>err &&
		test_grep "remote: .*2_b.sql: error: is larger" err &&
		git migrate conflicts HEAD~1 HEAD >out &&
		test_tables a
	)
'

test_expect_success 'a .gitmigrate that is too large is refused' '
	test_project settings2 &&
	(
		cd settings2 &&
		truncate -s 2M .gitmigrate &&
		test_expect_code 128 git migrate status 2>err &&
		test_grep "larger than 1 MiB" err &&
		git add -f .gitmigrate &&
		test_must_fail git migrate check --staged 2>err &&
		test_grep ".gitmigrate" err &&
		perl -e "print qq([migrate-app \"a\$_\"]\ndir = a\$_\n)
			for 1 .. 1001" >.gitmigrate &&
		test_expect_code 128 git migrate check 2>err &&
		test_grep "name 1001 apps" err
	)
'

test_expect_success 'a directory of too many migrations is refused' '
	git init -q --bare many.git &&
	git -C many.git migrate hooks install -q &&
	test_project many &&
	(
		cd many &&
		make_table 1_a a &&
		test_commit_all a &&
		blob=$(git rev-parse HEAD:migrations/1_a.sql) &&
		config=$(git rev-parse HEAD:.gitmigrate) &&
		tree=$(perl -e "
			printf qq(100644 blob \$ARGV[0]\t%07d_a.sql\n), \$_
				for 1 .. $entries" $blob |
			git mktree --missing) &&
		top=$(printf "100644 blob %s\t.gitmigrate\n040000 tree %s\t%s" \
			$config $tree migrations | git mktree --missing) &&
		commit=$(git commit-tree -m many $top) &&
		git branch many $commit &&
		for command in "apply --at many" "check --range HEAD..many" \
			"check --range many..HEAD" "sync many"
		do
			test_expect_code 128 git migrate $command 2>err &&
			test_grep "holds $entries migrations, and no more" \
				err || return 1
		done &&
		test_must_fail git push -q ../many.git many 2>err &&
		test_grep "remote: .*holds $entries migrations" err &&
		git read-tree many &&
		test_expect_code 128 git migrate check --staged 2>err &&
		test_grep "holds $entries migrations" err &&
		test_path_is_missing app.db
	)
'

test_expect_success 'what lies beside the migrations is not read' '
	test_project beside &&
	(
		cd beside &&
		make_table 1_a a &&
		test_commit_all a &&
		blob=$(git rev-parse HEAD:migrations/1_a.sql) &&
		config=$(git rev-parse HEAD:.gitmigrate) &&
		none=$(echo $blob | tr 0-9a-f 1-9a-f0) &&
		tree=$(printf "100644 blob %s\t%s\n" $blob 1_a.sql \
			$none other.txt | git mktree --missing) &&
		top=$(printf "100644 blob %s\t.gitmigrate\n040000 tree %s\t%s" \
			$config $tree migrations | git mktree --missing) &&
		git branch more $(git commit-tree -m more $top) &&
		git migrate sync more && git migrate apply --at more &&
		git migrate check --database more >out &&
		test_grep "^1 migration, 0 errors" out &&
		git read-tree more && git migrate check --database --staged
	)
'

# What each of these files makes deep or long.
test_expect_success 'SQL without an end ends in a verdict' '
	test_project deep &&
	(
		cd deep &&
		test_commit_all begin &&
		git branch base &&
		make_table 2_r r &&
		test_commit_all r &&
		git branch r &&
		set -- "(\"SELECT \" . \"(\" x 100000)" \
			"(\"WITH x AS (SELECT \" x 50000)" \
			"(\"CASE WHEN \" x 50000)" "(\"BEGIN \" x 50000)" \
			"(\"SELECT 1 FROM (\" x 50000)" "(\"/*\" x 100000)" &&
		for text
		do
			git checkout -q -B l base &&
			mkdir -p migrations &&
			perl -e "print qq(-- migrate:up\n), $text, qq(;\n)" \
				>migrations/1_l.sql &&
			test_commit_all l &&
			for url in sqlite:a.db postgres://localhost/x \
				mysql://localhost/x
			do
				git migrate conflicts --url $url l r >../out;
				test $? -le 1 || return 1
			done || return 1
		done
	)
'

test_expect_success 'what to type next can be typed, whatever is named so' '
	git init -q --bare typed.git &&
	test_project typed &&
	(
		cd typed &&
		dir="m \$(touch pwned);'\''" &&
		git config -f .gitmigrate migrate.dir "$dir" &&
		MIGRATIONS=$dir &&
		make_table 1_a a &&
		git migrate seal -q &&
		test_commit_all a &&
		git remote add origin ../typed.git &&
		git push -q origin main &&
		make_table 1_a other &&
		git migrate check >out;
		sed -n "s/^  \(git restore .*\), and .*/\1/p" out >line &&
		test_line_count = 1 line &&
		sh ./line &&
		git diff --exit-code &&
		test_path_is_missing pwned
	)
'

# nothing_typed COMMAND…: what its hints say to type runs nothing else.
nothing_typed() {
	rm -f pwned typed.out
	"$@" >typed.out 2>&1
	test_grep "touch" typed.out &&
	sed -n -e "s/ (or git.*//" -e "s/^hint: \(.*: \)*\(git .*\)/\2/p" \
		typed.out >typed.lines &&
	test_grep touch typed.lines &&
	{ sh ./typed.lines >/dev/null 2>&1 </dev/null || :; } &&
	test_path_is_missing pwned
}

test_expect_success 'a ref that a shell acts on is only a ref in a hint' '
	test_project refs &&
	(
		cd refs && name="origin/c;touch\${IFS}pwned" &&
		make_table 1_a a && git migrate seal -q && test_commit_all a &&
		git switch -q -c other && make_table 2_b b &&
		git migrate seal -q && test_commit_all b &&
		git update-ref "refs/remotes/$name" other &&
		git switch -q main && make_table 3_c c && test_commit_all c &&
		git config migrate.published "origin/*" &&
		nothing_typed git migrate rebase &&
		git rm -q migrations/1_a.sql && git commit -q -n -m gone &&
		nothing_typed git migrate rebase &&
		git reset -q --hard HEAD^ &&
		git update-ref "refs/remotes/$name" main &&
		git update-ref \
			"refs/remotes/origin/d;touch\${IFS}pwned" other &&
		nothing_typed git migrate rebase &&
		git config migrate-target.live.url sqlite:live.db &&
		git config migrate-target.live.requires "e;touch pwned/main" &&
		nothing_typed git migrate apply --target live &&
		git config "migrate-target.f;touch pwned.url" sqlite:f.db &&
		git config "migrate-target.f;touch pwned.protected" true &&
		nothing_typed git migrate drop-database --yes --url sqlite:f.db
	)
'

test_expect_success 'nor is one that begins with a dash an option' '
	(
		cd refs &&
		git for-each-ref --format="delete %(refname)" \
			refs/remotes | git update-ref --stdin &&
		git update-ref refs/heads/--all other &&
		git switch -q -C third other~1 &&
		git config migrate.published "refs/heads/--*" &&
		test_expect_code 1 git migrate rebase 2>err &&
		test_grep "hint: git rebase refs/heads/--all (or" err
	)
'

test_done
