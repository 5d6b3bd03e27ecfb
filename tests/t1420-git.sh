#!/bin/sh
test_description='git as it is met: hooks, worktrees, bare, detached, unborn'
. "${0%/*}/test-lib.sh"

test_expect_success 'setup' '
	test_project app --numbering sequence &&
	(
		cd app &&
		make_table 0001_a a &&
		git migrate seal -q &&
		test_commit_all one &&
		make_table 0002_b b 0001_a &&
		git migrate seal -q &&
		test_commit_all two
	)
'

test_expect_success 'from a subdirectory everything is as from the top' '
	(
		cd app &&
		git migrate status >../expect &&
		mkdir -p src/deep &&
		cd src/deep &&
		git migrate status >../../../actual &&
		test_cmp ../../../expect ../../../actual &&
		git migrate check -q &&
		git migrate apply -q &&
		test_path_is_missing app.db &&
		test_path_exists ../../app.db &&
		git migrate status --exit-code &&
		cd ../.. &&
		git migrate rollback -q --all &&
		git -C src migrate status >../actual &&
		git-migrate -C src/deep status >../actual2 &&
		test_cmp ../actual ../actual2
	)
'

test_expect_success 'a worktree has its own files and its own database' '
	(
		cd app &&
		git worktree add -q ../tree HEAD~1 &&
		cd ../tree &&
		git migrate apply -q &&
		test_tables a &&
		git migrate status --exit-code &&
		git migrate log --json >out.json &&
		json "map { @{\$_}{qw(branch commit)} }
			@{\$j->{migrations}}" <out.json >actual &&
		{ echo null && git rev-parse HEAD; } >expect &&
		test_cmp expect actual
	)
'

test_expect_success 'HEAD may be detached' '
	(
		cd app &&
		git checkout -q --detach &&
		git migrate apply -q &&
		git migrate log >out &&
		test_grep "^Commit:  [0-9a-f]\{12\}\$" out &&
		git migrate check -q &&
		git checkout -q main &&
		git migrate rollback -q --all
	)
'

test_expect_success 'the branch may be unborn' '
	test_project unborn --numbering sequence &&
	(
		cd unborn &&
		make_table 0001_a a &&
		git migrate check &&
		git migrate apply -q &&
		git migrate status --exit-code &&
		git migrate log >out &&
		test_grep ! "^Commit" out &&
		git migrate show a >out &&
		sed -i "s/id/ident/" migrations/0001_a.sql &&
		test_expect_code 1 git migrate apply 2>err &&
		test_grep "was edited" err &&
		git migrate restore a &&
		git migrate rollback -q &&
		git migrate seal --staged >out
	)
'

test_expect_success 'a bare repository is read at HEAD' '
	git clone -q --bare app bare.git &&
	(
		cd bare.git &&
		url="sqlite:$TRASH/work/bare.db" &&
		git migrate check -q &&
		git migrate status --url "$url" --porcelain >out &&
		test_line_count = 2 out &&
		git migrate apply -q --url "$url" &&
		DATABASE="$TRASH/work/bare.db" test_tables a b &&
		git migrate status --url "$url" --exit-code &&
		test_expect_code 128 git migrate new x 2>err &&
		test_grep "bare repository" err &&
		test_expect_code 128 git migrate seal 2>err &&
		test_grep "bare repository" err
	)
'

test_expect_success 'in a bare repository --dir names a directory' '
	make_table 1_x x &&
	git -C bare.git migrate status --dir ../migrations \
		--url sqlite:x.db --porcelain >out &&
	test_grep "1_x" out
'

test_expect_success '--dir needs no repository' '
	mkdir nothing &&
	(
		cd nothing &&
		cp -R ../migrations steps &&
		git migrate apply -q --dir steps --url sqlite:x.db &&
		git migrate status --dir steps --url sqlite:x.db --exit-code &&
		git migrate status --dir ../migrations --url sqlite:x.db \
			--exit-code &&
		git migrate status --dir "$PWD/steps" --url sqlite:x.db \
			--exit-code &&
		git migrate check --dir steps 2>err &&
		test_grep "^note: not in a git repository" err &&
		git migrate new --dir steps more >path &&
		test_path_exists "$(cat path)" &&
		git migrate rollback -q --dir steps --url sqlite:x.db &&
		test_expect_code 128 git migrate status --dir none \
			--url sqlite:x.db 2>err &&
		test_grep none err
	)
'

test_expect_success 'in a repository --dir may lie anywhere' '
	(
		cd app &&
		git migrate status --dir ../migrations --porcelain >out &&
		test_grep "1_x" out &&
		git migrate check --dir ../migrations >out &&
		test_grep "^1 migration" out
	)
'

# hook BODY: what runs when something is committed, with git'\''s variables.
hook() {
	mkdir -p .git/hooks &&
	{
		echo "#!/bin/sh" &&
		echo "set -e" &&
		cat
	} >.git/hooks/pre-commit &&
	chmod +x .git/hooks/pre-commit
}

test_expect_success 'a hook'\''s GIT_DIR and GIT_INDEX_FILE are right' '
	(
		cd app &&
		hook <<-\END &&
		test -n "$GIT_INDEX_FILE"
		git migrate check >"$TRASH/hook.check" 2>&1
		git migrate seal --staged >"$TRASH/hook.seal"
		git migrate status --porcelain >"$TRASH/hook.status"
		END
		make_table 0003_c c 0002_b &&
		git add migrations/0003_c.sql &&
		test_tick &&
		git commit -q -m three &&
		test_grep "^sealed migrations/0003_c.sql" "$TRASH/hook.seal" &&
		test_line_count = 3 "$TRASH/hook.status" &&
		git show HEAD:migrations/0003_c.sql >committed &&
		test_grep "migrate:checksum" committed
	)
