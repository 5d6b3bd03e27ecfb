# shellcheck shell=sh
# For the scripts on hooks: what was said is in $TRASH/said.

said() {
	test_grep "$@" "$TRASH/said"
}

nothing_said() {
	test_must_be_empty "$TRASH/said"
}

# edit FILE: changes what its up section does.
edit() {
	sed "s/id INTEGER/ident INTEGER/" "$1" >"$TRASH/edited" &&
	cat "$TRASH/edited" >"$1"
}
