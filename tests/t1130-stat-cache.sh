#!/bin/sh
# What only the bodies use, which are strings, looks unused.
# shellcheck disable=SC2034

test_description='what status remembers of files, and when it must not'
. "${0%/*}/test-lib.sh"

cache=.git/migrate/stat

# settle DIR…: the files there are old enough to be remembered from the next
# status on.
settle() {
	sleep 3 &&
	for settled
	do
		(
			cd "$settled" &&
			git migrate status >/dev/null &&
			memory=$(git rev-parse --git-dir)/migrate/stat &&
			for file in migrations/*.sql
			do
				file=${file##*/} &&
				grep -q "${file%.sql}" "$memory" || exit 1
			done
		) || return 1
	done
}

# Puts another text of the same length into a file, and its time back.
swap() {
	cp -p "$1" ../old &&
	sed "s/TABLE $2/TABLE $3/" ../old >"$1" &&
	touch -r ../old "$1" &&
	test "$(wc -c <"$1")" = "$(wc -c <../old)"
}

# Before the time passes.
test_expect_success 'a project of many files in two directories' '
	test_project many --numbering sequence &&
	many=$PWD/many &&
	(
		cd many &&
		git config migrate.autoSeal false &&
		git config -f .gitmigrate --unset migrate.dir &&
		git config -f .gitmigrate migrate-app.blog.dir \
			migrations/blog &&
		git config -f .gitmigrate migrate-app.core.dir migrations &&
		mkdir migrations/blog &&
		for i in $(seq 1001 1700); do
			echo "-- migrate:up
				SELECT $i;" >migrations/${i}_core.sql &&
			echo "-- migrate:up
				SELECT -$i;" >migrations/blog/${i}_blog.sql ||
				return 1
		done &&
		git migrate apply -q --single-transaction
	)
'

