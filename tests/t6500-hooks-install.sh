#!/bin/sh
test_description='hooks: install, uninstall, status, and what was there before'
. "${0%/*}/test-lib.sh"

client="pre-commit pre-merge-commit pre-push post-checkout post-merge
	post-rewrite"
export client

# repository DIR [INIT-OPTION…]: one without git's sample hooks.
repository() {
	mkdir -p empty-template &&
	git init -q --template=empty-template "$@"
}

# Every file below a directory with its mode and content.
picture() {
	(cd "$1" && find . -type d -printf '%p %m\n' &&
		find . ! -type d -printf '%p %y %m %l ' \
			-exec sh -c 'test -L "$1" || cksum <"$1"' - {} \;) |
	sort
}

# states STATE:NAME…: what status says of each hook, but of absent ones.
states() {
	for state
	do
		echo "$state"
	done >"$TRASH/expect" &&
	git migrate hooks status --porcelain >"$TRASH/out" &&
	cut -f 1,2 "$TRASH/out" | tr "\t" : | grep -v ^absent: \
		>"$TRASH/actual"
	test_cmp "$TRASH/expect" "$TRASH/actual"
}

all_installed() {
	states installed:pre-commit installed:pre-merge-commit \
		installed:pre-push installed:post-checkout \
		installed:post-merge installed:post-rewrite
}

# old_hook FILE: a hook that tells when it is called, and with what.
old_hook() {
	cat >"$1" <<-\END &&
	#!/bin/sh
	echo "old ${0##*/} ($*)" >>"$TRASH/calls"
	END
	chmod "${2-755}" "$1"
}

test_expect_success 'install writes a few lines of sh for each hook' '
	repository plain &&
	(
		cd plain &&
		git migrate hooks install >out &&
		test_line_count = 6 out &&
		all_installed &&
		for hook in $client
		do
			test_grep "^installed $hook\$" out &&
			test -x .git/hooks/$hook &&
			test_line_count -lt 20 .git/hooks/$hook || return 1
		done
	)
'

test_expect_success 'installing twice changes nothing' '
	(
		cd plain &&
		picture .git >../before &&
		git migrate hooks install >out &&
		test_grep "^pre-commit is installed already" out &&
		rm out &&
		picture .git >../after &&
		test_cmp ../before ../after
	)
'

test_expect_success 'uninstall leaves no trace' '
	repository trace &&
	(
		cd trace &&
		picture . >../before &&
		git migrate hooks install >../out &&
		git migrate hooks uninstall >../out &&
		test_line_count = 6 ../out &&
		picture . >../after &&
		test_cmp ../before ../after &&
		mkdir .git/hooks &&
		picture . >../before &&
		git migrate hooks install -q >../out &&
		test_must_be_empty ../out &&
		git migrate hooks uninstall -q >../out &&
		test_must_be_empty ../out &&
		git migrate hooks uninstall >../out &&
		test_must_be_empty ../out &&
		picture . >../after &&
		test_cmp ../before ../after
	)
'

test_expect_success 'a dry run says what would be done, and does nothing' '
	repository dry &&
	(
		cd dry &&
		mkdir .git/hooks &&
		old_hook .git/hooks/pre-push &&
		picture . >../before &&
		git migrate hooks install --dry-run >../out &&
		test_grep "^would install pre-commit" ../out &&
		test_grep "^would install pre-push; .* is kept" ../out &&
		picture . >../after &&
		test_cmp ../before ../after &&
		git migrate hooks install -q &&
		picture . >../before &&
		git migrate hooks uninstall -n >../out &&
		test_grep "^would remove pre-push, and put back" ../out &&
		picture . >../after &&
		test_cmp ../before ../after
	)
'

test_expect_success 'what was there comes back byte for byte, mode and all' '
	repository kept &&
	(
		cd kept &&
		mkdir .git/hooks ours &&
		old_hook .git/hooks/pre-commit 750 &&
		printf "#!/bin/sh\r\n\001\377 no line end" \
			>.git/hooks/pre-push &&
		chmod 644 .git/hooks/pre-push &&
		old_hook ours/checkout &&
		ln -s ../../ours/checkout .git/hooks/post-checkout &&
		old_hook .git/hooks/commit-msg &&
		picture . >../before &&
		git migrate hooks install >../out &&
		test_grep "^installed pre-commit; .* runs first" ../out &&
		all_installed &&
		git migrate hooks >../out &&
		test_grep "installed  pre-commit  (after the one" ../out &&
		git migrate hooks install >../out &&
		git migrate hooks uninstall >../out &&
		test_grep "^removed pre-commit; .* is back" ../out &&
		picture . >../after &&
		test_cmp ../before ../after
	)
