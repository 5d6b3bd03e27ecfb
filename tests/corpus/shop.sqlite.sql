-- Names and strings that hold semicolons.
CREATE TABLE t (a TEXT DEFAULT 'it''s; ok', [b;c] INT, `d;` INT, "e;" x); ;;
/* one; two */ CREATE TEMP TRIGGER audit AFTER INSERT ON t BEGIN
	UPDATE t SET a = CASE WHEN NEW.a = ';' THEN 'END;' ELSE a END;
	SELECT CASE 1 WHEN 1 THEN 2 END;
END;
EXPLAIN CREATE TRIGGER x DELETE ON t BEGIN SELECT 1; END;
CREATE TABLE "trigger" (begin INT, end INT); INSERT INTO "trigger" VALUES (1, 2);
BEGIN; ROLLBACK TO x; ROLLBACK;
PRAGMA main.journal_mode=wal;
SELECT $a::b(x;y), :a, @b, ?1, x'00' -- the last one; without a semicolon
