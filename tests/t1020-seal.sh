#!/bin/sh
test_description='seal: checksums, parents and pins in the files'
. "${0%/*}/test-lib.sh"

test_expect_success 'seal writes checksum, parent and pin' '
	test_project one --numbering sequence &&
	(
		cd one &&
		make_table 0001_a a &&
		make_table 0002_b b &&
		git migrate seal >out &&
		printf "sealed %s\n" migrations/0001_a.sql \
			migrations/0002_b.sql >expect &&
		test_cmp expect out &&
		git migrate status --porcelain >status &&
		a=$(sed -n "1s/.*xxh3://p" status) &&
		b=$(sed -n "2s/.*xxh3://p" status) &&
		cat >expect <<-END &&
		-- migrate:parent none
		-- migrate:checksum xxh3:$a

		-- migrate:up
		CREATE TABLE a (id INTEGER);

		-- migrate:down
		DROP TABLE a;
		END
		test_cmp expect migrations/0001_a.sql &&
		pin=$(echo "$a" | cut -c 1-12) &&
		head -n 2 migrations/0002_b.sql >actual &&
		printf "%s\n" "-- migrate:parent 0001_a $pin" \
			"-- migrate:checksum xxh3:$b" >expect &&
		test_cmp expect actual
	)
'

test_expect_success 'a second seal changes nothing' '
	cp one/migrations/0002_b.sql before &&
	git -C one migrate seal >out &&
	echo "nothing to seal" >expect &&
	test_cmp expect out &&
	test_cmp before one/migrations/0002_b.sql
'

test_expect_success 'seal takes what is named' '
	(
		cd one &&
		make_table 0003_c c 0002_b &&
		make_table 0004_d d 0003_c &&
		git migrate seal d >out &&
		echo "sealed migrations/0004_d.sql" >expect &&
		test_cmp expect out &&
		test_grep ! checksum migrations/0003_c.sql &&
		test_expect_code 128 git migrate seal nothing 2>err
	)
'

test_expect_success 'an edit is sealed again, and the pins on it with it' '
	(
		cd one &&
		git migrate seal -q &&
		sed "s/TABLE c (/TABLE cc (/" migrations/0003_c.sql >edited &&
		mv edited migrations/0003_c.sql &&
		git migrate seal >out &&
		printf "sealed %s\n" migrations/0003_c.sql \
			migrations/0004_d.sql >expect &&
		test_cmp expect out &&
		git migrate check -q
	)
'

test_expect_success '--dry-run writes nothing' '
	(
		cd one &&
		make_table 0005_e e &&
		cp migrations/0005_e.sql before &&
		git migrate seal --dry-run >out &&
		echo "would seal migrations/0005_e.sql" >expect &&
		test_cmp expect out &&
		test_cmp before migrations/0005_e.sql
	)
'

test_expect_success 'CRLF, a BOM and the missing line end stay' '
	test_project ends --numbering sequence &&
	(
		cd ends &&
		printf "\357\273\277-- migrate:up\r\nSELECT 1;" \
			>migrations/0001_a.sql &&
		git migrate seal &&
		sum=$(git migrate status --porcelain | cut -f 3) &&
		printf "\357\273\277-- migrate:parent none\r\n" >expect &&
		printf "%s%s\r\n\r\n" "-- migrate:checksum " "$sum" >>expect &&
		printf "%s\r\nSELECT 1;" "-- migrate:up" >>expect &&
		test_cmp expect migrations/0001_a.sql
	)
'

test_expect_success 'apply seals what is not published' '
	test_project auto --numbering sequence &&
	(
		cd auto &&
		make_table 0001_a a &&
		make_table 0002_b b &&
		git migrate apply --count 1 &&
		test_grep "migrate:checksum" migrations/0001_a.sql &&
		test_grep ! "migrate:checksum" migrations/0002_b.sql &&
		git -c migrate.autoSeal=false migrate apply &&
		test_grep ! "migrate:checksum" migrations/0002_b.sql &&
		test_states applied:0001_a applied:0002_b
	)
'