'

test_expect_success 'a hook that is kept runs first, with its arguments' '
	repository first &&
	(
		cd first &&
		mkdir .git/hooks &&
		old_hook .git/hooks/post-checkout &&
		old_hook .git/hooks/pre-commit &&
		git migrate hooks install -q &&
		: >"$TRASH/calls" &&
		git commit -q --allow-empty -m one &&
		one=$(git rev-parse HEAD) &&
		git checkout -q -b "a;b" &&
		cat >../expect <<-END &&
		old pre-commit.before-git-migrate ()
		old post-checkout.before-git-migrate ($one $one 1)
		END
		test_cmp ../expect "$TRASH/calls" &&
		echo "exit 7" >>.git/hooks/pre-commit.before-git-migrate &&
		test_must_fail git commit -q --allow-empty -m two &&
		.git/hooks/pre-commit; test $? = 7
	)
'

test_expect_success 'one that is not executable, or has no first line' '
	repository odd &&
	(
		cd odd &&
		mkdir .git/hooks &&
		old_hook .git/hooks/pre-commit 644 &&
		echo "echo bare >>\"\$TRASH/calls\"" \
			>.git/hooks/post-checkout &&
		chmod +x .git/hooks/post-checkout &&
		git migrate hooks install -q &&
		: >"$TRASH/calls" &&
		git commit -q --allow-empty -m one &&
		test_must_be_empty "$TRASH/calls" &&
		git checkout -q -b other &&
		echo bare >../expect &&
		test_cmp ../expect "$TRASH/calls"
	)
'

test_expect_success 'both get the whole input, even where one reads none' '
	repository input &&
	git init -q --bare input.git &&
	(
		cd input &&
		git commit -q --allow-empty -m one &&
		mkdir .git/hooks &&
		cat >.git/hooks/pre-push <<-\END &&
		#!/bin/sh
		cat >"$TRASH/input"
		END
		chmod +x .git/hooks/pre-push &&
		git migrate hooks install -q &&
		one=$(git rev-parse HEAD) &&
		git push -q ../input.git HEAD:one HEAD:two &&
		zero=$(echo $one | tr 0-9a-f 0) &&
		printf "HEAD $one refs/heads/%s $zero\n" one two >../expect &&
		test_cmp ../expect "$TRASH/input" &&
		printf "#!/bin/sh\nexit 3\n" \
			>.git/hooks/pre-push.before-git-migrate &&
		perl -e "print \"x\" x 79, \"\n\" for 1 .. 10000" >../much &&
		test_expect_code 3 .git/hooks/pre-push origin x <../much
	)
'

test_expect_success 'without the tool work passes, after the kept hook' '
	repository away &&
	(
		cd away &&
		mkdir .git/hooks &&
		old_hook .git/hooks/pre-commit &&
		git migrate hooks install -q &&
		: >"$TRASH/calls" &&
		mkdir ../bin &&
		for tool in git sh
		do
			ln -s "$(command -v $tool)" ../bin/$tool || return 1
		done &&
		PATH="$TRASH/work/bin" git commit -q --allow-empty -m one \
			2>../err &&
		test_grep "^warning: git-migrate isn.t installed" ../err &&
		test_line_count = 1 "$TRASH/calls"
	)
'

test_expect_success 'one hook alone, by its name' '
	repository single &&
	(
		cd single &&
		git migrate hooks install pre-push update &&
		states installed:pre-push installed:update &&
		git migrate hooks uninstall update &&
		states installed:pre-push &&
		test_expect_code 128 git migrate hooks install commit-msg \
			2>../err &&
		test_grep "^fatal: .commit-msg. is not a hook" ../err &&
		test_grep "^hint: they are pre-commit, .*, update" ../err &&
		states installed:pre-push
	)
'

test_expect_success 'a bare repository gets the hook of a server' '
	git init -q --bare server.git &&
	(
		cd server.git &&
		git migrate hooks install >../out &&
		echo "installed pre-receive" >../expect &&
		test_cmp ../expect ../out &&
		states installed:pre-receive
	)
'

