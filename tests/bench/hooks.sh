#!/bin/sh
# What the hooks cost where they have nothing to say: each as git calls it,
# in a project of 101 migrations and in one of 10,000.
. "${0%/*}/common"

rounds=${BENCH_ROUNDS:-15}

# hook LABEL PREPARE NAME ARGUMENTS [INPUT]
hook() {
	"$measure" time "$1, $n" 15 "$rounds" "$2" \
		"git-migrate hook $3 $4 ${5:+<$5 }>/dev/null"
}

# Published, applied, seen once; and a branch with one more.
project() {
	n=$1
	start_repository "$n" 50
	git -c migrate.autoSeal=false migrate apply -q --single-transaction
	git migrate seal >/dev/null 2>&1
	git add .gitmigrate migrations
	git commit -q -m series
	git update-ref refs/remotes/origin/main HEAD
	git-migrate check HEAD >/dev/null 2>&1
	git commit -q --allow-empty -m nothing
	nothing=$(git rev-parse HEAD)
	git migrate new more >/dev/null
	sed -i -e 's/^-- migrate:up/&\nCREATE TABLE more (id INTEGER);/' \
		-e 's/^-- migrate:down/&\nDROP TABLE more;/' \
		migrations/*_more.sql
	git migrate seal -q
	git add migrations
	git commit -q -m more
	more=$(git rev-parse HEAD)
	git migrate apply -q
	zero=0000000000000000000000000000000000000000
	base=$(git rev-parse origin/main)
	echo "refs/heads/main $nothing refs/heads/x $zero" >push.untouched
	echo "refs/heads/main $more refs/heads/x $base" >push.touched
	echo "$base $nothing refs/heads/x" >receive.untouched
	echo "$base $more refs/heads/x" >receive.touched
	echo "$nothing $more" >rewrite
}

forget='rm -f .git/migrate/clean'

hooks() {
	git update-ref ORIG_HEAD "$nothing"
	git reset -q --soft HEAD^
	git read-tree "$nothing"
	echo x >other
	git add other
	hook 'pre-commit, no migration' : pre-commit ''
	hook 'pre-merge-commit, no migration' : pre-merge-commit ''
	git read-tree "$more"
	hook 'pre-commit, one migration' "$forget" pre-commit ''
	hook 'pre-merge-commit, one migration' "$forget" pre-merge-commit ''
	git reset -q --hard "$more"
	hook 'pre-push, no migration' : pre-push 'x y' push.untouched
	hook 'pre-push, one migration' "$forget" pre-push 'x y' push.touched
	hook 'pre-receive, no migration' : pre-receive '' receive.untouched
	hook 'pre-receive, one migration' "$forget" pre-receive '' \
		receive.touched
	hook 'update, one migration' "$forget" update \
		"refs/heads/x $base $more"
	hook 'post-checkout, no migration' : post-checkout \
		"$base $nothing 1"
	hook 'post-merge, no migration' 'git update-ref ORIG_HEAD HEAD' \
		post-merge 0
	hook 'post-rewrite, no migration' 'git update-ref ORIG_HEAD HEAD' \
		post-rewrite rebase rewrite
	sleep 3
	git-migrate status >/dev/null
	hook 'post-checkout, one migration' : post-checkout \
		"$base $more 1"
	hook 'post-merge, one migration' \
		"git update-ref ORIG_HEAD $nothing" post-merge 0
}

for size in 101 10000
do
	mkdir "$size"
	cd "$size"
	project "$size"
	hooks
	cd ..
done
