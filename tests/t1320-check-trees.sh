#!/bin/sh
test_description='check: the index, a commit, a range, and forms for CI'
. "${0%/*}/test-lib.sh"

# Two sealed migrations, which are published as the branch "pub".
test_expect_success 'a project' '
	test_project app --numbering sequence &&
	(
		cd app &&
		printf "/out\n/err\n/expect\n/actual\n" >>.gitignore &&
		git config migrate.published refs/heads/pub &&
		make_table 0001_a a &&
		make_table 0002_b b &&
		git migrate seal -q &&
		test_commit_all two &&
		git branch pub
	)
'

in_copy() {
	rm -rf copy && cp -R app copy && cd copy || return
}

test_expect_success '--staged judges what the next commit would hold' '
	(
		in_copy &&
		make_table 0003_c c 0002_b &&
		git migrate check --staged >out &&
		test_grep "^2 migrations, 0 errors, 0 warnings" out &&
		git add migrations &&
		git migrate check --staged >out &&
		test_grep "^migrations/0003_c.sql: warn: .*\[unsealed\]" out &&
		git migrate seal -q &&
		git migrate check >out &&
		test_grep ! unsealed out &&
		git migrate check --staged >out &&
		test_grep unsealed out &&
		git add migrations &&
		git migrate check --staged >out &&
		test_grep "^3 migrations, 0 errors, 0 warnings" out
	)
'

test_expect_success '--staged: settings are the staged ones' '
	(
		in_copy &&
		git rm -q --cached migrations/0002_b.sql &&
		git migrate check &&
		test_expect_code 1 git migrate check --staged >out &&
		test_grep "\[published-deleted\]" out &&
		git config -f .gitmigrate migrate.check.published-deleted off &&
		test_expect_code 1 git migrate check --staged &&
		git add .gitmigrate &&
		git migrate check --staged &&
		ln -sf /etc/passwd .gitmigrate &&
		git migrate check --staged &&
		git add .gitmigrate &&
		test_expect_code 128 git migrate check --staged 2>err &&
		test_grep "^fatal: .*not a regular file in the index" err
	)
'

test_expect_success '--staged before the first commit' '
	test_project first &&
	(
		cd first &&
		make_table 0001_a a &&
		git migrate check --staged >out &&
		test_grep "^0 migrations" out &&
		git add . &&
		git migrate check --staged >out &&
		test_grep "^1 migration, 0 errors, 1 warning" out
	)
'

test_expect_success 'a commit is judged by its own settings' '
	(
		in_copy &&
		git rm -q migrations/0001_a.sql &&
		test_commit_all gone &&
		git config -f .gitmigrate migrate.dir nowhere &&
		test_commit_all nowhere &&
		test_expect_code 1 git migrate check HEAD~1 >out &&
		test_grep "migrations/0001_a.sql: error: .*gone" out &&
		test_grep "^1 migration, " out &&
		git migrate check HEAD~2 &&
		git migrate check pub &&
		git rm -q .gitmigrate &&
		git migrate check pub &&
		test_expect_code 128 git migrate check nowhere 2>err &&
		test_grep "^fatal: .nowhere. is not a commit" err
	)
'

test_expect_success '--base counts in place of what is published' '
	(
		in_copy &&
		git config migrate.published refs/heads/nothing &&
		make_table 0003_c c 0002_b &&
		git migrate seal -q &&
		test_commit_all three &&
		git branch three &&
		git rm -q migrations/0003_c.sql &&
		git migrate check 2>err &&
		test_grep "nothing is published" err &&
		git migrate check --base pub 2>err &&
		test_must_be_empty err &&
		test_expect_code 1 git migrate check --base three >out &&
		test_grep "git restore --source=three" out &&
		git migrate check --base three three &&
		test_expect_code 1 git migrate check --base HEAD --staged &&
		test_expect_code 128 git migrate check --base nothing 2>err &&
		test_grep "^fatal: .nothing. is not a commit" err
	)
'

test_expect_success '--range: two dots compare the two, three their base' '
	(
		in_copy &&
		git switch -q -c ours &&
		make_table 0003_ours ours 0002_b &&
		git migrate seal -q &&
		test_commit_all ours &&
		git switch -q -c theirs pub &&
		make_table 0004_theirs theirs 0002_b &&
		git migrate seal -q &&
		test_commit_all theirs &&
		git migrate check --range pub..theirs &&
		git migrate check --range ours...theirs &&
		test_expect_code 1 git migrate check --range ours..theirs \
			>out &&
		test_grep "the published .0003_ours. is gone" out &&
		test_expect_code 1 git migrate check --range ours.. >out2 &&
		test_cmp out out2 &&
		git migrate check --range ..theirs &&
		rm out2
	)
'

test_expect_success 'what excludes each other' '
	(
		in_copy &&
		for words in "--staged HEAD" "--staged --range a..b" \
			"--range a..b HEAD" "--range a" "a b" \
			"--range a..b --base c" "--format github --json" \
			"--format html"
		do
			# shellcheck disable=SC2086
			test_expect_code 129 git migrate check $words 2>err ||
				return 1
			test_grep "^usage: git migrate check" err || return 1
		done
	)
'

