#!/bin/sh
test_description='rebase: our migrations on top of what is published'
. "${0%/*}/test-lib.sh"

# setup NAME [NUMBERING]: a clone with one published migration, on the branch
# "work".
setup() {
	rm -rf "$1" "$1.git" &&
	git init -q --bare "$1.git" &&
	test_project "$1" --numbering "${2:-sequence}" &&
	(
		cd "$1" &&
		make_table "${3:-0001_a}" a none &&
		git migrate seal -q &&
		test_commit_all one &&
		git remote add origin "../$1.git" &&
		git push -q origin main &&
		git switch -q -c work
	)
}

# theirs ID TABLE PARENT: somebody else publishes it.
theirs() {
	git switch -q main &&
	make_table "$@" &&
	git migrate seal -q &&
	test_commit_all "theirs: $1" &&
	git push -q origin main &&
	git switch -q work
}

# ours ID TABLE [PARENT…]: committed on "work".
ours() {
	make_table "$@" &&
	git migrate seal -q &&
	test_commit_all "ours: $1"
}

# names FILE…: the migration directory holds these and no others.
names() {
	printf "%s\n" "$@" >"$TRASH/names.expect" &&
	ls -A migrations >"$TRASH/names.actual" &&
	test_cmp "$TRASH/names.expect" "$TRASH/names.actual"
}

# parents ID EXPECTED: the ids of its parent lines.
parents() {
	test "$(sed -n "s/^-- migrate:parent \([^ ]*\).*/\1/p" \
		"migrations/$1.sql" | tr "\n" " ")" = "$2 "
}

# What work tree and index hold, byte by byte.
picture() {
	git ls-files -s &&
	git status --porcelain --untracked-files=all --ignored &&
	find migrations -type f | sort |
	while IFS= read -r file
	do
		echo "$file $(stat -c %a "$file") $(git hash-object \
			--no-filters "$file")"
	done
}

test_expect_success 'ours go behind what came from the other side' '
	setup app &&
	(
		cd app &&
		ours 0002_b b 0001_a &&
		ours 0003_c c 0002_b &&
		git migrate apply -q &&
		theirs 0002_z z 0001_a &&
		git rebase -q origin/main &&
		sum=$(git migrate status --porcelain | cut -f 3 | sort) &&
		git migrate rebase >out 2>err &&
		test_must_be_empty err &&
		cat >expect <<-\END &&
		migrations/0002_b.sql -> migrations/0003_b.sql on 0002_z
		migrations/0003_c.sql -> migrations/0004_c.sql on 0003_b
		END
		echo "rebased 2 migrations onto origin/main; it is staged, \
not committed" >>expect &&
		test_cmp expect out &&
		names 0001_a.sql 0002_z.sql 0003_b.sql 0004_c.sql &&
		parents 0003_b 0002_z &&
		parents 0004_c 0003_b &&
		git status --porcelain >actual &&
		cat >expect <<-\END &&
		R  migrations/0002_b.sql -> migrations/0003_b.sql
		R  migrations/0003_c.sql -> migrations/0004_c.sql
		?? actual
		?? err
		?? expect
		?? out
		END
		test_cmp expect actual &&
		git migrate check &&
		test_path_is_missing .git/migrate/rebase
	)
'

test_expect_success 'the database follows by checksum' '
	(
		cd app &&
		test_states applied:0001_a out-of-order:0002_z \
			renamed:0003_b renamed:0004_c &&
		git migrate apply >out 2>err &&
		test_grep "^renamed 0003_b (was 0002_b)" out &&
		git migrate status --exit-code &&
		test_tables a b c z
	)
'

test_expect_success 'once more there is nothing to do' '
	(
		cd app &&
		git commit -q -m rebased &&
		git migrate rebase >out &&
		echo "2 migrations of ours on top of origin/main already" \
			>expect &&
		test_cmp expect out &&
		git push -q origin HEAD:main &&
		git migrate rebase >out &&
		echo "nothing of ours is unpublished: everything is in \
origin/main" >expect &&
		test_cmp expect out
	)
'

