#!/bin/sh
test_description='MariaDB: TLS, files of options, passwords from git'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-mysql.sh"

test_require openssl

# authority NAME; certificate NAME, for that host, signed by "right".
authority() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1 CA" \
		-keyout "$1-key.pem" -out "$1.pem" 2>/dev/null
}

certificate() {
	openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" \
		-keyout "$1-key.pem" -out "$1.csr" 2>/dev/null &&
	openssl x509 -req -in "$1.csr" -CA right.pem -CAkey right-key.pem \
		-CAcreateserial -days 2 -out "$1.pem" 2>/dev/null
}

# The server reads them as another user, from where it may.
PEM=$GM_SERVERS_DIR/pem_$$
mkdir "$PEM" && chmod 755 "$PEM" && cd "$PEM" &&
authority right && authority wrong && certificate localhost &&
chmod 644 ./* && cd "$TRASH/work" || exit 1
# shellcheck disable=SC2034 # the tests use it
plain=127.0.0.1:$MYSQL_PORT
own_server tls "ssl-cert=$PEM/localhost.pem" "ssl-ca=$PEM/right.pem" \
	"ssl-key=$PEM/localhost-key.pem" require_secure_transport=ON || exit 1

make_migration 0001_a "SELECT 1;" "" || exit 1
my -e "CREATE USER app@'%' IDENTIFIED BY 's3cr3t';
	GRANT ALL ON $DATABASE.* TO app@'%'" || exit 1

# try URL…: what status says, with its exit code; all of it is kept.
try() {
	git migrate status --dir migrations "$@" >out 2>&1
	echo "exit $?" >>out
	cat out >>all
}

test_expect_success 'each ssl-mode does what its name says' '
	sed "s/PORT/$MYSQL_PORT/; s|PEM|$PEM|g" >cases <<-\END &&
	localhost:PORT||exit 0
	localhost:PORT|ssl-mode=preferred|exit 0
	localhost:PORT|ssl-mode=required|exit 0
	localhost:PORT|ssl-mode=REQUIRED&ssl-ca=PEM/right.pem|exit 0
	localhost:PORT|ssl-mode=disabled|leave out ssl-mode=disabled
	localhost:PORT|ssl-ca=PEM/right.pem|exit 0
	localhost:PORT|ssl-ca=PEM/wrong.pem|wrong.pem. is not of the auth
	localhost:PORT|ssl-mode=required&ssl-ca=PEM/wrong.pem|no TLS conn
	localhost:PORT|ssl-mode=verify_ca&ssl-ca=PEM/wrong.pem|no TLS conn
	localhost:PORT|ssl-mode=verify_identity&ssl-ca=PEM/wrong.pem|no TLS
	localhost:PORT|ssl-mode=verify_identity|no TLS connection
	localhost:PORT|ssl-mode=verify_identity&ssl-ca=PEM/right.pem|exit 0
	127.0.0.1:PORT|ssl-mode=verify_identity&ssl-ca=PEM/right.pem|another ho
	127.0.0.1:PORT|ssl-ca=PEM/right.pem|certificate names another host
	127.0.0.1:PORT|ssl-mode=verify_ca&ssl-ca=PEM/right.pem|exit 0
	127.0.0.1:PORT|ssl-mode=verify_ca|verify_ca needs ssl-ca
	localhost:PORT|ssl-ca=PEM/none.pem|ssl-ca names .PEM/none.pem.,.*No such
	localhost:PORT|ssl-cert=PEM/no.pem&ssl-key=PEM/right.pem|ssl-cert names
	END
	while IFS="|" read -r host query words
	do
		try --url "mysql://app:s3cr3t@$host/$DATABASE?$query" &&
		test_grep "$words" out || {
			echo "for $host $query" >&2
			return 1
		}
	done <cases
'

test_expect_success 'TLS that must be is refused where the server has none' '
	for query in "ssl-mode=required" "ssl-mode=verify_identity" \
		"ssl-mode=verify_ca&ssl-ca=$PEM/right.pem"
	do
		try --url "mysql://root:s3cr3t@$plain/$DATABASE?$query" &&
		test_grep "no TLS connection to .$plain" out || return 1
	done &&
	try --url "mysql://root@$plain/$DATABASE" && test_grep "exit 0" out
'

# The greeting holds the user's name, and behind it how long the proof is.
for nth in 1 2
do
	test_expect_success "connection $nth gives nothing away without TLS" - \
		<<-\EOT
		rm -f port* && git init -q stripped && cd stripped &&
		test_when_finished "cd .. && rm -rf stripped" &&
		make_migration 0001_a "CREATE TABLE stripped (i INT);" "" &&
		for mode in required verify_ca
		do
			{ "$GM_TEST_DIR/mysql-proxy" port "$MYSQL_PORT" \
				strip "$nth" & } && proxy=$! &&
			wait_until test -e port &&
			at="app:s3cr3t@127.0.0.1:$(cat port)/$DATABASE" &&
			at="$at?ssl-mode=$mode&ssl-ca=$PEM/right.pem" &&
			test_expect_code 128 git migrate apply \
				--url "mysql://$at" >out 2>&1 &&
			wait_until test -s port.said && kill "$proxy" &&
			cat out >>../all &&
			test_grep "no TLS connection to .*the server has" out &&
			perl -0777 -ne "exit !/^.{36}app\\0\\0/s" port.said &&
			test "$(wc -c <port.said)" = "$(perl -0777 -ne \
				"print 4 + unpack(\"V\", substr(\$_, 0, 3) .
					\"\\0\")" port.said)" &&
			rm -f port* || return 1
		done
	EOT
done

test_expect_success 'the files of the client say what the URL does not' '
	test_when_finished "rm -rf \"\$HOME/.my.cnf\" elsewhere" &&
	printf "%s\n" "[client]" user=app password=s3cr3t host=127.0.0.1 \
		"port=$MYSQL_PORT" >"$HOME/.my.cnf" &&
	try --url "mysql:///$DATABASE" && test_grep "exit 0" out &&
	try --url "mysql://app:wrong@127.0.0.1:$MYSQL_PORT/$DATABASE" &&
	test_grep "exit 128" out &&
	mkdir elsewhere && mv "$HOME/.my.cnf" elsewhere/my.cnf &&
	try --url "mysql://app@127.0.0.1:$MYSQL_PORT/$DATABASE" &&
	test_grep "exit 128" out && test_grep "hint: .*~/.my.cnf" out &&
	(
		MYSQL_HOME=$PWD/elsewhere && export MYSQL_HOME &&
		try --url "mysql:///$DATABASE" && test_grep "exit 0" out
	) &&
	sed "s/\[client\]/[mysqldump]/" elsewhere/my.cnf >"$HOME/.my.cnf" &&
	try --url "mysql://app@127.0.0.1:$MYSQL_PORT/$DATABASE" &&
	test_grep "exit 128" out
'

test_expect_success 'what they allow for others is not allowed' '
	test_when_finished "rm \"\$HOME/.my.cnf\" infile/* && rmdir infile" &&
	printf "[client]\nlocal-infile=1\ndefault-character-set=latin1\n" \
		>"$HOME/.my.cnf" &&
	echo 1 >data.csv &&
	my "$DATABASE" -e "CREATE TABLE t (i INT)" &&
	my -e "SET GLOBAL local_infile = ON" &&
	MIGRATIONS=infile make_migration 0001_load \
		"LOAD DATA LOCAL INFILE '\''$PWD/data.csv'\''
			INTO TABLE t;" "" &&
	test_expect_code 128 git migrate apply --dir infile 2>err \
		--url "mysql://app:s3cr3t@localhost:$MYSQL_PORT/$DATABASE" &&
	test_grep "LOAD DATA LOCAL is not allowed" err &&
	git migrate apply --dir infile --abort \
		--url "mysql://app:s3cr3t@localhost:$MYSQL_PORT/$DATABASE" &&
	test "$(my "$DATABASE" -e "SELECT COUNT(*) FROM t")" = 0
'

# A helper that keeps one password, and notes what it is asked.
cat >"$HOME/helper" <<\END && chmod 755 "$HOME/helper" || exit 1
#!/bin/sh
echo "$1" >>"$HOME/asked"
cat >>"$HOME/asked"
test "$1" != get || echo "password=$(cat "$HOME/kept")"
END
git config --global credential.helper '!"$HOME/helper"'

test_expect_success 'a password that nobody gave comes from git' '
	url="mysql://app@127.0.0.1:$MYSQL_PORT/$DATABASE" &&
	echo s3cr3t >"$HOME/kept" && try --url "$url" &&
	test_grep "exit 0" out &&
	sed "/^capability\|^wwwauth\|^state/d" "$HOME/asked" >asked &&
	cat >expect <<-END &&
	get
	protocol=mysql
	host=127.0.0.1:$MYSQL_PORT
	username=app
	store
	protocol=mysql
	host=127.0.0.1:$MYSQL_PORT
	username=app
	password=s3cr3t
	END
	test_cmp expect asked
'

test_expect_success 'a wrong one is reported back' '
	rm "$HOME/asked" && echo s3cr3t-old >"$HOME/kept" &&
	try --url "$url" && test_grep "exit 128" out &&
	test_grep "does not let us in" out &&
	grep -v "=" "$HOME/asked" >asked && printf "get\nerase\n" >expect &&
	test_cmp expect asked
'

test_expect_success 'where the URL has one, git is not asked' '
	rm "$HOME/asked" &&
	try --url "mysql://app:s3cr3t-no@127.0.0.1:$MYSQL_PORT/$DATABASE" &&
	test_grep "exit 128" out && test_path_is_missing "$HOME/asked"
'

test_expect_success 'it makes the database, and applies, with both sessions' '
	echo s3cr3t >"$HOME/kept" && git init -q made && cd made &&
	test_when_finished "cd .." &&
	my -e "GRANT ALL ON made.* TO app@'\''%'\''" &&
	git config migrate.url "mysql://app@127.0.0.1:$MYSQL_PORT/made" &&
	make_migration 0001_a "CREATE TABLE a (i INT);" "DROP TABLE a;" &&
	{ git migrate create-database && git migrate apply &&
		git migrate status --json && git migrate log --json &&
		git migrate plan && git migrate reset --hard --yes &&
		git migrate drop-database --yes; } >>../all 2>&1
'

test_expect_success 'a connection that has nothing to say is kept alive' '
	fresh_project && cd project && test_when_finished "cd .." &&
	make_migration 0001_long "$endless" "" &&
	{ "$GM_TEST_DIR/mysql-proxy" ../kept "$MYSQL_PORT" before 1 NEVER & } &&
	proxy=$! && wait_until test -e ../kept &&
	{ git-migrate apply >out 2>&1 --url \
		"mysql://root@127.0.0.1:$(cat ../kept)/$DATABASE" & } &&
	run=$! && wait_until is_running "DO BENCHMARK%" &&
	wait_until is_kept_alive "$(cat ../kept)" &&
	end_endless && { wait "$run" || :; } && kill "$proxy"
'

test_expect_success 'no output has shown a password' '
	test_grep "exit 128" all && test_grep ! s3cr3t all
'

test_done