test_expect_success 'outside a repository there are only files' '
	mkdir -p "$TRASH/plain/migrations" &&
	(
		cd "$TRASH/plain" &&
		: >.gitmigrate &&
		make_table 0001_a a &&
		git migrate check &&
		test_expect_code 128 git migrate check --staged 2>err &&
		test_grep "^fatal: not in a git repository" err &&
		test_expect_code 128 git migrate check HEAD 2>err &&
		test_expect_code 128 git migrate check --base HEAD 2>err &&
		test_grep "^fatal: not in a git repository" err
	)
'

test_expect_success 'what sorts before what is published is a note' '
	(
		in_copy &&
		git switch -q -c theirs &&
		make_table 0005_theirs theirs 0002_b &&
		git migrate seal -q &&
		test_commit_all theirs &&
		git branch -f pub &&
		git switch -q main &&
		make_table 0003_ours ours 0002_b &&
		git migrate seal -q &&
		git migrate check >out &&
		test_grep "0003_ours.sql: note: sorts before \
.migrations/0005_theirs.sql. of .pub. \[out-of-order\]" out &&
		git -c migrate.check.out-of-order=warn migrate check >out &&
		test_grep "0003_ours.sql: warn: " out &&
		test_expect_code 1 git -c migrate.check.out-of-order=error \
			migrate check &&
		git -c migrate.check.out-of-order=off migrate check >out &&
		test_grep ! out-of-order out &&
		test_commit_all ours &&
		git merge -q theirs &&
		git migrate check >out &&
		test_grep out-of-order out &&
		sed -i "1s/.*/-- migrate:parent 0005_theirs/" \
			migrations/0003_ours.sql &&
		git migrate seal -q &&
		git migrate check >out &&
		test_grep ! out-of-order out
	)
'

test_expect_success 'annotations for GitHub are escaped' '
	(
		in_copy &&
		sed -i "s/TABLE b (id/TABLE b (ident/" migrations/0002_b.sql &&
		cp migrations/0001_a.sql "migrations/50%, a:b.sql" &&
		printf "SELECT 1;\n" >"migrations/a
b.sql" &&
		test_expect_code 1 git migrate check --format=github >out &&
		sed "s/,title=/\n&/
			s/::[^e]/\n&/
			s/%0A[rg]/\n&/
			s/move it out.*/move it/
			s/, and put.*//" out >actual &&
		cat >expect <<-\END &&
		::error file=migrations/0002_b.sql
		,title=git-migrate published-edited
		::the published up of '\''0002_b'\'' was changed
		%0Agit restore --source=pub -- migrations/0002_b.sql
		::error file=migrations/50%25%2C a%3Ab.sql
		,title=git-migrate bad-name
		::'\''50%25, a:b.sql'\'' is no name of a migration
		%0Arename it to NUMBER_SLUG.sql, or move it
		::error file=migrations/a%0Ab.sql
		,title=git-migrate bad-name
		::'\''a\x0ab.sql'\'' is no name of a migration
		%0Arename it to NUMBER_SLUG.sql, or move it
		2 migrations, 3 errors, 0 warnings
		END
		test_cmp expect actual &&
		git migrate seal -q 2>err
		echo "-- migrate:bogus" >migrations/0003_c.sql &&
		test_expect_code 1 git migrate check --format github >out &&
		test_grep "^::error file=migrations/0003_c.sql,line=1,title=" \
			out &&
		git config migrate.published nothing &&
		git -c migrate.check.bad-name=warn migrate check \
			--format=github >out
		test_grep "^::warning file=" out &&
		test_grep "^::notice title=git-migrate::nothing is" out
	)
'

test_expect_success 'a report for GitLab, whose fingerprints last' '
	(
		in_copy &&
		sed -i "s/TABLE b (id/TABLE b (ident/" migrations/0002_b.sql &&
		make_migration 0003_c "SELECT 1;" "" 0002_b &&
		git config migrate.check.published-edited off &&
		test_expect_code 1 git migrate check --format=gitlab >out &&
		json "map { my \$p = \$_->{location};
			qq(\$_->{severity} \$_->{check_name} ) .
			qq(\$p->{path}:\$p->{lines}{begin}) } @\$j" \
			<out >actual &&
		cat >expect <<-\END &&
		critical stale-checksum migrations/0002_b.sql:2
		minor unsealed migrations/0003_c.sql:1
		minor no-down migrations/0003_c.sql:1
		END
		test_cmp expect actual &&
		json "map { \$_->{fingerprint} } @\$j" <out >expect &&
		sort -u expect >actual &&
		test_line_count = 3 actual &&
		sed -i "1i -- a comment" migrations/0002_b.sql &&
		test_expect_code 1 git migrate check --format=gitlab >out &&
		json "map { \$_->{fingerprint} } @\$j" <out >actual &&
		test_cmp expect actual &&
		json "\$j->[0]{location}{lines}{begin}, \
			\$j->[0]{description}" <out >actual &&
		cat >expect <<-\END &&
		3
		was edited after it was sealed: git migrate seal 0002_b
		END
		test_cmp expect actual &&
		git checkout -q . &&
		rm migrations/0003_c.sql &&
		git migrate check --format=gitlab >out &&
		echo "[]" >expect &&
		test_cmp expect out
	)
'

test_done