test_expect_success 'equal names whose numbers move on are carried over' '
	setup same &&
	(
		cd same &&
		ours 0002_x b 0001_a &&
		ours 0003_x c 0002_x &&
		ours 0004_x d 0003_x &&
		git migrate apply -q &&
		theirs 0002_z z 0001_a &&
		git rebase -q origin/main &&
		git migrate rebase -q &&
		names 0001_a.sql 0002_z.sql 0003_x.sql 0004_x.sql 0005_x.sql &&
		git status --porcelain --untracked-files=no >actual &&
		test_line_count = 4 actual &&
		git migrate apply >out 2>err &&
		grep "^renamed" out >actual &&
		cat >expect <<-\END &&
		renamed 0005_x (was 0004_x)
		renamed 0004_x (was 0003_x)
		renamed 0003_x (was 0002_x)
		END
		test_cmp expect actual &&
		git migrate status --exit-code &&
		sq app.db "SELECT id || position FROM git_migrate_history
			WHERE id LIKE '\''%x'\'' ORDER BY id" >actual &&
		printf "%s\n" 0003_x2 0004_x3 0005_x4 >expect &&
		test_cmp expect actual &&
		git migrate rollback -c 4 2>err &&
		test_tables a
	)
'

test_expect_success 'a dry run says the same and does nothing' '
	setup dry &&
	(
		cd dry &&
		ours 0002_b b 0001_a &&
		theirs 0002_z z 0001_a &&
		git rebase -q origin/main &&
		picture >../before &&
		git migrate rebase -n >../out &&
		picture >../after &&
		test_cmp ../before ../after &&
		test_grep "^migrations/0002_b.sql -> migrations/0003_b.sql on \
0002_z\$" ../out &&
		test_grep "^would rebase 1 migration onto origin/main\$" ../out
	)
'

test_expect_success 'a number that goes behind already stays' '
	setup stays &&
	(
		cd stays &&
		ours 0007_b b 0001_a &&
		theirs 0002_z z 0001_a &&
		git rebase -q origin/main &&
		git migrate rebase >out &&
		test_grep "^migrations/0007_b.sql on 0002_z\$" out &&
		parents 0007_b 0002_z &&
		git status --porcelain --untracked-files=no >actual &&
		echo "M  migrations/0007_b.sql" >expect &&
		test_cmp expect actual
	)
'

test_expect_success 'timestamps that sort before others are renewed' '
	setup stamp timestamp 20260101000000_a &&
	(
		cd stamp &&
		ours 20260102000000_b b 20260101000000_a &&
		ours 20260103000000_c c 20260102000000_b &&
		theirs 20260102120000_z z 20260101000000_a &&
		git rebase -q origin/main &&
		git migrate rebase >out &&
		ls migrations >list &&
		test_line_count = 4 list &&
		b=$(sed -n "s/\.sql\$//; /_b\$/p" list) &&
		c=$(sed -n "s/\.sql\$//; /_c\$/p" list) &&
		test "${b%_b}" -gt 20260103000000 &&
		test "${c%_c}" -gt "${b%_b}" &&
		parents "$b" 20260102120000_z &&
		parents "$c" "$b" &&
		git migrate check
	) &&
	setup late timestamp 20260101000000_a &&
	(
		cd late &&
		ours 20260103000000_b b 20260101000000_a &&
		theirs 20260102000000_z z 20260101000000_a &&
		git rebase -q origin/main &&
		git migrate rebase >out &&
		test_grep "^migrations/20260103000000_b.sql on \
20260102000000_z\$" out
	)
'

dates_get_suffixes() {
	setup dates date "${today}_a" &&
	(
		cd dates &&
		ours "${today}_02_b" b "${today}_a" &&
		ours "${today}_03_c" c "${today}_02_b" &&
		theirs "${today}_02_z" z "${today}_a" &&
		theirs "${today}_03_y" y "${today}_02_z" &&
		git rebase -q origin/main &&
		git migrate rebase -q &&
		names "${today}_02_z.sql" "${today}_03_y.sql" \
			"${today}_04_b.sql" "${today}_05_c.sql" \
			"${today}_a.sql" &&
		parents "${today}_04_b" "${today}_03_y"
	)
}

test_expect_success 'dates get a suffix' '
	within_a_day dates_get_suffixes
'

