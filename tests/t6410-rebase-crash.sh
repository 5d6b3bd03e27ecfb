#!/bin/sh
test_description='a killed rebase is finished or taken back, whenever it died'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-kill.sh"

# Slow: also kills at random moments, and goes both ways from each call.
rounds=0
pairs="continue after-abort"
test -z "${GM_TEST_SLOW-}" || {
	rounds=100
	pairs="continue abort after-continue after-abort"
}

# kill_rebase CALL [after]: a rebase that dies there, or comes to its end.
kill_rebase() {
	# shellcheck disable=SC2086 # nothing is no word
	kill_at "$1" ${2-} git-migrate rebase -q
}

picture() {
	git ls-files -s &&
	git status --porcelain --untracked-files=all --ignored &&
	find . -path ./.git -prune -o -type f \
		-exec stat -c "%n %a" {} + -exec cksum {} + | sort
}

is() {
	picture >"$TRASH/now" &&
	test_cmp "$TRASH/$1" "$TRASH/now"
}

fresh() {
	rm -rf copy && cp -a app copy && cd copy &&
	git update-index -q --refresh
}

# begun: a rebase that died when everything was written and nothing staged.
begun() {
	if test -z "${stage_call-}"
	then
		stage_call=1
		until kill_rebase "$stage_call"; test -e .git/migrate/rebase
		do
			cd .. && fresh || return 1
			stage_call=$((stage_call + 1))
		done
	else
		kill_rebase "$stage_call"
		test -e .git/migrate/rebase
	fi
}

test_expect_success 'setup' '
	git init -q --bare app.git &&
	test_project app --numbering sequence &&
	(
		cd app &&
		make_table 0001_a a none &&
		git migrate seal -q &&
		test_commit_all one &&
		git remote add origin ../app.git &&
		git push -q origin main &&
		git switch -q -c work &&
		make_table 0002_x b 0001_a &&
		make_table 0003_x c 0002_x &&
		make_table 0004_y d 0003_x &&
		git migrate seal -q &&
		test_commit_all ours &&
		git switch -q main &&
		make_table 0002_z z 0001_a &&
		git migrate seal -q &&
		test_commit_all theirs &&
		git push -q origin main &&
		git switch -q work &&
		git rebase -q origin/main &&
		picture >"$TRASH/before"
	) &&
	(
		fresh &&
		git migrate rebase -q &&
		picture >"$TRASH/after" &&
		! test_cmp "$TRASH/before" "$TRASH/after" >/dev/null
	) &&
	fresh && begun && cd ..
'

# What is there is as before, as after, or says how to go on; both ways work.
# The argument says which way this time.
judge() {
	if test ! -e .git/migrate/rebase
	then
		is before || is after
		return
	fi
	half=$((half + 1)) &&
	test_expect_code 1 git migrate rebase 2>"$TRASH/err" &&
	test_grep "^hint: git migrate rebase --continue" "$TRASH/err" &&
	test_grep "^hint: git migrate rebase --abort" "$TRASH/err" &&
	rm -f .git/index.lock &&
	if test "$1" = continue
	then
		git migrate rebase -q --continue && is after
	else
		git migrate rebase -q --abort && is before
	fi &&
	test_path_is_missing .git/migrate/rebase
}

