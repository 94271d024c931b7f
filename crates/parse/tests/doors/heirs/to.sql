-- Inheritance and LIKE: what a child has of its own and what from above.
CREATE TABLE base (id serial PRIMARY KEY, name text NOT NULL DEFAULT 'x', CHECK (name <> ''), CONSTRAINT own_only CHECK (id > 0) NO INHERIT);
CREATE TABLE kid (extra int) INHERITS (base);
CREATE TABLE kid2 (name text DEFAULT 'y', more int REFERENCES base) INHERITS (base);
CREATE TABLE grand () INHERITS (kid);
CREATE TABLE later (id int NOT NULL, name text NOT NULL DEFAULT 'x', CONSTRAINT base_name_check CHECK (name <> ''));
ALTER TABLE later INHERIT base;
CREATE INDEX ON kid (name);
CREATE TABLE copy (LIKE kid2 INCLUDING DEFAULTS INCLUDING CONSTRAINTS, z int);
CREATE TABLE copy2 (LIKE base INCLUDING ALL EXCLUDING CONSTRAINTS);
ALTER TABLE base ADD COLUMN c2 int DEFAULT 1;
ALTER TABLE ONLY base ALTER COLUMN name SET DEFAULT 'only';
