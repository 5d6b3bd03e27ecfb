# shellcheck shell=sh
# A git that kills whoever calls it. It is sourced behind test-lib.sh.
#
#	kill_at CALL [after] COMMAND…	runs the command, which dies when it
#		calls git for the CALLth time: before git does its work, or
#		after. Returns 137 then; else the command has come to its end.
#		What it prints is in $TRASH/killed.out.

mkdir "$TRASH/killing"
cat >"$TRASH/killing/git" <<END
#!/bin/sh
n=1
until mkdir "\$CALLS/\$n" 2>/dev/null
do
	n=\$((n + 1))
done
if test "\$n" != "\$KILL_AT"
then
	exec "$(command -v git)" "\$@"
fi
test -z "\$KILL_AFTER" || "$(command -v git)" "\$@"
kill -9 "\$PPID"
END
chmod +x "$TRASH/killing/git"

# A git that outlives who called it may still write: it has the pipe, whose end
# comes when all of them are gone.
kill_at() {
	{
		(
			CALLS=$TRASH/calls KILL_AT=$1 KILL_AFTER=
			shift
			test "$1" != after || {
				KILL_AFTER=1
				shift
			}
			PATH="$TRASH/killing:$PATH"
			export CALLS KILL_AT KILL_AFTER PATH
			rm -rf "$CALLS" && mkdir "$CALLS" &&
			exec "$@"
		)
		echo $? >"$TRASH/killed.status"
	} 2>&1 | cat >"$TRASH/killed.out"
	return "$(cat "$TRASH/killed.status")"
}
