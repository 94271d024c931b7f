-- Both doors agree on guards of every common form, loops and EXECUTE.
CREATE ROLE door_a;
CREATE SCHEMA app;
CREATE TABLE app.t (id int PRIMARY KEY, n int, CONSTRAINT n_pos CHECK (n > 0));
CREATE TYPE app.mood AS ENUM ('a', 'b');
CREATE INDEX t_n ON app.t (n);
DO $$
DECLARE
  x text := 'made';
  y text;
  n integer;
  r record;
  names text[] := ARRAY['l1', 'l2'];
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = 't' AND n.nspname = 'app') THEN CREATE TABLE app.wrong1 (id int); END IF;
  IF NOT EXISTS (SELECT FROM pg_class c, pg_namespace n WHERE c.relnamespace = n.oid AND n.nspname = 'app' AND c.relname = 'made1' AND c.relkind IN ('r', 'p')) THEN CREATE TABLE app.made1 (id int); END IF;
  IF (SELECT count(*) FROM information_schema.columns WHERE table_schema = 'app' AND table_name = 't' AND column_name = 'extra') = 0 THEN ALTER TABLE app.t ADD COLUMN extra text; ELSE CREATE TABLE app.wrong2 (id int); END IF;
  IF EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = 'app' AND table_name = 't' AND column_name = 'legacy') THEN ALTER TABLE app.t RENAME COLUMN legacy TO modern; END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'n_pos' AND conrelid = 'app.t'::regclass) THEN CREATE TABLE app.wrong3 (id int); END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_constraint con INNER JOIN pg_class rel ON rel.oid = con.conrelid INNER JOIN pg_namespace nsp ON nsp.oid = rel.relnamespace WHERE nsp.nspname = 'app' AND rel.relname = 't' AND con.conname = 'n_max') THEN ALTER TABLE app.t ADD CONSTRAINT n_max CHECK (n < 100); END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid WHERE t.typname = 'mood' AND e.enumlabel = 'a') THEN CREATE TABLE app.wrong4 (id int); END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_indexes WHERE schemaname = 'app' AND indexname = 't_n') THEN CREATE TABLE app.wrong5 (id int); END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_indexes WHERE indexname = 't_extra') THEN CREATE INDEX t_extra ON app.t (extra); END IF;
  IF to_regclass('app.t') IS NOT NULL AND to_regclass('app.none') IS NULL THEN CREATE TABLE app.made2 (id int); END IF;
  IF current_setting('server_version_num')::int >= 140000 THEN CREATE TABLE app.made3 (id int); END IF;
  IF current_setting('server_version_num')::integer < 100000 THEN CREATE TABLE app.wrong6 (id int); ELSIF x = 'made' THEN CREATE TABLE app.made4 (id int); ELSE CREATE TABLE app.wrong7 (id int); END IF;
  SELECT count(*) INTO n FROM pg_tables WHERE schemaname = 'app' AND tablename = 't';
  IF n = 1 THEN CREATE TABLE app.made5 (id int); END IF;
  SELECT nspname INTO y FROM pg_namespace WHERE nspname = 'app';
  IF y IS NULL THEN CREATE TABLE app.wrong8 (id int); END IF;
  EXECUTE 'CREATE TABLE app.' || quote_ident(x || ' 6') || ' (id int)';
  EXECUTE format('CREATE TABLE %I.%I (id int DEFAULT %s, t text DEFAULT %L)', 'app', x || '7', 1 + 1, 'it''s');
  FOREACH y IN ARRAY names LOOP
    EXECUTE format('CREATE TABLE app.%I (id int)', y);
    EXECUTE format('COMMENT ON TABLE app.%I IS %L', y, 'looped ' || y);
  END LOOP;
  FOR i IN 1..3 LOOP EXECUTE 'CREATE TABLE app.n' || i || ' (id int)'; END LOOP;
  FOR r IN SELECT tablename, schemaname FROM pg_tables WHERE schemaname = 'app' AND tablename LIKE 'l%' ORDER BY 1 LOOP
    EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', r.schemaname, r.tablename);
    EXECUTE 'CREATE POLICY p ON ' || quote_ident(r.schemaname) || '.' || quote_ident(r.tablename) || ' USING (true)';
  END LOOP;
  FOR y IN SELECT unnest(ARRAY['u1', 'u2']) LOOP EXECUTE 'CREATE TABLE app.' || y || ' (id int)'; CONTINUE WHEN y = 'u1'; EXECUTE 'CREATE INDEX ON app.' || y || ' (id)'; END LOOP;
  BEGIN
    CREATE TABLE app.t (id int);
    CREATE TABLE app.wrong9 (id int);
  EXCEPTION WHEN duplicate_table THEN RAISE NOTICE 'there: %', SQLERRM; WHEN others THEN CREATE TABLE app.wrong10 (id int);
  END;
  BEGIN
    ALTER TABLE app.t ADD CONSTRAINT n_pos CHECK (n > 0);
  EXCEPTION WHEN duplicate_object OR duplicate_table THEN NULL;
  END;
  IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'door_a') AND NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'nobody_at_all') THEN GRANT SELECT ON app.t TO door_a; END IF;
  IF EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'timescaledb') THEN PERFORM create_hypertable('app.t', 'id'); END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_proc p JOIN pg_namespace n ON p.pronamespace = n.oid WHERE n.nspname = 'app' AND p.proname = 'f') THEN CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS $f$ SELECT 1; $f$; END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgname = 'none' AND NOT tgisinternal AND tgrelid = 'app.t'::regclass) THEN CREATE TABLE app.made8 (id int); END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'mood') THEN CREATE TYPE app.wrong AS ENUM (); END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_type WHERE typname IN ('color', 'colour')) THEN CREATE TYPE app.color AS ENUM ('red'); END IF;
  PERFORM set_config('search_path', 'app', true);
  CREATE TABLE made9 (id int);
  RETURN;
  CREATE TABLE app.wrong11 (id int);
END
$$;
CREATE TABLE back (id int);
DO LANGUAGE plpgsql 'BEGIN IF NOT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = ''ns2'') THEN CREATE SCHEMA ns2; END IF; END';