test_expect_success 'files without a header stay without one' '
	setup plain &&
	(
		cd plain &&
		git switch -q main &&
		sed -i "/^-- migrate:[pc]/d" migrations/0001_a.sql &&
		test_commit_all plain && git push -q origin main &&
		git switch -q work && git reset -q --hard main &&
		git config migrate.check.unsealed off &&
		make_table 0002_b b &&
		make_table 0003_c c &&
		test_commit_all ours &&
		git switch -q main &&
		make_table 0002_z z &&
		test_commit_all theirs && git push -q origin main &&
		git switch -q work &&
		git rebase -q origin/main &&
		cp migrations/0002_b.sql ../b &&
		git migrate rebase -q &&
		names 0001_a.sql 0002_z.sql 0003_b.sql 0004_c.sql &&
		test_cmp ../b migrations/0003_b.sql &&
		git migrate check
	)
'

test_expect_success 'where the number does not say it, a line does' '
	setup line &&
	(
		cd line &&
		make_table 0003_b b &&
		make_table 0004_c c &&
		test_commit_all ours &&
		git switch -q main &&
		make_table 0002_z z 0001_a &&
		make_table 0002_y y 0001_a &&
		git migrate seal -q &&
		test_commit_all theirs && git push -q origin main &&
		git switch -q work &&
		git rebase -q origin/main &&
		git migrate rebase -q &&
		parents 0003_b "0002_y 0002_z" &&
		git migrate show --url sqlite:app.db --json 0004_c >out &&
		json "@{\$j->{migrations}[0]{parents}}" <out >actual &&
		echo 0003_b >expect &&
		test_cmp expect actual
	)
'

test_expect_success 'two of ours side by side stay so, or become a line' '
	setup side &&
	(
		cd side &&
		ours 0002_b b 0001_a &&
		ours 0003_c c 0001_a &&
		theirs 0004_z z 0001_a &&
		git rebase -q origin/main &&
		git migrate rebase -q &&
		parents 0005_b 0004_z && parents 0006_c 0004_z &&
		git reset -q --hard &&
		git config migrate.heads linear &&
		git migrate rebase -q &&
		parents 0005_b 0004_z && parents 0006_c 0005_b &&
		git migrate check
	)
'

test_expect_success 'one that joins ours and theirs stands on ours' '
	setup join &&
	(
		cd join &&
		theirs 0002_z z 0001_a &&
		git rebase -q origin/main &&
		ours 0003_b b 0001_a &&
		ours 0004_c c 0003_b 0002_z &&
		git migrate rebase -q &&
		parents 0003_b 0002_z &&
		parents 0004_c 0003_b
	)
'

test_expect_success 'apps follow one another' '
	git init -q --bare apps.git &&
	git init -q apps &&
	(
		cd apps &&
		cat >.gitmigrate <<-\END &&
		[migrate]
			url = sqlite:app.db
			numbering = sequence
		[migrate-app "core"]
			dir = "the core/it'\''s"
		[migrate-app "blog"]
			dir = blog
		END
		MIGRATIONS="the core/it'\''s" && export MIGRATIONS &&
		make_table 0001_a a none &&
		git migrate seal -q &&
		echo "/app.db*" >.gitignore &&
		test_commit_all one &&
		git remote add origin ../apps.git &&
		git push -q origin main &&
		git switch -q -c work &&
		make_table 0002_b b 0001_a &&
		mkdir blog &&
		cat >blog/0001_posts.sql <<-\END &&
		-- migrate:parent none
		--  migrate:depends  core/0002_b
		-- a word
		-- migrate:up
		CREATE TABLE posts (id INTEGER);
		END
		git migrate seal -q &&
		test_commit_all ours &&
		theirs 0002_z z 0001_a &&
		git rebase -q origin/main &&
		cd blog &&
		git migrate rebase >../out &&
		cd .. &&
		test_grep "^the core/it.s/0002_b.sql -> the core/it.s/\
0003_b.sql on 0002_z\$" out &&
		test_grep "^blog/0001_posts.sql\$" out &&
		test_grep "^--  migrate:depends  core/0003_b\$" \
			blog/0001_posts.sql &&
		git migrate check >out &&
		git status --porcelain --untracked-files=no >actual &&
		test_line_count = 2 actual
	)
'