export pairs
test_expect_success 'killed at each call of git, before it and after' '
	(
	half=0 &&
	for pair in $pairs
	do
		way=${pair#after-}
		after=${pair%-*}
		test "$after" = after || after=
		call=1
		status=137
		while test "$status" = 137
		do
			cd "$TRASH/work" && fresh || exit 1
			kill_rebase "$call" $after
			status=$?
			judge "$way" || exit 1
			call=$((call + 1))
		done
		test "$status" = 0 && test "$call" -gt 8 || exit 1
	done &&
	test "$half" -ge 2
	)
'

test_expect_success 'whichever files were written and which not' '
	(
		fresh &&
		git migrate rebase -q &&
		cp -R migrations "$TRASH/new"
	) &&
	(
	half=0 &&
	files="0002_x 0003_x 0004_x 0004_y 0005_y" &&
	for mix in 0 2 3
	do
		for way in continue abort
		do
			cd "$TRASH/work" && fresh || exit 1
			begun || exit 1
			n=0
			for file in $files
			do
				n=$((n + 1))
				from="$TRASH/new"
				test "$n" -le "$mix" || from=../app/migrations
				rm -f "migrations/$file.sql"
				cp -a "$from/$file.sql" migrations 2>/dev/null
			done
			echo torn >migrations/.0003_x.sql.new
			judge "$way" || exit 1
		done
	done
	)
'

test_expect_success 'what somebody changed since is not overwritten' '
	(
		fresh && begun &&
		echo "-- precious" >>migrations/0003_x.sql &&
		for way in continue abort
		do
			test_expect_code 1 git migrate rebase --$way \
				2>"$TRASH/err" &&
			test_grep "0003_x.sql. was changed since" \
				"$TRASH/err" &&
			test_grep "precious" migrations/0003_x.sql || exit 1
		done &&
		git migrate rebase --quit >out &&
		test_grep precious migrations/0003_x.sql &&
		test_expect_code 128 git migrate rebase --abort 2>err &&
		test_grep "there is no rebase under way" err
	)
'

test_expect_success 'on another commit it is neither finished nor taken back' '
	(
		fresh && begun &&
		git stash -q -u && git switch -q --detach origin/main &&
		test_expect_code 1 git migrate rebase --continue 2>err &&
		test_grep "HEAD has moved" err &&
		test_expect_code 1 git migrate rebase --abort 2>err
	)
'

test_expect_success 'where the index can not be written all is put back' '
	(
		fresh &&
		: >.git/index.lock &&
		test_expect_code 128 git migrate rebase 2>"$TRASH/err" &&
		test_grep "index.lock" "$TRASH/err" &&
		rm .git/index.lock &&
		test_path_is_missing .git/migrate/rebase &&
		is before &&
		git migrate rebase -q && is after
	)
'

test_expect_success 'what was killed before it began is cleared away' '
	(
		fresh &&
		mkdir -p .git/migrate &&
		: >.git/migrate/rebase.a1B2c3 &&
		: >.git/migrate/rebase.x9Y8z7 &&
		touch -d "1 hour ago" .git/migrate/rebase.a1B2c3 &&
		git migrate rebase -q && is after &&
		test_path_is_missing .git/migrate/rebase.a1B2c3 &&
		test_path_exists .git/migrate/rebase.x9Y8z7 &&
		touch -d "1 hour ago" .git/migrate/rebase.x9Y8z7 &&
		rm -f .git/migrate/conflicts &&
		git migrate conflicts --all --refs "**" >out ||
		test $? = 1 &&
		test_path_exists .git/migrate/conflicts &&
		test_path_is_missing .git/migrate/rebase.x9Y8z7
	)
'

test_expect_success 'continue and abort go alone, and need something begun' '
	(
		fresh &&
		test_expect_code 128 git migrate rebase --continue 2>err &&
		test_grep "no rebase under way" err &&
		test_expect_code 129 git migrate rebase --continue --abort \
			2>err &&
		test_expect_code 129 git migrate rebase --abort main 2>err
	)
'

test_expect_success "killed $rounds times at random moments" '
	(
	half=0 && round=0 &&
	while test "$round" -lt "$rounds"
	do
		round=$((round + 1))
		cd "$TRASH/work" && fresh || exit 1
		git-migrate rebase -q >/dev/null 2>&1 &
		pid=$!
		sleep "0.0$(printf "%02d" $((round * 7 % 60)))"
		kill -9 "$pid" 2>/dev/null
		wait "$pid"
		sleep 0.05
		way=abort
		test $((round % 2)) = 0 || way=continue
		judge "$way" || exit 1
	done
	)
'

test_done
