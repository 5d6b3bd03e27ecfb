#!/bin/sh
# What only the bodies use, which are strings, looks unused.
# shellcheck disable=SC2034

test_description='settings of a MariaDB server that the history must not feel'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-mysql.sh"

own_server defaults || exit 1

# with SETTING NORMAL: three migrations on a server with that default for new
# sessions come and go as they do on any other.
with() {
	test_when_finished "my -e 'SET GLOBAL $2'" &&
	fresh_project && my -e "SET GLOBAL $1" && cd project &&
	test_when_finished "cd .." &&
	make_migration 0001_a "CREATE TABLE a (i INT PRIMARY KEY);" \
		"DROP TABLE a;" &&
	make_migration 0002_b "CREATE TABLE b (i INT);
INSERT INTO b VALUES (1);" "DROP TABLE b;" &&
	make_migration 0003_c "INSERT INTO a VALUES (1);" "DELETE FROM a;" &&
	git migrate apply 2>err && test_must_be_empty err &&
	git migrate status --exit-code &&
	test "$(my "$DATABASE" -e "SELECT a.i + b.i FROM a JOIN b")" = 2 &&
	git migrate rollback --all &&
	test "$(count_tables)" = 0
}

for setting in sql_select_limit=1 completion_type=1 \
	completion_type=2 sql_auto_is_null=1 max_error_count=0
do
	name=${setting%%=*}
	normal=$name=$(my -e "SELECT @@GLOBAL.$name")
	test_expect_success "all is well with $setting" \
		"with $setting $normal"
done

test_expect_success 'another engine than InnoDB is nothing for the history' '
	test_when_finished "my -e \"SET GLOBAL enforce_storage_engine=NULL\"" &&
	fresh_project && cd project && test_when_finished "cd .." &&
	my -e "SET GLOBAL enforce_storage_engine = MyISAM" &&
	make_migration 0001_a "CREATE TABLE a (i INT);" "" &&
	test_expect_code 128 git migrate apply 2>err &&
	test_grep "can.t make the tables.*NO_ENGINE_SUBSTITUTION" err &&
	test "$(count_tables)" = 0
'

kill -9 "$(cat "$OWN/pid")"
test_done