# Time passes once for all: each test has a project of its own.
test_expect_success 'projects whose files have lain there for a while' '
	test_project app --numbering sequence &&
	(
		cd app &&
		git config migrate.autoSeal false &&
		make_table 0001_one one &&
		make_table 0002_two two &&
		make_table 0003_six six &&
		git add -A &&
		git commit -q -m base &&
		git migrate apply -q &&
		git switch -q -c other &&
		make_table 0004_new new &&
		sed "s/TABLE two/TABLE ten/" migrations/0002_two.sql >../new &&
		cp ../new migrations/0002_two.sql &&
		git add -A &&
		git commit -q -m other &&
		git switch -q main
	) &&
	for name in place edited cosmetic branches apply crlf link damage
	do
		cp -a app "$name" || return 1
	done &&
	(cd edited && swap migrations/0002_two.sql two ten) &&
	(
		cd cosmetic &&
		swap migrations/0002_two.sql two ten &&
		echo "-- said again" >>migrations/0001_one.sql
	) &&
	git -C branches switch -q other &&
	git -C app worktree add -q ../tree other &&
	git -C apply switch -q other &&
	git -C apply checkout -q main -- migrations/0002_two.sql &&
	cp -a crlf carriage &&
	(
		cd carriage &&
		git config core.autocrlf true &&
		rm migrations/*.sql &&
		git checkout -q -f main -- migrations
	) &&
	git -C app config migrate.url "sqlite:$PWD/app/app.db" &&
	settle app tree place edited cosmetic branches apply crlf carriage \
		link damage
'

test_expect_success 'nothing is remembered anew while nothing changes' '
	cd app &&
	cp $cache ../kept &&
	git migrate status --exit-code &&
	cmp $cache ../kept
'

test_expect_success 'an edit with the same size and the time set back shows' '
	swap migrations/0001_one.sql one two &&
	test_states edited:0001_one applied:0002_two applied:0003_six &&
	git checkout -q migrations &&
	test_states applied:0001_one applied:0002_two applied:0003_six
'

test_expect_success 'an edit right after a status shows' '
	for i in 1 2 3 4 5; do
		git migrate status --exit-code >/dev/null &&
		swap migrations/0002_two.sql two ten &&
		test_states applied:0001_one edited:0002_two \
			applied:0003_six &&
		swap migrations/0002_two.sql ten two || return 1
	done
'

test_expect_success 'a file that another took the place of shows' '
	cd ../place &&
	sed "s/TABLE one/TABLE ten/" migrations/0001_one.sql >../new &&
	touch -r migrations/0001_one.sql ../new &&
	mv ../new migrations/0001_one.sql &&
	test_states edited:0001_one applied:0002_two applied:0003_six
'

test_expect_success 'an edit that stays is told of each time' '
	cd ../edited &&
	test_states applied:0001_one edited:0002_two applied:0003_six &&
	test_states applied:0001_one edited:0002_two applied:0003_six &&
	cd ../cosmetic &&
	test_states cosmetic:0001_one edited:0002_two applied:0003_six
'

test_expect_success 'files that come and go with branches show' '
	cd ../branches &&
	git switch -q main &&
	test_states applied:0001_one applied:0002_two applied:0003_six &&
	git switch -q other &&
	test_states applied:0001_one edited:0002_two applied:0003_six \
		pending:0004_new
'

test_expect_success 'apply reads the files, whatever is remembered' '
	cd ../apply &&
	git migrate apply -q &&
	test_tables new one six two
'

test_expect_success 'other line ends are no other migration' '
	cd ../crlf &&
	git config core.autocrlf true &&
	rm migrations/*.sql &&
	git checkout -q -f main -- migrations &&
	grep -q "$(printf "\r")" migrations/0001_one.sql &&
	test_states applied:0001_one applied:0002_two applied:0003_six &&
	cd ../carriage &&
	grep -q "$(printf "\r")" migrations/0001_one.sql &&
	test_states applied:0001_one applied:0002_two applied:0003_six &&
	git config --unset core.autocrlf &&
	rm migrations/*.sql &&
	git checkout -q -f main -- migrations &&
	test_states applied:0001_one applied:0002_two applied:0003_six
'

test_expect_success 'a file that became something else shows' '
	cd ../link &&
	mv migrations/0001_one.sql ../one &&
	ln -s ../../one migrations/0001_one.sql &&
	test_must_fail git migrate status >out 2>err &&
	test_grep "symbolic link" err &&
	rm migrations/0001_one.sql &&
	git checkout -q migrations &&
	test_states applied:0001_one applied:0002_two applied:0003_six
'

test_expect_success 'a damaged memory is none' '
	cd ../damage &&
	cp $cache ../good &&
	size=$(wc -c <$cache) &&
	for at in 0 10 40 60 100 200 $((size / 2)) $((size - 1)); do
		cp ../good $cache &&
		printf "\377" |
			dd of=$cache bs=1 seek=$at conv=notrunc 2>/dev/null &&
		test_states applied:0001_one applied:0002_two \
			applied:0003_six || return 1
	done &&
	for n in 0 1 30 100 $((size - 1)); do
		head -c "$n" ../good >$cache &&
		git migrate status --exit-code >/dev/null || return 1
	done &&
	rm -f $cache &&
	mkdir $cache &&
	git migrate status --exit-code >/dev/null &&
	rmdir $cache &&
	git migrate status --exit-code >/dev/null
'

test_expect_success 'many at once agree, and leave nothing behind' '
	rm -f $cache &&
	for i in 1 2 3 4 5 6 7 8; do
		git migrate status --porcelain >../out.$i &
	done &&
	wait &&
	for i in 2 3 4 5 6 7 8; do
		test_cmp ../out.1 ../out.$i || return 1
	done &&
	test_line_count = 3 ../out.1 &&
	test_path_exists $cache &&
	test_path_is_missing $cache.lock
'

test_expect_success 'without a place to write nothing is remembered' '
	rm -rf .git/migrate &&
	echo "a file" >.git/migrate &&
	git migrate status --exit-code 2>err >/dev/null &&
	test_must_be_empty err &&
	rm .git/migrate
'

test_expect_success 'each work tree remembers its own' '
	cd ../tree &&
	test_states applied:0001_one edited:0002_two applied:0003_six \
		pending:0004_new &&
	grep -q 0004_new "$(git rev-parse --git-dir)/migrate/stat" &&
	cd ../app &&
	git migrate status --exit-code >/dev/null &&
	! grep -q 0004_new $cache
'

# What status says is the same without the cache, which is kept for later.
agrees_without() {
	git migrate status --porcelain >../with &&
	cp "$cache" ../cache &&
	rm "$cache" &&
	git migrate status --porcelain >../without &&
	cp ../cache "$cache" &&
	test_cmp ../without ../with
}

test_expect_success 'of many files in two directories each change shows' '
	cd "$many" &&
	git migrate status --exit-code >/dev/null &&
	grep -q 1700_blog "$cache" &&
	git migrate status --exit-code >/dev/null &&
	agrees_without &&
	sed "s/1400/1401/" migrations/1400_core.sql >../new &&
	touch -r migrations/1400_core.sql ../new &&
	cp -p ../new migrations/1400_core.sql &&
	rm migrations/1500_core.sql migrations/blog/1001_blog.sql &&
	mv migrations/blog/1700_blog.sql migrations/blog/1002_new.sql &&
	mv migrations/1001_core.sql migrations/blog/0999_moved.sql &&
	echo "-- migrate:up
		SELECT 1;" >migrations/1750_new.sql &&
	agrees_without &&
	grep -q "^edited	core/1400_core" ../with &&
	grep -q "^missing	core/1500_core" ../with &&
	grep -q "^missing	blog/1001_blog" ../with &&
	grep -q "^renamed	blog/1002_new" ../with &&
	grep -q "^pending	core/1750_new" ../with &&
	sleep 3 &&
	git migrate status >/dev/null &&
	grep -q 1750_new "$cache" &&
	cp "$cache" ../kept &&
	agrees_without &&
	cmp "$cache" ../kept &&
	rm -r migrations/blog &&
	agrees_without &&
	test "$(grep -c "^missing	blog/" ../with)" = 700 &&
	cd ..
'

test_done