test_expect_success 'it is refused where something is not clean' '
	setup dirty &&
	(
		cd dirty &&
		ours 0002_b b 0001_a &&
		theirs 0002_z z 0001_a &&
		git rebase -q origin/main &&
		refused() {
			picture >../before &&
			test_expect_code 1 git migrate rebase 2>../err &&
			picture >../after &&
			test_cmp ../before ../after &&
			test_grep "^error: .*$1" ../err &&
			test_grep "^hint: " ../err
		} &&
		echo "-- more" >>migrations/0002_b.sql &&
		refused "0002_b.sql. has changes that aren.t staged" &&
		git add migrations &&
		refused "0002_b.sql. has changes that aren.t committed" &&
		git reset -q --hard &&
		make_table 0009_n n &&
		refused "git doesn.t know .migrations/0009_n.sql. yet" &&
		echo "0009*" >.git/info/exclude &&
		refused "git doesn.t know .migrations/0009_n.sql. yet" &&
		rm migrations/0009_n.sql migrations/0002_b.sql &&
		refused "0002_b.sql. has changes" &&
		git reset -q --hard &&
		echo word >migrations/README && echo word >other &&
		git migrate rebase
	)
'

test_expect_success 'it is refused where the work tree is behind' '
	setup behind &&
	(
		cd behind &&
		ours 0002_b b 0001_a &&
		theirs 0002_z z 0001_a &&
		test_expect_code 1 git migrate rebase 2>err &&
		test_grep "^error: the work tree is behind .origin/main.: it \
has no .migrations/0002_z.sql.\$" err &&
		test_grep "^hint: git rebase origin/main (or git merge), then \
again: git migrate rebase\$" err &&
		theirs 0003_b y 0002_z &&
		git merge -q -m merge origin/main &&
		git mv migrations/0002_z.sql migrations/0004_z.sql &&
		git commit -q -m gone &&
		test_expect_code 1 git migrate rebase 2>err &&
		test_grep "0002_z.sql. is gone here" err
	)
'

test_expect_success 'another commit may be named' '
	setup named &&
	(
		cd named &&
		test_expect_code 128 git migrate rebase nowhere 2>err &&
		test_grep "nowhere. is not a commit" err &&
		test_expect_code 129 git migrate rebase a b 2>err &&
		ours 0002_b b 0001_a &&
		git branch friend &&
		ours 0003_c c 0002_b &&
		git switch -q friend &&
		ours 0003_f f 0002_b &&
		git switch -q work &&
		git merge -q -m merge friend &&
		git migrate rebase friend >out &&
		test_grep "^migrations/0003_c.sql -> migrations/0004_c.sql on \
0003_f\$" out &&
		names 0001_a.sql 0002_b.sql 0003_f.sql 0004_c.sql &&
		git reset -q --hard &&
		git config migrate.published "origin/*" &&
		git push -q origin friend &&
		test_expect_code 128 git migrate rebase 2>err &&
		test_grep "^hint: git migrate rebase origin/friend" err &&
		git config migrate.published nothing &&
		test_expect_code 128 git migrate rebase 2>err &&
		test_grep "nothing is published" err
	)
'

test_expect_success 'what others have published elsewhere is not ours' '
	setup else &&
	(
		cd else &&
		git config --add migrate.published origin/main &&
		git config --add migrate.published origin/hotfix &&
		git switch -q -c hotfix &&
		ours 0002_fix fix 0001_a &&
		git push -q origin hotfix &&
		git switch -q work &&
		ours 0003_b b 0001_a &&
		git merge -q -m merge hotfix &&
		git migrate rebase origin/main >out &&
		test_grep "^migrations/0003_b.sql on 0002_fix" out &&
		test_path_exists migrations/0002_fix.sql
	)
'

test_expect_success 'two of equal content could not be told apart' '
	setup equal &&
	(
		cd equal &&
		ours 0002_b b 0001_a &&
		ours 0003_c b 0002_b &&
		theirs 0002_z z 0001_a &&
		git rebase -q origin/main &&
		test_expect_code 1 git migrate rebase 2>err &&
		test_grep "0002_b. and .0003_c. have the same content" err
	)
'

test_expect_success 'the message says which ones do not commute' '
	setup clash &&
	(
		cd clash &&
		make_migration 0002_b "ALTER TABLE a ADD COLUMN x INTEGER;" \
			"ALTER TABLE a DROP COLUMN x;" 0001_a &&
		git migrate seal -q && test_commit_all ours &&
		git switch -q main &&
		make_migration 0002_z "DROP TABLE a;" "" 0001_a &&
		git migrate seal -q && test_commit_all theirs &&
		git push -q origin main && git switch -q work &&
		git rebase -q origin/main &&
		git migrate rebase 2>err &&
		test_grep "^warning: .0003_b. and .0002_z., which now goes \
before it, conflict: " err &&
		test_grep "^hint: .*git migrate sync" err
	)
