-- Names the server shortens, or makes different because the first choice is taken.
CREATE TABLE a_very_long_table_name_that_goes_on_and_on_for_ever_and_more (a_rather_long_column_name_for_this int UNIQUE, b serial CHECK (b > 0) PRIMARY KEY);
CREATE INDEX ON a_very_long_table_name_that_goes_on_and_on_for_ever_and_more (a_rather_long_column_name_for_this, b);
CREATE TABLE a (b_c int CHECK (b_c > 0) UNIQUE); CREATE TABLE a_b (c int CHECK (c > 0) UNIQUE);
CREATE TABLE a_b_c_seq (x int); CREATE TABLE a2 (x serial); CREATE TABLE a2_y (x int); ALTER TABLE a2 ADD y serial;
CREATE TABLE r1 (id int PRIMARY KEY); CREATE TABLE r2 (x int REFERENCES r1, y int, FOREIGN KEY (x) REFERENCES r1);
CREATE TABLE c (x int, y int, CHECK (x > y), CHECK (x > 0), CHECK (y = c.x), CHECK (x <> 0), CHECK (now() > '2000-01-01'), CHECK (true));
CREATE TABLE "Üml ä" ("Ö" serial, "x.y" int UNIQUE, "Select" text CHECK ("Select" <> '"x.y"'));
CREATE TABLE k (id int PRIMARY KEY UNIQUE, u int UNIQUE, UNIQUE (u), UNIQUE (id, u), CONSTRAINT n UNIQUE (u));
CREATE TABLE tk_pkey (a int); CREATE TABLE tk (a int PRIMARY KEY);
