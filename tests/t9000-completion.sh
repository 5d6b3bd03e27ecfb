#!/bin/sh
test_description='completion in bash and zsh'
. "${0%/*}/test-lib.sh"

test_require bash zsh

COMPLETION=${GM_TEST_DIR%/*}/contrib/completion
export COMPLETION

# complete WORD…: what bash offers for the last word, one per line.
complete() {
	# The inner shell expands it.
	# shellcheck disable=SC2016
	bash --norc -c '
		. "$COMPLETION/git-migrate.bash"
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		_git_migrate
		printf "%s\n" "${COMPREPLY[@]}"
	' bash "$@"
}

test_expect_success 'set up a project' '
	git init -q . &&
	make_migration 0001_users "SELECT 1;" "" &&
	make_migration 0002_posts "SELECT 1;" "" &&
	git config -f .gitmigrate migrate.dir migrations &&
	git config -f .gitmigrate migrate-target.production.url sqlite:p.db &&
	git config migrate-target.a.b.url sqlite:a.db &&
	test_commit_all first &&
	git branch topic
'

test_expect_success 'the commands, as a program and as a command of git' '
	complete git-migrate st >actual &&
	echo status >expect &&
	test_cmp expect actual &&
	complete git migrate st >actual &&
	test_cmp expect actual &&
	complete git -C . migrate st >actual &&
	test_cmp expect actual &&
	complete git migrate help roll >actual &&
	echo rollback >expect &&
	test_cmp expect actual
'

test_expect_success 'the words that git hands on, not those of bash' '
	bash --norc -c "
		. \"\$COMPLETION/git-migrate.bash\"
		COMP_WORDS=(git migrate rollback --dry = x)
		COMP_CWORD=5
		words=(git migrate rollback --dry)
		cword=3
		_git_migrate
		printf \"%s\\n\" \"\${COMPREPLY[@]}\"
	" >actual &&
	echo --dry-run >expect &&
	test_cmp expect actual
'

test_expect_success 'the options of a command' '
	complete git migrate apply --al >actual &&
	echo --allow-out-of-order >expect &&
	test_cmp expect actual &&
	complete git migrate --target production seal --st >actual &&
	echo --staged >expect &&
	test_cmp expect actual
'

test_expect_success 'the migrations of the work tree, from below its top' '
	printf "%s\n" 0001_users 0002_posts >expect &&
	complete git migrate apply "" >actual &&
	test_cmp expect actual &&
	mkdir -p deep/down &&
	(cd deep/down && complete git migrate rollback --to 0002) >actual &&
	echo 0002_posts >expect &&
	test_cmp expect actual
'

test_expect_success 'targets and branches' '
	printf "%s\n" a.b production >expect &&
	complete git migrate apply --target "" >actual &&
	test_cmp expect actual &&
	complete git migrate conflicts to >actual &&
	echo topic >expect &&
	test_cmp expect actual
'

test_expect_success 'zsh reads its file, and offers the same commands' '
	zsh -f -n "$COMPLETION/_git-migrate" &&
	sed -n "/commands=(/,/)/s/.*'\''\([a-z]*\):.*/\1/p" \
		"$COMPLETION/_git-migrate" | sort >zsh &&
	complete git migrate "" | sort >bash &&
	test_cmp bash zsh
'

test_done
