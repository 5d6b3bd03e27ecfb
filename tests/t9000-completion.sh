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

test_expect_success 'what hooks does, and to which' '
	complete git-migrate hooks un >actual &&
	echo uninstall >expect &&
	test_cmp expect actual &&
	complete git migrate hooks install pre-c >actual &&
	echo pre-commit >expect &&
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
	complete git migrate apply --sin >actual &&
	echo --single-transaction >expect &&
	test_cmp expect actual &&
	complete git migrate -C deep seal --st >actual &&
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
	complete git migrate apply --at to >actual &&
	echo topic >expect &&
	test_cmp expect actual
'

# What the program itself says: its commands, and the options of one.
commands() {
	git migrate help |
		sed -n 's/^  \([a-z-]*\),* *\([a-z]*\)  .*/\1 \2/p' |
		tr -s ' ' '\n' | sed '/^$/d' | sort
}

options() {
	git migrate help "$1" |
		sed -n 's/^    \(-., \)\{0,1\}\(--[a-z-]*\).*/\2/p' | sort
}

# What zsh is told of a command's options.
zsh_options() {
	zsh -f -c '
		_arguments() {
			if [[ $1 = -C ]]; then
				state=arguments line=($wanted)
				return 1
			fi
			print -rl -- "$@"
		}
		wanted=$1
		words=(git migrate $1)
		. "$COMPLETION/_git-migrate"
	' zsh "$1" |
		sed -n 's/^\(([^)]*)\)\{0,1\}\**\(--[a-z-]*\).*/\2/p' | sort
}

test_expect_success 'bash and zsh know the commands that there are' '
	commands >expect &&
	test_grep "^rollback$" expect &&
	test_grep "^down$" expect &&
	complete git migrate "" | sort >actual &&
	test_cmp expect actual &&
	zsh -f -n "$COMPLETION/_git-migrate" &&
	sed -n "/commands=(/,/)/s/.*'\''\([a-z-]*\):.*/\1/p" \
		"$COMPLETION/_git-migrate" | sort >actual &&
	test_cmp expect actual
'

test_expect_success 'bash and zsh know the options that there are' '
	for command in $(commands)
	do
		options "$command" >expect &&
		test_grep "^--help$" expect &&
		complete git migrate "$command" -- | sort >actual &&
		test_cmp expect actual &&
		zsh_options "$command" >actual &&
		test_cmp expect actual || {
			echo "in $command" >&2
			return 1
		}
	done
'

test_done
