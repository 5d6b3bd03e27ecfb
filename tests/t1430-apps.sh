#!/bin/sh
test_description='several apps in one project, and what depends across them'
. "${0%/*}/test-lib.sh"

setup() {
	test_project "$1" --numbering sequence &&
	(
		cd "$1" &&
		cat >.gitmigrate <<-\END &&
		[migrate]
			url = sqlite:app.db
			numbering = sequence
		[migrate-app "core"]
			dir = core/migrations
		[migrate-app "blog"]
			dir = apps/blog
		END
		MIGRATIONS=core/migrations &&
		make_table 0001_users users &&
		make_table 0002_more more &&
		MIGRATIONS=apps/blog &&
		make_table 0001_posts posts &&
		sed -i "1i -- migrate:depends core/0002_more" \
			apps/blog/0001_posts.sql &&
		make_table 0002_tags tags
	)
}

test_expect_success 'what depends comes after what it depends on' '
	setup app &&
	(
		cd app &&
		test_states pending:core/0001_users pending:core/0002_more \
			pending:blog/0001_posts pending:blog/0002_tags &&
		git migrate apply >out &&
		sed "s/ ([0-9]* ms)//" out >actual &&
		cat >expect <<-\END &&
		applied core/0001_users
		applied core/0002_more
		applied blog/0001_posts
		applied blog/0002_tags
		END
		test_cmp expect actual &&
		test_tables more posts tags users
	)
'

test_expect_success 'each app has its own series' '
	(
		cd app &&
		git migrate check &&
		test_grep "^-- migrate:parent 0001_posts " \
			apps/blog/0002_tags.sql &&
		test_expect_code 128 git migrate new x 2>err &&
		test_grep "has several apps" err &&
		test_grep "new --app=core" err &&
		git migrate new --app blog more >out &&
		echo apps/blog/0003_more.sql >expect &&
		test_cmp expect out &&
		head -n 1 apps/blog/0003_more.sql >actual &&
		test_grep "parent 0002_tags" actual &&
		rm apps/blog/0003_more.sql &&
		test_expect_code 128 git migrate new --app shop x 2>err &&
		test_grep "there is no app .shop." err
	)
'

test_expect_success 'APP/REV names one' '
	(
		cd app &&
		git migrate show blog/1 >out &&
		test_grep "^migration blog/0001_posts" out &&
		git migrate show users >out &&
		test_grep "^migration core/0001_users" out &&
		git migrate show core/@ >out &&
		test_grep "^migration core/0002_more" out &&
		test_expect_code 128 git migrate show 0001 2>err &&
		test_grep "blog/0001_posts" err &&
		test_grep "core/0001_users" err
	)
'

test_expect_success 'what others depend on stays' '
	(
		cd app &&
		test_expect_code 1 git migrate rollback core/0002_more 2>err &&
		test_grep "blog/0001_posts. stands on .core/0002_more." err &&
		hint="blog/0002_tags blog/0001_posts core/0002_more" &&
		test_grep "^hint: git migrate rollback $hint" err &&
		git migrate rollback --to core/2 &&
		test_tables more users &&
		test_expect_code 1 git migrate apply blog/0002_tags 2>err &&
		test_grep "stands on .blog/0001_posts." err &&
		git migrate apply blog/0001_posts &&
		test_tables more posts users
	)
'

test_expect_success 'an edit of one app names it in the ways out' '
	(
		cd app &&
		sed -i "s/TABLE posts (id/TABLE posts (ident/" \
			apps/blog/0001_posts.sql &&
		test_expect_code 1 git migrate apply 2>err &&
		test_grep "^error: .blog/0001_posts. was edited" err &&
		test_grep "^hint: git migrate accept blog/0001_posts" err &&
		git migrate accept blog/0001_posts &&
		git migrate apply
	)
'

test_expect_success 'a cycle across apps is found' '
	setup cycle &&
	(
		cd cycle &&
		sed -i "1i -- migrate:depends blog/0001_posts" \
			core/migrations/0001_users.sql &&
		test_expect_code 1 git migrate check >out &&
		test_grep "\[cycle\]" out &&
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "stands on itself" err
	)
'

test_expect_success 'the plan of several apps leaves the same as apply' '
	setup plan &&
	(
		cd plan &&
		git migrate seal -q &&
		git migrate plan | sqlite3 -bail app.db &&
		git migrate status --exit-code &&
		test_tables more posts tags users
	)
'

test_expect_success 'the unnamed app may be there as well' '
	setup unnamed &&
	(
		cd unnamed &&
		sed -i "s/^url/dir = migrations\nurl/" .gitmigrate &&
		make_table 0001_own own &&
		git migrate apply -q &&
		test_tables more own posts tags users &&
		git migrate show /1 >out &&
		test_grep "^migration 0001_own" out &&
		git migrate new third >out &&
		test_grep "^migrations/0002_third.sql" out
	)
'

test_expect_success 'a bad app is refused' '
	setup bad &&
	(
		cd bad &&
		printf "[migrate-app \"a/b\"]\n\tdir = x\n" >>.gitmigrate &&
		test_expect_code 128 git migrate check 2>err &&
		test_grep "bad name of an app" err &&
		sed -i "s/\"a.b\"/\"shop\"/; s/dir = x/url = x/" .gitmigrate &&
		test_expect_code 128 git migrate check 2>err &&
		test_grep "the app .shop. has no directory" err
	)
'

test_expect_success 'what is depended on is no parent' '
	setup depends &&
	(
		cd depends &&
		sed -i "1a -- migrate:depends core/0001_users" \
			apps/blog/0001_posts.sql &&
		git migrate show blog/1 >out &&
		sed -n "/^Parent:/p; /^Depends:/p" out >actual &&
		cat >expect <<-\END &&
		Parent:    none
		Depends:   core/0002_more
		Depends:   core/0001_users
		END
		test_cmp expect actual &&
		git migrate show blog/2 >out &&
		test_grep "^Parent:    0001_posts" out &&
		test_grep ! "^Depends:" out &&
		git migrate show --json blog/1 >out.json &&
		json "my \$m = \$j->{migrations}[0];
			scalar @{\$m->{parents}}, @{\$m->{depends}}" \
			<out.json >actual &&
		printf "%s\n" 0 core/0002_more core/0001_users >expect &&
		test_cmp expect actual
	)
'

test_done
