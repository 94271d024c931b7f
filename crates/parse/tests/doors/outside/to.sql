-- References to tables the file does not declare, and temporary tables.
CREATE TABLE t (a uuid, b int, c int REFERENCES auth.nokey (x), FOREIGN KEY (a, b) REFERENCES auth.users);
CREATE TEMP TABLE tt (x int PRIMARY KEY); CREATE INDEX ON tt (x); ALTER TABLE tt ADD y int; CREATE TEMPORARY SEQUENCE ts; ALTER SEQUENCE ts CYCLE;
CREATE TABLE pg_temp.t3 (x int);