'

test_expect_success 'bytes, line ends, modes and filters are left alone' '
	setup bytes &&
	(
		cd bytes &&
		printf "%s\r\n" "-- migrate:parent 0001_a" "-- b" "" \
			"-- migrate:up" "CREATE TABLE b (id);" "" \
			"-- migrate:down" "DROP TABLE b;" "" \
			>migrations/0002_b.sql &&
		chmod +x migrations/0002_b.sql &&
		echo "0002_c.sql filter=x" >.gitattributes &&
		echo "0003_c.sql filter=x" >>.gitattributes &&
		echo "*_b.sql text=auto" >>.gitattributes &&
		git config core.autocrlf true &&
		git config filter.x.clean "sed s/VISIBLE/hidden/" &&
		git config filter.x.smudge "sed s/hidden/VISIBLE/" &&
		make_table 0003_c VISIBLE 0002_b &&
		test_commit_all ours &&
		git config core.autocrlf false &&
		theirs 0002_z z 0001_a &&
		git config core.autocrlf true &&
		git rebase -q origin/main &&
		rm migrations/0002_b.sql && git checkout -q migrations &&
		pin=$(git migrate status --porcelain |
			sed -n "s/.*0002_z.xxh3:\(.\{12\}\).*/\1/p") &&
		sed "1s/0001_a/0002_z $pin/" migrations/0002_b.sql \
			>../expect &&
		git migrate rebase -q 2>err &&
		test_cmp ../expect migrations/0003_b.sql &&
		test "$(stat -c %a migrations/0003_b.sql)" = 755 &&
		git ls-files -s migrations/0003_b.sql >../out &&
		test_grep "^100755" ../out &&
		git cat-file blob :migrations/0003_b.sql >../blob &&
		test_grep ! "$(printf "\r")" ../blob &&
		git cat-file blob :migrations/0004_c.sql >../blob &&
		test_grep VISIBLE migrations/0004_c.sql &&
		git diff --exit-code &&
		git diff-files --exit-code
	)
'

test_expect_success 'linked worktrees, split indexes, odd names' '
	odd="odd
 \"n\$ame\`" &&
	setup "$odd" &&
	(
		cd "$odd" &&
		ours 0002_b b 0001_a &&
		theirs 0002_z z 0001_a &&
		git rebase -q origin/main &&
		git switch -q --detach &&
		git worktree add -q "../linked $$" work &&
		git update-index --split-index &&
		picture >../before &&
		git -C "../linked $$" migrate rebase >../out &&
		test_grep "rebased 1 migration" ../out &&
		picture >../after &&
		test_cmp ../before ../after &&
		git migrate rebase -q &&
		names 0001_a.sql 0002_z.sql 0003_b.sql
	)
'

test_expect_success 'a sparse index is written as it is' '
	setup sparse &&
	(
		cd sparse &&
		mkdir -p doc/deep && echo word >doc/deep/file &&
		test_commit_all doc &&
		ours 0002_b b 0001_a &&
		theirs 0002_z z 0001_a &&
		git rebase -q origin/main &&
		git sparse-checkout set --cone --sparse-index migrations &&
		git migrate rebase -q &&
		git status --porcelain >actual &&
		echo "R  migrations/0002_b.sql -> migrations/0003_b.sql" \
			>expect &&
		grep -v "^??" actual >tracked &&
		test_cmp expect tracked &&
		test_path_is_missing doc
	)
'

test_expect_success 'in the middle of a merge what it writes goes into it' '
	setup merge &&
	(
		cd merge &&
		ours 0002_b b 0001_a &&
		theirs 0002_z z 0001_a &&
		git merge -q --no-commit origin/main &&
		git migrate rebase >../out &&
		test_grep "rebased 1 migration" ../out &&
		git commit -q -m merged &&
		names 0001_a.sql 0002_z.sql 0003_b.sql &&
		git migrate check &&
		git status --porcelain >../out &&
		test_must_be_empty ../out
	)
'

