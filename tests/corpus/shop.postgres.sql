CREATE FUNCTION f() RETURNS trigger AS $body$
BEGIN
	EXECUTE $$SELECT 1; SELECT $1$$;
	RETURN NEW;
END;
$body$ LANGUAGE plpgsql;
CREATE OR REPLACE FUNCTION g(a int) RETURNS int
BEGIN ATOMIC
	SELECT CASE WHEN a = 1 THEN 2 END AS "end";
	SELECT 3 AS end;
END;
CREATE PROCEDURE begin() LANGUAGE sql AS 'SELECT 1; SELECT 2';
CREATE RULE r AS ON INSERT TO t DO (DELETE FROM t; DELETE FROM u);
SELECT E'a\'b;', 'a\', U&'x;', $1, a::text, a ->> 'b', 1-/*x;*/2, 1+--;
	3, 'a'
	';b', E'a'
	'\';' /* /* ; */ ; */;
SET standard_conforming_strings = off;
SELECT 'a\';b';
SET SESSION standard_conforming_strings TO on;
SELECT 'a\';
COPY public.t (a, b) FROM stdin; -- rows follow
1	x;y'
2	\N
\.

COPY u FROM stdin;
\.
COPY (SELECT * FROM stdin) TO STDOUT;
CREATE INDEX CONCURRENTLY i ON t (a);
\restrict abc
