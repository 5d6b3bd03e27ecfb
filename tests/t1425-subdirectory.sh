#!/bin/sh
test_description='what is to be typed is right where the user stands'
. "${0%/*}/test-lib.sh"

# typed COMMAND FILE [REST]: what a hint says, from the command on and
# as far as REST, is run here.
typed() {
	hint=$(sed -n "s/^.*\($1.*\)/\1/p" "$2" | head -n 1) &&
	test -n "$hint" &&
	eval "${hint%%"${3:-#}"*}"
}

# stand NAME DIR: a clone with two published migrations, in the directory.
stand() {
	rm -rf "$1" "$1.git" &&
	test_published "$1" &&
	cd "$1" &&
	git switch -q -c work &&
	mkdir -p "$2" &&
	cd "$2" || return
}

edit() {
	sed -i "s/(id INTEGER)/(ident INTEGER)/" \
		"$(git rev-parse --show-toplevel)/migrations/$1.sql"
}

for dir in . src/deep "a dir/src" migrations migrations/old
do
	test_expect_success "git restore in '$dir', check" '
		(
			stand app "$dir" &&
			edit 0002_b &&
			test_expect_code 1 git migrate check >"$TRASH/out" &&
			typed "git restore --source" "$TRASH/out" ", and" &&
			git migrate check &&
			git rm -q ":/migrations/0002_b.sql" &&
			test_expect_code 1 git migrate check >"$TRASH/out" &&
			typed "git restore --source" "$TRASH/out" ", and" &&
			git migrate check
		)
	'

	test_expect_success "git restore in '$dir', apply" '
		(
			stand app "$dir" &&
			edit 0002_b &&
			test_expect_code 1 git migrate apply 2>"$TRASH/err" &&
			typed "git restore" "$TRASH/err" ", and" &&
			git migrate apply -q
		)
	'

	test_expect_success "git add in '$dir'" '
		(
			stand app "$dir" &&
			top=$(git rev-parse --show-toplevel) &&
			(cd "$top" && make_table 0003_c c 0002_b) &&
			test_expect_code 1 git migrate rebase \
				2>"$TRASH/err" &&
			typed "git add" "$TRASH/err" " and git commit" &&
			echo "-- more" >>"$top/migrations/0003_c.sql" &&
			test_expect_code 1 git migrate seal --staged \
				2>"$TRASH/err" &&
			typed "git add" "$TRASH/err" ", or" &&
			git migrate seal -q --staged &&
			git commit -q -m c &&
			git migrate rebase
		)
	'

	test_expect_success "git log in '$dir'" '
		(
			stand app "$dir" &&
			(cd "$(git rev-parse --show-toplevel)" &&
				make_table 0003_countries c 0002_b &&
				make_table 0004_d d 0003_countries &&
				test_commit_all more &&
				git rm -q migrations/0003_countries.sql) &&
			test_expect_code 1 git migrate check >"$TRASH/out" &&
			typed "git log --all" "$TRASH/out" " finds it" \
				>"$TRASH/log" &&
			test_grep more "$TRASH/log"
		)
	'
done

test_expect_success 'git checkout and git show, in a merge' '
	(
		stand app src/deep &&
		(
			cd ../.. &&
			make_table 0003_x c 0002_b &&
			git migrate seal -q && test_commit_all ours &&
			git switch -q main && make_table 0003_x z 0002_b &&
			git migrate seal -q && test_commit_all theirs &&
			git push -q origin main && git switch -q work &&
			test_must_fail git merge main >../out 2>&1 &&
			mkdir -p src/deep
		) &&
		test_expect_code 1 git migrate rebase 2>"$TRASH/err" &&
		typed "git show" "$TRASH/err" ">" >"$TRASH/mine" &&
		typed "git checkout" "$TRASH/err" &&
		mv "$TRASH/mine" ../../migrations/0009_x.sql &&
		git add ../../migrations &&
		git migrate rebase -q &&
		git commit -q -m merged &&
		git migrate check
	)
'

test_expect_success 'git sparse-checkout' '
	(
		stand app src/deep &&
		cd ../.. &&
		make_table 0003_c c 0002_b &&
		echo >src/deep/file && test_commit_all ours &&
		git switch -q main && make_table 0003_z z 0002_b &&
		git migrate seal -q && test_commit_all theirs &&
		git push -q origin main && git switch -q work &&
		git merge -q --no-edit main &&
		git sparse-checkout set --cone src &&
		cd src/deep &&
		test_expect_code 128 git migrate rebase 2>"$TRASH/err" &&
		typed "git sparse-checkout" "$TRASH/err" &&
		git migrate rebase -q
	)
'

test_expect_success 'a hook speaks to the shell that git was called in' '
	(
		stand app src/deep &&
		git migrate hooks install -q &&
		edit 0002_b &&
		git migrate seal -q &&
		git add ../../migrations &&
		test_must_fail git commit -m edited 2>"$TRASH/err" &&
		test_grep "git restore --source=origin/main -- \
../../migrations/0002_b.sql" "$TRASH/err" &&
		typed "git restore" "$TRASH/err" ", and" &&
		git add ../../migrations &&
		git migrate check --staged
	)
'

test_done