# both_added NAME COMMAND: the two sides have another migration of one id.
both_added() {
	setup "$1" &&
	cd "$1" &&
	ours 0002_x b 0001_a &&
	ours 0003_y c 0002_x &&
	git migrate apply -q &&
	theirs 0002_x z 0001_a &&
	test_must_fail git "$2" origin/main >../out 2>&1 &&
	test_expect_code 1 git migrate rebase 2>../err &&
	test_grep "0002_x.sql. is another migration on either side" ../err
}

# follow_hints: what the message says, typed.
follow_hints() {
	eval "$(sed -n "s/^hint: \(git show .*>\).*/\1/p" ../err) \
		migrations/0009_x.sql" &&
	eval "$(sed -n "s/^hint: \(git checkout .*\)/\1/p" ../err)" &&
	git add migrations
}

test_expect_success 'one id for two migrations is told apart in a merge' '
	(
		both_added bothm merge &&
		follow_hints &&
		git migrate rebase >../out &&
		names 0001_a.sql 0002_x.sql 0003_y.sql 0009_x.sql &&
		parents 0009_x 0002_x && parents 0003_y 0009_x &&
		test_grep "TABLE z" migrations/0002_x.sql &&
		git commit -q -m merged &&
		git migrate check &&
		git migrate apply -q 2>../err &&
		git migrate status --exit-code &&
		test_tables a b c z
	)
'

test_expect_success 'and in a rebase, commit by commit' '
	(
		both_added bothr rebase &&
		follow_hints &&
		git migrate rebase >../out &&
		GIT_EDITOR=true git rebase --continue >../out 2>&1 &&
		git migrate rebase >../out &&
		parents 0003_y 0009_x &&
		git commit -q -m rebased &&
		git migrate check &&
		git migrate apply -q 2>../err &&
		git migrate status --exit-code &&
		test_tables a b c z
	)
'

test_expect_success 'one that was picked and has another parent stays one' '
	setup picked &&
	(
		cd picked &&
		ours 0002_b b 0001_a &&
		theirs 0002_b b none &&
		test_must_fail git merge origin/main >../out 2>&1 &&
		test_expect_code 1 git migrate rebase 2>../err &&
		test_grep "0002_b.sql. has another header on either" ../err &&
		eval "$(sed -n "s/^hint: \(git checkout .*\) takes.*/\1/p" \
			../err)" &&
		git add migrations &&
		git migrate rebase &&
		git commit -q -m merged &&
		parents 0002_b none &&
		git migrate check
	)
'

test_expect_success 'the published header stays where another one is merged' '
	(
		cd picked &&
		git reset -q --hard origin/main &&
		git switch -q -c release HEAD~1 &&
		make_table 0002_b b 0001_a && git migrate seal -q &&
		test_commit_all release &&
		git switch -q --detach origin/main &&
		test_must_fail git merge release >../out 2>&1 &&
		test_expect_code 1 git migrate rebase 2>../err &&
		test_grep "git checkout --ours .* the one that is published" \
			../err
	)
'

test_expect_success 'what was picked for a release loses its lost parent' '
	test_published hotfix && (
		cd hotfix &&
		git push -q origin HEAD:refs/heads/release &&
		make_table 0003_c c && git migrate seal -q &&
		test_commit_all c &&
		make_table 0004_hot hot 0003_c && git migrate seal -q &&
		test_commit_all hot && git push -q origin HEAD:main &&
		git fetch -q &&
		git switch -q -c release origin/release 2>/dev/null &&
		git cherry-pick main >../out &&
		test_expect_code 1 git migrate check >../out &&
		test_grep "git migrate rebase REF" ../out &&
		git migrate rebase origin/release >../out 2>../err &&
		test_must_be_empty ../err &&
		test_grep "^-- migrate:parent 0002_b" \
			migrations/0004_hot.sql &&
		git commit -q -m hot &&
		git migrate check --base origin/release
	)
'

test_expect_success 'outside of a repository, or in a bare one, no' '
	mkdir none && (
		cd none &&
		git migrate init --url sqlite:app.db 2>err &&
		test_expect_code 128 git migrate rebase 2>err &&
		test_grep "not in a git repository" err
	) &&
	(
		cd app.git &&
		test_expect_code 128 git migrate rebase 2>err &&
		test_grep "bare" err
	)
'

test_done
