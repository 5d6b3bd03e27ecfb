# shellcheck shell=bash
# Completion of git-migrate for bash, both as "git migrate", where git's own
# completion calls _git_migrate, and as "git-migrate".

__git_migrate_commands="accept apply baseline check conflicts down fake help
	hooks init log merge new plan rebase redo reset restore rollback seal
	show status sync up"

# The options of a command, beside those that all of them have.
__git_migrate_options() {
	case $1 in
	init) echo --dir --numbering --no-hooks ;;
	new) echo --edit --no-down ;;
	status) echo --exit-code --porcelain --json ;;
	log) echo --graph --porcelain --json ;;
	show) echo --porcelain --json ;;
	apply | up)
		echo --to --at --single-transaction --dry-run --no-wait \
			--wait= --continue --restart --abort --ran --not-ran \
			--allow-out-of-order ;;
	rollback | down)
		echo --to --batch --all --from-file --dry-run --no-wait \
			--wait= ;;
	redo) echo --dry-run --no-wait --wait= ;;
	reset) echo --yes --dry-run --no-wait --wait= ;;
	fake) echo --all --undo --dry-run ;;
	baseline | accept | restore | merge | rebase | sync)
		echo --dry-run
		test "$1" != merge || echo --join ;;
	plan) echo --to --rollback ;;
	seal) echo --staged --dry-run ;;
	check) echo --staged --range --base --database --porcelain --json ;;
	conflicts) echo --all --porcelain --json ;;
	esac
	echo --help
	case $1 in
	hooks | help | init | new) echo --url ;;
	*) echo --url --target --env-file --dir ;;
	esac
}

# The ids of the migrations in the work tree.
__git_migrate_ids() {
	local top dir file

	top=$(git rev-parse --show-toplevel 2>/dev/null) || top=.
	dir=$(git config -f "$top/.gitmigrate" migrate.dir 2>/dev/null) ||
		dir=migrations
	for file in "$top/$dir"/*.sql
	do
		test -e "$file" || continue
		file=${file##*/}
		echo "${file%.sql}"
	done
}

# The names of the targets in .gitmigrate and in git's configuration.
__git_migrate_targets() {
	local top

	top=$(git rev-parse --show-toplevel 2>/dev/null) || top=.
	{
		git config -f "$top/.gitmigrate" --name-only \
			--get-regexp '^migrate-target\.'
		git config --name-only --get-regexp '^migrate-target\.'
	} 2>/dev/null | sed 's/^[^.]*\.\(.*\)\.[^.]*$/\1/' | sort -u
}

__git_migrate_refs() {
	git for-each-ref --format='%(refname:short)' \
		refs/heads refs/remotes refs/tags 2>/dev/null
}

# Fills COMPREPLY with those of the words that begin with the second argument.
__git_migrate_reply() {
	local word

	COMPREPLY=()
	while IFS= read -r word
	do
		COMPREPLY+=("$word")
	done < <(compgen -W "$1" -- "$2")
}

_git_migrate() {
	local line=("${COMP_WORDS[@]}") at=$COMP_CWORD
	local word before command='' i

	# git's completion hands on the words without the breaks at "=" or ":".
	if test -n "${words+set}" && test -n "${cword+set}"
	then
		# shellcheck disable=SC2154
		line=("${words[@]}") at=$cword
	fi
	word=${line[at]}
	before=${line[at - 1]}

	# The command is the first word behind "migrate" that is no option.
	i=1
	if test "${line[0]##*/}" != git-migrate
	then
		while test "$i" -lt "$at" && test "${line[i]}" != migrate
		do
			i=$((i + 1))
		done
		i=$((i + 1))
	fi
	while test "$i" -lt "$at"
	do
		case ${line[i]} in
		--url | --target | --env-file | --dir | -C)
			i=$((i + 1)) ;;
		-*) ;;
		*)
			command=${line[i]}
			break ;;
		esac
		i=$((i + 1))
	done

	case $before in
	--target)
		__git_migrate_reply "$(__git_migrate_targets)" "$word"
		return ;;
	--numbering)
		__git_migrate_reply "timestamp sequence date" "$word"
		return ;;
	--env-file | --dir)
		# Names of files, which bash completes by itself.
		COMPREPLY=()
		return ;;
	--at | --base | --range)
		__git_migrate_reply "$(__git_migrate_refs)" "$word"
		return ;;
	esac

	case $command,$word in
	,-*)
		__git_migrate_reply "--help --version" "$word" ;;
	,* | help,*)
		__git_migrate_reply "$__git_migrate_commands" "$word" ;;
	*,-*)
		__git_migrate_reply "$(__git_migrate_options "$command")" \
			"$word" ;;
	hooks,*)
		__git_migrate_reply "install uninstall status" "$word" ;;
	conflicts,* | rebase,* | sync,*)
		__git_migrate_reply "$(__git_migrate_refs)" "$word" ;;
	init,* | new,* | merge,* | check,* | status,* | reset,*)
		COMPREPLY=() ;;
	*)
		__git_migrate_reply "$(__git_migrate_ids)" "$word" ;;
	esac
}

complete -o bashdefault -o default -F _git_migrate git-migrate