'

test_expect_success 'commit -a and a partial commit have another index' '
	(
		cd app &&
		make_table 0004_d d 0003_c &&
		git add migrations/0004_d.sql &&
		echo more >>.gitignore &&
		test_tick &&
		git commit -q -m four migrations/0004_d.sql &&
		test_grep "^sealed migrations/0004_d.sql" "$TRASH/hook.seal" &&
		rm .git/hooks/pre-commit &&
		git add .
	)
'

test_expect_success 'a hook in a worktree finds the worktree' '
	(
		cd tree &&
		mkdir -p ../app/.git/hooks &&
		printf "%s\n" "#!/bin/sh" \
			"git migrate status --porcelain >\"$TRASH/hook.out\"" \
			>../app/.git/hooks/pre-commit &&
		chmod +x ../app/.git/hooks/pre-commit &&
		test_tick &&
		git commit -q --allow-empty -m "in the tree" &&
		rm ../app/.git/hooks/pre-commit &&
		cut -f 1,2 "$TRASH/hook.out" >actual &&
		printf "applied\t0001_a\n" >expect &&
		test_cmp expect actual
	)
'

test_expect_success 'GIT_WORK_TREE and GIT_DIR are followed' '
	(
		GIT_DIR="$PWD/app/.git" &&
		GIT_WORK_TREE="$PWD/app" &&
		export GIT_DIR GIT_WORK_TREE &&
		git migrate status --porcelain >actual &&
		git migrate check -q &&
		test_line_count = 4 actual &&
		cd app/src &&
		git migrate apply -q &&
		test_path_exists ../app.db
	) &&
	(
		cd app &&
		git migrate status --exit-code &&
		git migrate rollback -q --all
	)
'

test_expect_success 'GIT_INDEX_FILE is followed' '
	(
		cd app &&
		make_table 0005_e e 0004_d &&
		cp .git/index other-index &&
		GIT_INDEX_FILE="$PWD/other-index" \
			git add migrations/0005_e.sql &&
		GIT_INDEX_FILE="$PWD/other-index" \
			git migrate seal --staged >out &&
		test_grep "^sealed migrations/0005_e.sql" out &&
		git ls-files migrations >files &&
		test_grep ! 0005_e files &&
		GIT_INDEX_FILE="$PWD/other-index" \
			git show :migrations/0005_e.sql >staged &&
		test_cmp migrations/0005_e.sql staged &&
		rm other-index migrations/0005_e.sql
	)
'

test_expect_success 'in the middle of a merge and of a rebase it works' '
	(
		cd app &&
		git switch -q -c left &&
		make_table 0005_l l 0004_d && echo left >conflict &&
		test_commit_all left &&
		git switch -q -c right main &&
		make_table 0005_r r 0004_d && echo right >conflict &&
		test_commit_all right &&
		test_must_fail git merge -q left -m merge &&
		git migrate status --porcelain >"$TRASH/out" &&
		test_line_count = 6 "$TRASH/out" &&
		test_expect_code 1 git migrate check >"$TRASH/out" &&
		test_grep duplicate-number "$TRASH/out" &&
		git merge --abort &&
		test_must_fail git rebase -q left &&
		git migrate status --porcelain >"$TRASH/out" &&
		test_line_count = 6 "$TRASH/out" &&
		git rebase --abort &&
		git switch -q main
	)
'

test_expect_success 'a SHA-256 repository works, or is refused in a sentence' '
	git init -q --object-format=sha256 sha256 &&
	(
		cd sha256 &&
		if git migrate init --url sqlite:app.db >out 2>err
		then
			make_table 0001_a a &&
			test_commit_all one &&
			git migrate check &&
			git migrate apply &&
			git migrate status --exit-code &&
			git migrate show 1 >out &&
			git migrate log --json >log &&
			json "\$j->{migrations}[0]{commit}" <log >actual &&
			git rev-parse HEAD >expect &&
			test_cmp expect actual
		else
			test_grep "SHA-256" err
		fi
	)
'

test_expect_success 'a submodule is a project of its own' '
	git init -q super &&
	(
		cd super &&
		git -c protocol.file.allow=always submodule --quiet add \
			"$TRASH/work/app" sub &&
		cd sub &&
		git migrate check -q &&
		git migrate apply -q &&
		test_path_exists app.db &&
		git migrate status --exit-code
	)
'

test_expect_success '--dir below the top is meant from here' '
	git init -q inside &&
	(
		cd inside &&
		mkdir -p src/deep &&
		MIGRATIONS=src/steps make_table 1_x x &&
		for dir in src/steps ./src//steps "$PWD/src/steps"
		do
			git migrate status --dir "$dir" --url sqlite:x.db \
				--porcelain >out || exit 1
			test_grep "1_x" out || exit 1
			git migrate check --dir "$dir" >out || exit 1
			test_grep "^1 migration" out || exit 1
		done &&
		cd src/deep &&
		git migrate apply -q --dir ../steps --url sqlite:x.db &&
		git migrate status --exit-code --dir ../steps \
			--url sqlite:x.db &&
		git migrate new --dir ../steps more >path &&
		test_path_exists "$(cat path)" &&
		test_expect_code 128 git migrate check --dir ../none 2>err &&
		test_grep none err
	)
'

test_done