test_expect_success 'a file that was copied there is recognised' '
	git init -q --bare copied.git &&
	cp "$GM_TEST_DIR/../hooks/shim" copied.git/hooks/update &&
	chmod +x copied.git/hooks/update &&
	(
		cd copied.git &&
		states installed:update &&
		git migrate hooks uninstall &&
		test_path_is_missing hooks/update
	)
'

test_expect_success 'one of another version is updated, and says so' '
	repository older &&
	(
		cd older &&
		mkdir .git/hooks &&
		old_hook .git/hooks/pre-commit &&
		git migrate hooks install -q &&
		cat >.git/hooks/pre-commit <<-\END &&
		#!/bin/sh
		# git-migrate:hook xxh3:02e8c9a5e33db3731fba66119c32c33a
		exec git-migrate hook pre-commit
		END
		git migrate hooks >../out &&
		test_grep "outdated   pre-commit  (of another version" ../out &&
		git migrate hooks install >../out &&
		test_grep "^updated pre-commit" ../out &&
		all_installed &&
		git migrate hooks uninstall -q &&
		ls .git/hooks >../out &&
		echo pre-commit >../expect &&
		test_cmp ../expect ../out &&
		test_grep "echo .old" .git/hooks/pre-commit
	)
'

test_expect_success 'one that may not be executed is made to' '
	repository mode &&
	(
		cd mode &&
		git migrate hooks install -q &&
		chmod -x .git/hooks/pre-push &&
		git migrate hooks status >../out &&
		test_grep "disabled   pre-push  (not executable" ../out &&
		git migrate hooks install -q &&
		all_installed
	)
'

test_expect_success 'one that was changed by hand is left as it is' '
	repository changed &&
	(
		cd changed &&
		git migrate hooks install -q &&
		echo "echo mine" >>.git/hooks/pre-push &&
		picture . >../before &&
		git migrate hooks >../out &&
		test_grep "changed    pre-push  (changed by hand)" ../out &&
		test_expect_code 1 git migrate hooks install 2>../err &&
		test_grep "^error: .*pre-push. was changed by hand" ../err &&
		test_grep "^hint: .*rm .*/pre-push" ../err &&
		picture . >../after &&
		test_cmp ../before ../after &&
		test_expect_code 1 git migrate hooks uninstall 2>../err &&
		test_grep "pre-push. was changed by hand" ../err &&
		ls .git/hooks >../out &&
		test_grep pre-push ../out &&
		test_grep ! pre-commit ../out
	)
'

test_expect_success 'another hook that took the place of ours stays' '
	repository taken &&
	(
		cd taken &&
		mkdir .git/hooks &&
		old_hook .git/hooks/pre-commit &&
		git migrate hooks install -q &&
		rm .git/hooks/pre-commit &&
		printf "#!/bin/sh\necho newer\n" >.git/hooks/pre-commit &&
		picture . >../before &&
		git migrate hooks >../out &&
		test_grep "other      pre-commit  (another hook" ../out &&
		test_expect_code 1 git migrate hooks install 2>../err &&
		test_grep "there is a .*before-git-migrate. already" ../err &&
		picture . >../after &&
		test_cmp ../before ../after &&
		test_expect_code 1 git migrate hooks uninstall 2>../err &&
		test_grep "can.t be put back" ../err &&
		test_grep newer .git/hooks/pre-commit &&
		test_path_exists .git/hooks/pre-commit.before-git-migrate
	)
'

test_expect_success 'a directory in the place of a hook is left alone' '
	repository blocked &&
	mkdir -p blocked/.git/hooks/pre-push/x &&
	test_expect_code 1 git -C blocked migrate hooks install 2>err &&
	test_grep "^error: .*pre-push. is not a file" err &&
	test_path_exists blocked/.git/hooks/pre-push/x &&
	test_path_exists blocked/.git/hooks/post-merge
'

test_expect_success 'linked worktrees share the hooks' '
	repository main-tree &&
	(
		cd main-tree &&
		git commit -q --allow-empty -m one &&
		git worktree add -q ../linked &&
		cd ../linked &&
		git migrate hooks install -q &&
		test_path_exists ../main-tree/.git/hooks/pre-commit &&
		test_path_is_missing ../main-tree/.git/worktrees/linked/hooks &&
		all_installed &&
		cd ../main-tree &&
		all_installed
	)
'

