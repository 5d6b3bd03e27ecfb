# shellcheck shell=bash
# Completion of git-migrate for bash, both as "git migrate", where git's own
# completion calls _git_migrate, and as "git-migrate".

__git_migrate_commands="accept apply baseline check conflicts
	create-database down drop-database fake help hooks init log merge new
	plan rebase redo reset restore rollback seal show status sync up"

# The options of a command: its own, and those of its groups.
__git_migrate_options() {
	local resume="--continue --restart --abort --ran --not-ran"

	case $1 in
	init) echo --numbering --no-hooks --url --dir ;;
	new) echo --app --edit --no-down --dir ;;
	status) echo --exit-code ;;
	log) echo --max-count --graph --oneline ;;
	apply | up)
		echo --to --count --at --single-transaction \
			--allow-out-of-order "$resume" ;;
	rollback | down)
		echo --count --to --batch --all --from-file \
			--single-transaction --yes "$resume" ;;
	redo) echo --count --yes ;;
	reset) echo --hard --yes ;;
	create-database) echo --if-not-exists --dry-run --quiet ;;
	drop-database) echo --if-exists --yes ;;
	sync) echo --no-single-transaction --yes ;;
	fake) echo --all --undo --yes ;;
	plan)
		echo --to --count --at --rollback --batch --all --from-file \
			--allow-out-of-order ;;
	seal) echo --staged --dir --dry-run --quiet ;;
	rebase)
		echo --continue --abort --quit --dir --dry-run --quiet ;;
	check)
		echo --staged --base --range --database --format \
			--porcelain --json --quiet ;;
	conflicts) echo --all --refs ;;
	hooks) echo --porcelain --json --dry-run --quiet ;;
	merge) echo --app --join --edit --dry-run --quiet ;;
	esac
	case $1 in
	init | new | seal | hooks | rebase | help) ;;
	conflicts | merge) echo --url --target --env-file --dir ;;
	*) echo --url --target --env-file --dir --wait-for-database ;;
	esac
	case $1 in
	status | log | show | conflicts) echo --porcelain --json ;;
	restore) echo --dry-run --quiet ;;
	apply | up | rollback | down | redo | reset | sync | fake | baseline | \
		accept | drop-database)
		echo --no-wait --wait --lock-timeout --dry-run --quiet ;;
	esac
	echo --help
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

# The names of the targets, or apps, in .gitmigrate and in git's
# configuration.
__git_migrate_names() {
	local top

	top=$(git rev-parse --show-toplevel 2>/dev/null) || top=.
	{
		git config -f "$top/.gitmigrate" --name-only \
			--get-regexp "^migrate-$1\."
		git config --name-only --get-regexp "^migrate-$1\."
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
	local hooks="pre-commit pre-merge-commit pre-push post-checkout
		post-merge post-rewrite pre-receive update"

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
		-C) i=$((i + 1)) ;;
		-*) ;;
		*)
			command=${line[i]}
			break ;;
		esac
		i=$((i + 1))
	done

	case $before in
	--target)
		__git_migrate_reply "$(__git_migrate_names target)" "$word"
		return ;;
	--numbering)
		__git_migrate_reply "timestamp sequence date" "$word"
		return ;;
	--env-file | --dir)
		# Names of files, which bash completes by itself.
		COMPREPLY=()
		return ;;
	--format)
		__git_migrate_reply "github gitlab" "$word"
		return ;;
	--app)
		__git_migrate_reply "$(__git_migrate_names app)" "$word"
		return ;;
	--at | --base)
		__git_migrate_reply "$(__git_migrate_refs)" "$word"
		return ;;
	--url | --count | -c | --max-count | --wait | --wait-for-database | \
	--lock-timeout | --refs | --range)
		COMPREPLY=()
		return ;;
	esac

	case $command,$word in
	,-*)
		__git_migrate_reply "--help --version" "$word" ;;
	*,-*)
		__git_migrate_reply "$(__git_migrate_options "$command")" \
			"$word" ;;
	,* | help,*)
		__git_migrate_reply "$__git_migrate_commands" "$word" ;;
	init,* | new,* | status,* | log,* | redo,* | reset,* | \
	create-database,* | drop-database,*)
		COMPREPLY=() ;;
	hooks,*)
		test "$before" != hooks ||
			hooks="install uninstall status"
		__git_migrate_reply "$hooks" "$word" ;;
	check,* | conflicts,* | rebase,* | sync,*)
		__git_migrate_reply "$(__git_migrate_refs)" "$word" ;;
	*)
		__git_migrate_reply "$(__git_migrate_ids)" "$word" ;;
	esac
}

complete -o bashdefault -o default -F _git_migrate git-migrate