test_expect_success 'what was recorded is the sealed text' '
	(
		cd auto &&
		sq app.db "SELECT source FROM git_migrate_log
			WHERE id = '\''0001_a'\''" >actual &&
		cat migrations/0001_a.sql >expect &&
		echo >>expect &&
		test_cmp expect actual
	)
'

test_expect_success 'a published file stays as it is' '
	git init -q --bare up.git &&
	test_project pub --numbering sequence &&
	(
		cd pub &&
		make_table 0001_a a &&
		test_commit_all one &&
		git remote add origin ../up.git &&
		git push -q -u origin main &&
		make_table 0002_b b 0001_a &&
		git migrate seal >out &&
		echo "sealed migrations/0002_b.sql" >expect &&
		test_cmp expect out &&
		git diff --exit-code -- migrations/0001_a.sql &&
		test_expect_code 1 git migrate seal 0001_a 2>err &&
		test_grep "is published" err &&
		git migrate apply -q &&
		git diff --exit-code -- migrations/0001_a.sql
	)
'

test_expect_success '--staged seals and stages what is in the index' '
	test_project staged --numbering sequence &&
	(
		cd staged &&
		make_table 0001_a a &&
		make_table 0002_b b none &&
		git add migrations/0001_a.sql &&
		git migrate seal --staged --dry-run >out &&
		echo "would seal migrations/0001_a.sql" >expect &&
		test_cmp expect out &&
		git migrate seal --staged &&
		git show :migrations/0001_a.sql >indexed &&
		test_cmp migrations/0001_a.sql indexed &&
		test_grep "migrate:checksum" indexed &&
		test_grep ! "migrate:checksum" migrations/0002_b.sql &&
		git ls-files migrations >files &&
		test_line_count = 1 files
	)
'

test_expect_success '--staged refuses a file that is staged in part' '
	(
		cd staged &&
		make_table 0003_c c none &&
		git add migrations/0003_c.sql &&
		echo "-- more" >>migrations/0003_c.sql &&
		cp migrations/0003_c.sql before &&
		git ls-files -s >index &&
		test_expect_code 1 git migrate seal --staged 2>err &&
		test_grep "migrations/0003_c.sql. is staged in part" err &&
		test_cmp before migrations/0003_c.sql &&
		git ls-files -s >after &&
		test_cmp index after
	)
'

test_expect_success '--staged wants an index, and names none' '
	test_expect_code 129 git -C staged migrate seal --staged 0001_a \
		2>err &&
	mkdir alone &&
	(
		cd alone &&
		git migrate init --url sqlite:app.db 2>err &&
		test_expect_code 128 git migrate seal --staged 2>err &&
		test_grep "not a git repository" err
	)
'

test_expect_success 'a seal keeps the file'\''s mode, and leaves no rests' '
	(
		cd staged &&
		git rm -q -f migrations/0003_c.sql &&
		chmod 640 migrations/0002_b.sql &&
		git migrate seal &&
		ls -l migrations/0002_b.sql >mode &&
		test_grep "^-rw-r-----" mode &&
		ls -A migrations >files &&
		printf "%s\n" 0001_a.sql 0002_b.sql >expect &&
		test_cmp expect files
	)
'

test_expect_success 'what a killed seal left is gone with the next one' '
	test_project left --numbering sequence &&
	(
		cd left &&
		make_table 0001_a a &&
		for name in .git-migrate.Ab12Cd 0001_a.sql.backup .x.Ab12Cd
		do
			echo x >migrations/$name &&
			touch -d "1 hour ago" migrations/$name || exit 1
		done &&
		echo x >migrations/.git-migrate.Zz99Zz &&
		git migrate seal -n &&
		test -f migrations/.git-migrate.Ab12Cd &&
		git migrate seal &&
		ls -A migrations >actual &&
		printf "%s\n" .git-migrate.Zz99Zz .x.Ab12Cd 0001_a.sql \
			0001_a.sql.backup | LC_ALL=C sort >expect &&
		LC_ALL=C sort actual >sorted &&
		test_cmp expect sorted
	)
'

test_done