test_expect_success 'a submodule has hooks of its own' '
	repository super &&
	repository library &&
	git -C library commit -q --allow-empty -m one &&
	(
		cd super &&
		git -c protocol.file.allow=always submodule --quiet add \
			../library sub &&
		cd sub &&
		git migrate hooks install -q &&
		all_installed &&
		test_path_exists ../.git/modules/sub/hooks/pre-commit &&
		test_path_is_missing ../.git/hooks/pre-commit
	)
'

# Each is a value of core.hooksPath that leads into the git directory.
test_expect_success 'core.hooksPath inside the git directory is obeyed' '
	repository within &&
	(
		cd within &&
		git config core.hooksPath .git/my-hooks &&
		git migrate hooks install -q &&
		test_path_exists .git/my-hooks/pre-commit &&
		test_path_is_missing .git/hooks &&
		git migrate hooks status --json >../out &&
		json "\$j->{directory}" <../out >../actual &&
		echo "$PWD/.git/my-hooks" >../expect &&
		test_cmp ../expect ../actual &&
		mkdir -p sub &&
		cd sub &&
		all_installed &&
		git migrate hooks uninstall >../../out &&
		test_line_count = 6 ../../out &&
		test_path_is_missing ../.git/my-hooks
	)
'

test_expect_success 'outside of it nothing is written, and the lines told' '
	repository husky &&
	(
		cd husky &&
		mkdir .husky &&
		echo "npm test" >.husky/pre-commit &&
		git config core.hooksPath .husky &&
		picture . >../before &&
		test_expect_code 1 git migrate hooks install >../out 2>../err &&
		test_grep "^error: .*/.husky., outside of the git dir" ../err &&
		test_line_count = 12 ../out &&
		sed -n "s/^	//p" ../out | sed -n 1p >../line &&
		test_grep "git migrate hook pre-commit -- \"\$@\" || exit" \
			../line &&
		head -n 1 ../out >../file &&
		echo "$PWD/.husky/pre-commit" >../expect &&
		test_cmp ../expect ../file &&
		picture . >../after &&
		test_cmp ../before ../after &&
		cat ../line >>.husky/pre-commit &&
		states called:pre-commit &&
		git migrate hooks >../out &&
		test_grep "outside of the git directory" ../out &&
		test_expect_code 1 git migrate hooks install >../out 2>../err &&
		test_line_count = 10 ../out &&
		git migrate hooks install pre-commit >../out &&
		test_grep "call it already" ../out &&
		git migrate hooks uninstall 2>../err &&
		test_grep "hint: take the line .* out of .*pre-commit" ../err
	)
'

test_expect_success 'where husky runs from below, its own files are named' '
	repository husky9 &&
	(
		cd husky9 &&
		mkdir -p .husky/_ &&
		git config core.hooksPath .husky/_ &&
		test_expect_code 1 git migrate hooks install >../out 2>../err &&
		test_grep "^$PWD/.husky/pre-commit\$" ../out &&
		echo "git migrate hook pre-commit" >.husky/pre-commit &&
		states called:pre-commit
	)
'

test_expect_success 'a link out of the git directory is outside' '
	repository link &&
	(
		cd link &&
		mkdir shared &&
		ln -s ../shared .git/hooks &&
		test_expect_code 1 git migrate hooks install >../out 2>../err &&
		test_grep "outside of the git directory" ../err &&
		ls -A shared >../out &&
		test_must_be_empty ../out
	)
'

test_expect_success 'a path that begins with ~ is the home' '
	repository home &&
	(
		cd home &&
		git config core.hooksPath "~/hooks" &&
		test_expect_code 1 git migrate hooks install >../out 2>../err &&
		test_grep "^$HOME/hooks/pre-commit\$" ../out
	)
'

test_expect_success 'hooks that were installed before the move come off' '
	repository moved &&
	(
		cd moved &&
		git migrate hooks install -q &&
		git config core.hooksPath ../shared-hooks &&
		git migrate hooks uninstall >../out &&
		test_line_count = 6 ../out &&
		test_path_is_missing .git/hooks
	)
'

# What an install leaves that is killed after each of its steps; in the last
# one the file system has no links.
after_file() {
	printf "#!/bi" >.git/hooks/pre-commit.git-migrate-new
}
after_link() {
	after_file &&
	ln .git/hooks/pre-commit .git/hooks/pre-commit.before-git-migrate
}
after_rename() {
	mv .git/hooks/pre-commit .git/hooks/pre-commit.before-git-migrate
}

