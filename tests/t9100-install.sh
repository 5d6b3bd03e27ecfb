#!/bin/sh
test_description='make install, and git finding what it put there'
. "${0%/*}/test-lib.sh"

test_require make mandoc

SOURCE=${GM_TEST_DIR%/*}
DEST=$PWD/dest
export SOURCE DEST

# As it was built: installing must not build anything.
make_target() {
	MAKEFLAGS='' make -s -C "$SOURCE" -o all O="$GM_BUILD_DIR" \
		DESTDIR="$DEST" "$@"
}

installed() {
	(cd "$DEST" && find . ! -type d | sort)
}

test_expect_success 'below DESTDIR, under PREFIX' '
	make_target PREFIX=/opt/tool install &&
	test -x "$DEST/opt/tool/bin/git-migrate" &&
	test_path_exists "$DEST/opt/tool/share/man/man1/git-migrate.1" &&
	installed >list &&
	test_grep ! -v "^\./opt/tool/" list
'

test_expect_success 'uninstall takes all of it away' '
	make_target PREFIX=/opt/tool uninstall &&
	installed >list &&
	test_must_be_empty list
'

test_expect_success '/usr/local where nothing else is said' '
	make_target install &&
	test -x "$DEST/usr/local/bin/git-migrate"
'

test_expect_success 'the installed program is a command of git' '
	git init -q project &&
	(
		PATH=$DEST/usr/local/bin:$(printf %s "$PATH" |
			sed "s|^$GM_BUILD_DIR:||") &&
		cd project &&
		command -v git-migrate >../which &&
		git migrate --version >../version &&
		git migrate init --url sqlite:app.db &&
		git migrate status >../status
	) &&
	echo "$DEST/usr/local/bin/git-migrate" >expect &&
	test_cmp expect which &&
	test_grep "^git-migrate version [0-9]" version &&
	test_grep "no migrations" status
'

test_expect_success 'git migrate --help opens the manual' '
	mkdir bin &&
	cat >bin/man <<-\END &&
	#!/bin/sh
	exec mandoc -T ascii "$DEST/usr/local/share/man/man1/$1.1"
	END
	chmod +x bin/man &&
	PATH=$PWD/bin:$PATH git migrate --help >page &&
	test_grep "apply, roll back and check database migrations" page
'

test_expect_success 'completion lies where the shells look, as it is here' '
	share=$DEST/usr/local/share &&
	test_cmp "$SOURCE/contrib/completion/git-migrate.bash" \
		"$share/bash-completion/completions/git-migrate" &&
	test_cmp "$SOURCE/contrib/completion/_git-migrate" \
		"$share/zsh/site-functions/_git-migrate"
'

test_expect_success 'what others put there stays' '
	echo theirs >"$DEST/usr/local/bin/other" &&
	make_target uninstall &&
	installed >list &&
	echo ./usr/local/bin/other >expect &&
	test_cmp expect list
'

test_done
