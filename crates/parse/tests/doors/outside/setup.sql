CREATE SCHEMA auth; CREATE TABLE auth.users (tenant int, uid uuid, PRIMARY KEY (uid, tenant)); CREATE TABLE auth.nokey (x int UNIQUE);