test_expect_success 'killed after any step, the next run completes it' '
	for step in after_file after_link after_rename
	do
		for verb in install uninstall
		do
			rm -rf killed &&
			repository killed &&
			(
				cd killed &&
				mkdir .git/hooks &&
				old_hook .git/hooks/pre-commit 750 &&
				picture . >../before &&
				$step &&
				git migrate hooks $verb -q &&
				if test $verb = install
				then
					all_installed &&
					git migrate hooks uninstall -q
				fi &&
				picture . >../after &&
				test_cmp ../before ../after
			) || return 1
		done || return 1
	done
'

rounds=10
test -z "${GM_TEST_SLOW-}" || rounds=200
export rounds

test_expect_success 'killed at any time, each hook is as before or as after' '
	repository loop &&
	(
		cd loop &&
		mkdir .git/hooks &&
		for hook in $client
		do
			old_hook .git/hooks/$hook || return 1
		done &&
		picture . >../before &&
		cp .git/hooks/pre-push ../old &&
		git migrate hooks install -q &&
		cp .git/hooks/pre-push ../ours &&
		git migrate hooks uninstall -q &&
		round=0 &&
		while test $round -lt $rounds
		do
			round=$((round + 1)) &&
			{ git-migrate hooks install -q & } &&
			pid=$! &&
			perl -e "select undef, undef, undef, rand 0.01" &&
			{ kill -9 $pid 2>/dev/null || :; } &&
			{ wait $pid || :; } &&
			for hook in $client
			do
				cmp -s .git/hooks/$hook ../old || {
					cmp .git/hooks/$hook ../ours &&
					cmp ../old .git/hooks/$hook.before-*
				} || return 1
			done &&
			git migrate hooks install -q &&
			all_installed &&
			git migrate hooks uninstall -q &&
			picture . >../after &&
			test_cmp ../before ../after || return 1
		done
	)
'

test_expect_success 'two at once do not get in the way of each other' '
	repository twice &&
	(
		cd twice &&
		mkdir .git/hooks &&
		for hook in $client
		do
			old_hook .git/hooks/$hook || return 1
		done &&
		picture . >../before &&
		{ git migrate hooks install -q & } &&
		first=$! &&
		git migrate hooks install -q &&
		wait $first &&
		all_installed &&
		git migrate hooks uninstall -q &&
		picture . >../after &&
		test_cmp ../before ../after
	)
'

test_expect_success 'names with quotes, line ends and what a shell acts on' '
	name="it'\''s a \"\$(touch pwned)\" ;&
	*" &&
	repository "$name" &&
	(
		cd "$name" &&
		mkdir .git/hooks &&
		old_hook .git/hooks/pre-commit &&
		git migrate hooks install -q &&
		all_installed &&
		: >"$TRASH/calls" &&
		git commit -q --allow-empty -m one &&
		test_line_count = 1 "$TRASH/calls" &&
		git checkout -q -b "x\$(touch\${IFS}pwned);'\''" &&
		git migrate hooks uninstall -q &&
		git ls-files -o >../out &&
		test_must_be_empty ../out
	)
'

test_expect_success 'init installs them, unless it is told not to' '
	repository new &&
	(
		cd new &&
		git migrate init >out &&
		test_grep "^installed git hooks" out &&
		all_installed
	) &&
	repository without &&
	(
		cd without &&
		git migrate init --no-hooks >out &&
		test_grep ! "hooks" out &&
		test_path_is_missing .git/hooks
	) &&
	repository elsewhere &&
	(
		cd elsewhere &&
		git config core.hooksPath .githooks &&
		git migrate init >out 2>err &&
		test_grep ! "installed" out &&
		test_grep "^hint: your hooks are in .*githooks" err &&
		test_path_is_missing .githooks
	)
'

test_expect_success 'usage' '
	(
		cd plain &&
		test_expect_code 129 git migrate hooks remove 2>err &&
		test_expect_code 129 git migrate hooks status pre-push 2>err &&
		test_expect_code 129 git migrate hooks install --json 2>err &&
		test_expect_code 129 git migrate hook 2>err &&
		test_expect_code 128 git migrate hook commit-msg 2>err &&
		git migrate help >out &&
		test_grep "^  hooks " out &&
		test_grep ! "^  hook " out
	) &&
	mkdir nowhere &&
	test_expect_code 128 git -C nowhere migrate hooks 2>err &&
	test_grep "^fatal: not in a git repository" err
'

test_done
