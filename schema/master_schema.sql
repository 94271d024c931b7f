-- =============================================================================
-- master_schema.sql: podcast advertising platform
-- =============================================================================
-- The one file that defines the database. It is written to be run again and
-- again, on an empty database as on a live one:
--
--   psql -v ON_ERROR_STOP=1 -d podcast_analytics -f schema/master_schema.sql
--
-- Owners       platform (public), growth (marketing, intake, bit),
--              insights (scout_dash), ledger (audit and budgets)
-- Needs        PostgreSQL 14 or later. TimescaleDB is used where it is
--              installed and not missed where it isn't.
-- Tenancy      every table with a tenant_id is isolated by row level security
--              on app.current_tenant (section 17)
--
-- Sections
--    1 extensions              11 ad inventory and bookings
--    2 roles                   12 audit and budgets
--    3 namespaces              13 creative and retention
--    4 types and domains       14 marketing, intake, bit
--    5 shared functions        15 scout_dash
--    6 tenants and users       16 operations
--    7 content                 17 row level security
--    8 campaigns               18 views
--    9 events and metrics      19 reporting routines
--   10 commercial              20 time series, 21 grants, 22 reference rows
-- =============================================================================

SET client_min_messages TO warning;
SET search_path TO public;

-- =============================================================================
-- 1. Extensions
-- =============================================================================

CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

-- Hosted servers of ours all have the next two; slim images do not, and nothing
-- in this file depends on them. The importer and the support console do.
DO $$
BEGIN
  IF EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'pgcrypto') THEN
    CREATE EXTENSION IF NOT EXISTS pgcrypto;
  END IF;

  IF EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'uuid-ossp') THEN
    EXECUTE 'CREATE EXTENSION IF NOT EXISTS "uuid-ossp"';
  END IF;
END
$$;

-- Creating timescaledb without the preloaded library ends the session.
DO $$
BEGIN
  IF EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb')
     AND current_setting('shared_preload_libraries') LIKE '%timescaledb%' THEN
    CREATE EXTENSION IF NOT EXISTS timescaledb;
  END IF;
END
$$;

-- =============================================================================
-- 2. Roles
-- =============================================================================
-- Group roles only. Logins are made by the platform team's provisioning.

DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'podcast_app') THEN
    CREATE ROLE podcast_app NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'podcast_support') THEN
    CREATE ROLE podcast_support NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'analytics_reader') THEN
    CREATE ROLE analytics_reader NOLOGIN;
  END IF;
END
$$;

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'growth_ops') THEN
    CREATE ROLE growth_ops NOLOGIN NOINHERIT;
  END IF;
END
$$;

-- The names Supabase gives its API roles.
DO $$
BEGIN
  CREATE ROLE authenticated NOLOGIN;
EXCEPTION
  WHEN duplicate_object THEN NULL;
END
$$;

DO $$
BEGIN
  CREATE ROLE service_role NOLOGIN;
EXCEPTION WHEN duplicate_object THEN
  RAISE NOTICE 'role service_role is there already';
END
$$;

-- Owns the functions that may look at the audit trail across tenants.
DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'audit_keeper') THEN
    EXECUTE 'CREATE ROLE audit_keeper NOLOGIN';
  END IF;
END $$;

-- =============================================================================
-- 3. Namespaces
-- =============================================================================

CREATE SCHEMA IF NOT EXISTS auth;
CREATE SCHEMA IF NOT EXISTS marketing;
CREATE SCHEMA IF NOT EXISTS scout_dash;

DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = 'intake') THEN
    CREATE SCHEMA intake;
  END IF;
  IF NOT EXISTS (
    SELECT 1 FROM information_schema.schemata WHERE schema_name = 'bit'
  ) THEN
    EXECUTE 'CREATE SCHEMA bit';
  END IF;
END
$$;

COMMENT ON SCHEMA auth IS 'Request claims as functions; the shape the dashboards expect';
COMMENT ON SCHEMA marketing IS 'Companies, people and outreach of the growth team';
COMMENT ON SCHEMA intake IS 'Landing area of files on their way to marketing';
COMMENT ON SCHEMA bit IS 'Buyer intent: signals and the scores made of them';
COMMENT ON SCHEMA scout_dash IS 'Measurements behind the Scout dashboard';

-- Ahead of the tables, so that whatever is made below is covered.
ALTER DEFAULT PRIVILEGES IN SCHEMA marketing
  GRANT SELECT ON TABLES TO analytics_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA marketing, intake, bit
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO growth_ops;
ALTER DEFAULT PRIVILEGES IN SCHEMA marketing, intake, bit
  GRANT USAGE, SELECT ON SEQUENCES TO growth_ops;
ALTER DEFAULT PRIVILEGES IN SCHEMA scout_dash
  GRANT SELECT ON TABLES TO authenticated, service_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA bit
  GRANT EXECUTE ON FUNCTIONS TO growth_ops;

-- =============================================================================
-- 4. Types and domains
-- =============================================================================

DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'user_role') THEN
    CREATE TYPE user_role AS ENUM ('owner', 'admin', 'manager', 'analyst', 'viewer');
  END IF;
END
$$;

DO $$
BEGIN
  CREATE TYPE booking_status AS ENUM ('draft', 'sent', 'signed', 'live', 'done', 'cancelled');
EXCEPTION
  WHEN duplicate_object THEN NULL;
END
$$;

DO $$
BEGIN
  IF to_regtype('public.ad_position') IS NULL THEN
    CREATE TYPE public.ad_position AS ENUM ('pre_roll', 'mid_roll', 'post_roll');
  END IF;
END
$$;

-- Host-read spots that are woven into the show came with the 2025 rate card.
ALTER TYPE ad_position ADD VALUE IF NOT EXISTS 'native' AFTER 'post_roll';

DO $$
BEGIN
  IF NOT EXISTS (
    SELECT 1
    FROM pg_type t
    JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typname = 'signal_strength' AND n.nspname = 'bit'
  ) THEN
    CREATE TYPE bit.signal_strength AS ENUM ('weak', 'medium', 'strong');
  END IF;
END
$$;

DO $$
BEGIN
  CREATE DOMAIN email_address AS text
    CONSTRAINT email_address_shape CHECK (VALUE ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$');
EXCEPTION
  WHEN duplicate_object THEN NULL;
END
$$;

DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'money_amount' AND typtype = 'd') THEN
    CREATE DOMAIN money_amount AS numeric(14, 2) DEFAULT 0 NOT NULL
      CONSTRAINT money_amount_not_negative CHECK (VALUE >= 0);
  END IF;
END
$$;

-- Six groups: database, subhive, microprocess, tool, altitude, step.
DO $$
BEGIN
  CREATE DOMAIN barton_id AS varchar(50)
    CONSTRAINT barton_id_format CHECK (VALUE ~ '^[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{5,8}\.[0-9]{3}$');
EXCEPTION WHEN duplicate_object THEN NULL;
END
$$;

COMMENT ON TYPE user_role IS 'What a user may do inside the own tenant';
COMMENT ON TYPE ad_position IS 'Where in an episode a spot is heard';
COMMENT ON TYPE booking_status IS 'Life of an insertion order, from first draft to last impression';
COMMENT ON DOMAIN barton_id IS 'Six dotted groups that say where a growth record comes from';
COMMENT ON DOMAIN money_amount IS 'An amount in the currency of its row, never negative';

-- =============================================================================
-- 5. Sequences and shared functions
-- =============================================================================

CREATE SEQUENCE IF NOT EXISTS barton_number_seq
  AS bigint
  START WITH 10000
  INCREMENT BY 1
  MINVALUE 10000
  MAXVALUE 99999999
  CACHE 20;

COMMENT ON SEQUENCE barton_number_seq IS 'Fifth group of the ids given by next_barton_id';

-- Tenant of the running request; NULL when the connection has none.
CREATE OR REPLACE FUNCTION current_tenant_id()
RETURNS uuid
LANGUAGE sql
STABLE
PARALLEL SAFE
AS $$
  SELECT nullif(current_setting('app.current_tenant', true), '')::uuid
$$;

CREATE OR REPLACE FUNCTION set_updated_at()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END;
$$;

-- The growth schemas came with a function of their own and kept it.
CREATE OR REPLACE FUNCTION marketing.touch_updated_at()
RETURNS trigger AS $body$
BEGIN
  IF NEW IS DISTINCT FROM OLD THEN
    NEW.updated_at = clock_timestamp();
  END IF;
  RETURN NEW;
END;
$body$ LANGUAGE plpgsql;

CREATE OR REPLACE FUNCTION next_barton_id(tool text, step integer DEFAULT 1)
RETURNS barton_id
LANGUAGE sql
VOLATILE
AS $$
  SELECT ('04.04.02.' || lpad(tool, 2, '0')
          || '.' || lpad(nextval('public.barton_number_seq')::text, 5, '0')
          || '.' || lpad(step::text, 3, '0'))::public.barton_id
$$;

CREATE OR REPLACE FUNCTION slugify(title text)
RETURNS text
LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE
COST 5
AS $$
  SELECT trim(BOTH '-' FROM regexp_replace(lower(title), '[^a-z0-9]+', '-', 'g'))
$$;

-- The role claim of the request, 'anon' without one.
CREATE OR REPLACE FUNCTION auth.role()
RETURNS text
LANGUAGE sql
STABLE
AS $$
  SELECT coalesce(
    nullif(current_setting('request.jwt.claim.role', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role',
    'anon'
  )
$$;

DO $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE p.proname = 'uid' AND n.nspname = 'auth'
  ) THEN
    CREATE FUNCTION auth.uid() RETURNS uuid
    LANGUAGE sql STABLE
    AS 'SELECT nullif(current_setting(''request.jwt.claim.sub'', true), '''')::uuid';
  END IF;
END
$$;

COMMENT ON FUNCTION current_tenant_id() IS 'Tenant of the request, from the setting app.current_tenant';
COMMENT ON FUNCTION set_updated_at() IS 'Row trigger: stamps updated_at';
COMMENT ON FUNCTION next_barton_id(text, integer) IS 'A fresh id for a record made by the given tool';
COMMENT ON FUNCTION auth.role() IS 'Role claim of the request';

-- =============================================================================
-- 6. Tenants and users
-- =============================================================================

CREATE TABLE IF NOT EXISTS plan_tiers (
  code          varchar(20) PRIMARY KEY,
  title         text NOT NULL,
  monthly_price money_amount,
  max_podcasts  integer NOT NULL CHECK (max_podcasts > 0),
  max_users     integer NOT NULL CHECK (max_users > 0),
  is_public     boolean NOT NULL DEFAULT true,
  sort_order    smallint NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS tenants (
  id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name          varchar(255) NOT NULL,
  slug          varchar(100) NOT NULL UNIQUE,
  plan          varchar(20) NOT NULL DEFAULT 'starter' REFERENCES plan_tiers (code),
  status        varchar(20) NOT NULL DEFAULT 'active'
                CHECK (status IN ('active', 'trial', 'suspended', 'closed')),
  billing_email email_address,
  created_at    timestamptz NOT NULL DEFAULT now(),
  updated_at    timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE tenants ADD COLUMN IF NOT EXISTS trial_ends_at timestamptz;
ALTER TABLE tenants ADD COLUMN IF NOT EXISTS owner_user_id uuid;
ALTER TABLE tenants ADD COLUMN IF NOT EXISTS metadata jsonb NOT NULL DEFAULT '{}'::jsonb;

CREATE TABLE IF NOT EXISTS tenant_settings (
  tenant_id   uuid PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
  timezone    text NOT NULL DEFAULT 'UTC',
  currency    char(3) NOT NULL DEFAULT 'USD' CHECK (currency = upper(currency)),
  settings    jsonb NOT NULL DEFAULT '{}',
  features    text[] NOT NULL DEFAULT ARRAY[]::text[],
  updated_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS tenant_quotas (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id    uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  resource     varchar(50) NOT NULL,
  limit_value  bigint NOT NULL,
  used_value   bigint NOT NULL DEFAULT 0,
  period       varchar(10) NOT NULL DEFAULT 'month',
  resets_at    timestamptz,
  CONSTRAINT tenant_quotas_one_per_resource UNIQUE (tenant_id, resource, period),
  CONSTRAINT tenant_quotas_period CHECK (period IN ('day', 'month', 'total')),
  CONSTRAINT tenant_quotas_sane CHECK (limit_value >= 0 AND used_value >= 0)
);

-- What is left is asked for on every upload.
ALTER TABLE tenant_quotas
  ADD COLUMN IF NOT EXISTS remaining bigint
  GENERATED ALWAYS AS (greatest(limit_value - used_value, 0)) STORED;

CREATE TABLE IF NOT EXISTS users (
  id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id     uuid NOT NULL,
  email         email_address NOT NULL,
  display_name  varchar(200),
  role          user_role NOT NULL DEFAULT 'viewer',
  password_hash text,
  is_active     boolean NOT NULL DEFAULT true,
  last_login_at timestamptz,
  invited_by    uuid REFERENCES users (id) ON DELETE SET NULL,
  created_at    timestamptz NOT NULL DEFAULT now(),
  updated_at    timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT users_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE,
  CONSTRAINT users_not_own_inviter CHECK (invited_by <> id)
);

-- Left over from the days before invitations.
ALTER TABLE users DROP COLUMN IF EXISTS invite_code;
DROP INDEX IF EXISTS idx_users_invite_code;

-- A tenant and its first owner are written in one transaction, in either order.
DO $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM pg_constraint
    WHERE conname = 'tenants_owner_fk' AND conrelid = 'public.tenants'::regclass
  ) THEN
    ALTER TABLE tenants
      ADD CONSTRAINT tenants_owner_fk FOREIGN KEY (owner_user_id)
      REFERENCES users (id) ON DELETE SET NULL
      DEFERRABLE INITIALLY DEFERRED;
  END IF;
END
$$;

CREATE TABLE IF NOT EXISTS user_email_preferences (
  user_id        uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  tenant_id      uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  weekly_report  boolean NOT NULL DEFAULT true,
  campaign_alert boolean NOT NULL DEFAULT true,
  product_news   boolean NOT NULL DEFAULT false,
  digest_hour    smallint NOT NULL DEFAULT 8 CHECK (digest_hour BETWEEN 0 AND 23),
  unsubscribed_at timestamptz,
  updated_at     timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS user_metrics (
  id           bigserial PRIMARY KEY,
  tenant_id    uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  user_id      uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  metric       varchar(60) NOT NULL,
  value        double precision NOT NULL DEFAULT 0,
  measured_on  date NOT NULL DEFAULT CURRENT_DATE,
  UNIQUE (user_id, metric, measured_on)
);

CREATE UNIQUE INDEX IF NOT EXISTS uq_users_tenant_email ON users (tenant_id, lower(email));
CREATE INDEX IF NOT EXISTS idx_users_tenant_id ON users (tenant_id) INCLUDE (role, is_active);
CREATE INDEX IF NOT EXISTS idx_users_email ON users (email);
CREATE INDEX IF NOT EXISTS idx_users_last_login ON users (last_login_at DESC NULLS LAST) WHERE is_active;
CREATE INDEX IF NOT EXISTS idx_tenants_status ON tenants (status) WHERE status <> 'closed';
CREATE INDEX IF NOT EXISTS idx_tenant_settings_features ON tenant_settings USING gin (features);
CREATE INDEX IF NOT EXISTS idx_user_metrics_tenant_day ON user_metrics (tenant_id, measured_on DESC);

DROP TRIGGER IF EXISTS trg_tenants_updated_at ON tenants;
CREATE TRIGGER trg_tenants_updated_at
  BEFORE UPDATE ON tenants
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();

DROP TRIGGER IF EXISTS trg_tenant_settings_updated_at ON tenant_settings;
CREATE TRIGGER trg_tenant_settings_updated_at
  BEFORE UPDATE ON tenant_settings
  FOR EACH ROW
  WHEN (OLD.* IS DISTINCT FROM NEW.*)
  EXECUTE FUNCTION set_updated_at();

CREATE OR REPLACE TRIGGER trg_users_updated_at
  BEFORE UPDATE ON users
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();

DO $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM pg_trigger
    WHERE tgname = 'trg_email_preferences_updated_at'
      AND tgrelid = 'public.user_email_preferences'::regclass
  ) THEN
    CREATE TRIGGER trg_email_preferences_updated_at
      BEFORE UPDATE ON user_email_preferences
      FOR EACH ROW EXECUTE FUNCTION set_updated_at();
  END IF;
END
$$;

COMMENT ON TABLE plan_tiers IS 'What can be bought, and what it allows';
COMMENT ON TABLE tenants IS 'One customer organisation: a network, an agency or a single show';
COMMENT ON COLUMN tenants.slug IS 'First label of the tenant''s subdomain';
COMMENT ON COLUMN tenants.owner_user_id IS 'Gets the invoices; checked at commit';
COMMENT ON TABLE tenant_settings IS 'Preferences the application reads on each request';
COMMENT ON TABLE tenant_quotas IS 'Limits and use per resource and period';
COMMENT ON COLUMN tenant_quotas.remaining IS 'Never below zero, also when a limit was lowered';
COMMENT ON TABLE users IS 'People who may sign in, each in exactly one tenant';
COMMENT ON COLUMN users.password_hash IS NULL;
COMMENT ON CONSTRAINT users_not_own_inviter ON users IS 'The importer once did that';
COMMENT ON TABLE user_email_preferences IS 'Which mails a user wants';
COMMENT ON TABLE user_metrics IS 'Product usage per user and day';

-- =============================================================================
-- 7. Content
-- =============================================================================

CREATE TABLE IF NOT EXISTS podcasts (
  id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id    uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  title        varchar(500) NOT NULL,
  slug         text GENERATED ALWAYS AS (slugify(title::text)) STORED,
  description  text,
  author       varchar(255),
  feed_url     text NOT NULL,
  language     varchar(10) NOT NULL DEFAULT 'en',
  categories   text[] NOT NULL DEFAULT '{}',
  explicit     boolean NOT NULL DEFAULT false,
  external_ids jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT podcasts_feed_per_tenant UNIQUE (tenant_id, feed_url)
);

CREATE TABLE IF NOT EXISTS episodes (
  id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id        uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  podcast_id       uuid NOT NULL REFERENCES podcasts (id) ON DELETE CASCADE,
  guid             text NOT NULL,
  title            varchar(500) NOT NULL,
  season           smallint,
  episode_number   integer,
  duration_seconds integer CHECK (duration_seconds IS NULL OR duration_seconds > 0),
  published_at     timestamptz,
  audio_url        text,
  transcript       text,
  ad_slots         jsonb NOT NULL DEFAULT '[]'::jsonb,
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now(),
  UNIQUE (podcast_id, guid)
);

CREATE TABLE IF NOT EXISTS sponsors (
  id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id     uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  name          varchar(255) NOT NULL,
  industry      varchar(100),
  website       text,
  contact_email email_address,
  credit_limit  numeric(12, 2),
  notes         text,
  created_at    timestamptz NOT NULL DEFAULT now(),
  updated_at    timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE sponsors
  ADD COLUMN IF NOT EXISTS metadata jsonb DEFAULT '{}',
  ADD COLUMN IF NOT EXISTS archived_at timestamptz;

CREATE INDEX IF NOT EXISTS idx_podcasts_tenant_id ON podcasts (tenant_id);
CREATE INDEX IF NOT EXISTS idx_podcasts_title_trgm ON podcasts USING gin (title gin_trgm_ops);
CREATE INDEX IF NOT EXISTS idx_podcasts_external_ids ON podcasts USING gin (external_ids jsonb_path_ops);
CREATE INDEX IF NOT EXISTS idx_podcasts_categories ON podcasts USING gin (categories);
CREATE INDEX IF NOT EXISTS idx_episodes_podcast_published ON episodes (podcast_id, published_at DESC);
CREATE INDEX IF NOT EXISTS idx_episodes_tenant_id ON episodes (tenant_id);
CREATE INDEX IF NOT EXISTS idx_episodes_search ON episodes
  USING gin (to_tsvector('english'::regconfig, coalesce(title, '') || ' ' || coalesce(transcript, '')));
CREATE INDEX IF NOT EXISTS idx_sponsors_tenant_id ON sponsors (tenant_id) WHERE archived_at IS NULL;
CREATE INDEX IF NOT EXISTS idx_sponsors_name_sort ON sponsors (name COLLATE "C" text_pattern_ops);
CREATE UNIQUE INDEX IF NOT EXISTS uq_sponsors_name ON sponsors (tenant_id, lower(name)) WITH (fillfactor = 90);

CREATE OR REPLACE TRIGGER trg_podcasts_updated_at BEFORE UPDATE ON podcasts
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE OR REPLACE TRIGGER trg_episodes_updated_at BEFORE UPDATE ON episodes
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE OR REPLACE TRIGGER trg_sponsors_updated_at BEFORE UPDATE ON sponsors
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();

COMMENT ON TABLE podcasts IS 'Shows, as their feeds describe them';
COMMENT ON COLUMN podcasts.external_ids IS 'Keys of the show in the directories: apple, spotify, podcastindex';
COMMENT ON TABLE episodes IS 'Single episodes with their ad slots';
COMMENT ON COLUMN episodes.ad_slots IS 'Array of {position, offset_ms}';
COMMENT ON TABLE sponsors IS 'Advertisers of a tenant';
COMMENT ON INDEX idx_episodes_search IS 'Behind the search box of the episode list';

-- =============================================================================
-- 8. Campaigns
-- =============================================================================

CREATE TABLE IF NOT EXISTS campaigns (
  id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id    uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  podcast_id   uuid NOT NULL REFERENCES podcasts (id) ON DELETE CASCADE,
  sponsor_id   uuid NOT NULL REFERENCES sponsors (id) ON DELETE RESTRICT,
  name         varchar(255) NOT NULL,
  status       varchar(30) NOT NULL DEFAULT 'draft',
  start_date   date NOT NULL,
  end_date     date,
  budget       money_amount,
  currency     char(3) NOT NULL DEFAULT 'USD',
  attribution  jsonb NOT NULL DEFAULT '{"method": "promo_code", "window_days": 30}'::jsonb,
  notes        text,
  created_by   uuid REFERENCES users (id) ON DELETE SET NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now()
);

-- The deal pipeline (ENABLE_DEAL_PIPELINE) added the stage.
ALTER TABLE campaigns ADD COLUMN IF NOT EXISTS stage varchar(50) DEFAULT 'lead';

DO $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM information_schema.columns
    WHERE table_schema = 'public'
      AND table_name = 'campaigns'
      AND column_name = 'stage_changed_at'
  ) THEN
    ALTER TABLE campaigns ADD COLUMN stage_changed_at timestamptz;
  END IF;
END
$$;

UPDATE campaigns SET stage = 'lead' WHERE stage IS NULL;
UPDATE campaigns SET stage_changed_at = updated_at WHERE stage_changed_at IS NULL;

ALTER TABLE campaigns ALTER COLUMN stage SET NOT NULL;
ALTER TABLE campaigns ALTER COLUMN stage_changed_at SET DEFAULT now();

ALTER TABLE campaigns DROP CONSTRAINT IF EXISTS valid_stage;
ALTER TABLE campaigns ADD CONSTRAINT valid_stage
  CHECK (stage IN ('lead', 'qualified', 'proposal', 'negotiation', 'won', 'lost'));

ALTER TABLE campaigns DROP CONSTRAINT IF EXISTS campaigns_status_check;
ALTER TABLE campaigns ADD CONSTRAINT campaigns_status_check
  CHECK (status IN ('draft', 'scheduled', 'active', 'paused', 'completed', 'cancelled'));

-- Old rows are known to break it; new ones may not.
DO $$
BEGIN
  ALTER TABLE campaigns ADD CONSTRAINT campaigns_dates CHECK (end_date >= start_date) NOT VALID;
EXCEPTION
  WHEN duplicate_object THEN NULL;
END
$$;

CREATE INDEX IF NOT EXISTS idx_campaigns_tenant_status ON campaigns (tenant_id, status);
CREATE INDEX IF NOT EXISTS idx_campaigns_podcast_id ON campaigns (podcast_id);
CREATE INDEX IF NOT EXISTS idx_campaigns_sponsor_id ON campaigns USING btree (sponsor_id);
CREATE INDEX IF NOT EXISTS idx_campaigns_running ON campaigns (start_date, end_date)
  WHERE status IN ('scheduled', 'active');
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_campaigns_name_trgm ON campaigns USING gin (name gin_trgm_ops);

DO $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM pg_indexes
    WHERE schemaname = 'public' AND indexname = 'idx_campaigns_stage'
  ) THEN
    EXECUTE 'CREATE INDEX idx_campaigns_stage ON campaigns (tenant_id, stage) INCLUDE (stage_changed_at)';
  END IF;
END
$$;

CREATE OR REPLACE FUNCTION stamp_campaign_stage()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  NEW.stage_changed_at := now();
  IF NEW.stage = 'won' AND NEW.status = 'draft' THEN
    NEW.status := 'scheduled';
  END IF;
  RETURN NEW;
END;
$$;

DROP TRIGGER IF EXISTS trg_campaigns_stage ON campaigns;
CREATE TRIGGER trg_campaigns_stage
  BEFORE UPDATE OF stage ON campaigns
  FOR EACH ROW
  WHEN (OLD.stage IS DISTINCT FROM NEW.stage)
  EXECUTE FUNCTION stamp_campaign_stage();

CREATE OR REPLACE TRIGGER trg_campaigns_updated_at
  BEFORE UPDATE ON campaigns
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();

-- campaign.is_running, as the API calls it
CREATE OR REPLACE FUNCTION is_running(campaign campaigns)
RETURNS boolean
LANGUAGE sql
STABLE
AS $$
  SELECT campaign.status = 'active'
     AND CURRENT_DATE BETWEEN campaign.start_date AND coalesce(campaign.end_date, 'infinity'::date)
$$;

COMMENT ON TABLE campaigns IS 'What a sponsor runs on a show, and how it is paid';
COMMENT ON COLUMN campaigns.stage IS 'Place in the sales pipeline; apart from status, which is about delivery';
COMMENT ON COLUMN campaigns.stage_changed_at IS 'Kept by trg_campaigns_stage';
COMMENT ON CONSTRAINT valid_stage ON campaigns IS 'Same list as the pipeline board';
COMMENT ON TRIGGER trg_campaigns_stage ON campaigns IS 'Stamps the move and schedules what was won';
COMMENT ON FUNCTION is_running(campaigns) IS 'Computed column of the API';

-- =============================================================================
-- 9. Events and metrics
-- =============================================================================
-- The time column is part of each key, as TimescaleDB wants it (section 20).

CREATE TABLE IF NOT EXISTS listener_events (
  event_id     bigint GENERATED BY DEFAULT AS IDENTITY (START WITH 1 CACHE 100),
  occurred_at  timestamptz NOT NULL DEFAULT now(),
  tenant_id    uuid NOT NULL,
  podcast_id   uuid NOT NULL,
  episode_id   uuid,
  event_type   varchar(30) NOT NULL,
  listener_key text,
  country      char(2),
  platform     varchar(50),
  position_ms  integer,
  payload      jsonb,
  PRIMARY KEY (event_id, occurred_at),
  CONSTRAINT listener_events_type CHECK (
    event_type IN ('download', 'play', 'pause', 'skip', 'complete', 'ad_impression')
  )
);

CREATE TABLE IF NOT EXISTS attribution_events (
  event_id         uuid NOT NULL DEFAULT gen_random_uuid(),
  converted_at     timestamptz NOT NULL,
  tenant_id        uuid NOT NULL,
  campaign_id      uuid NOT NULL,
  method           varchar(30) NOT NULL,
  promo_code       varchar(50),
  conversion_value numeric(12, 2) NOT NULL DEFAULT 0,
  confidence       real CHECK (confidence >= 0 AND confidence <= 1),
  utm              jsonb NOT NULL DEFAULT '{}'::jsonb,
  CONSTRAINT attribution_events_pkey PRIMARY KEY (event_id, converted_at)
);

CREATE TABLE IF NOT EXISTS metrics_daily (
  tenant_id    uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  podcast_id   uuid NOT NULL REFERENCES podcasts (id) ON DELETE CASCADE,
  day          date NOT NULL,
  downloads    bigint NOT NULL DEFAULT 0,
  listeners    bigint NOT NULL DEFAULT 0,
  completions  bigint NOT NULL DEFAULT 0,
  ad_impressions bigint NOT NULL DEFAULT 0,
  revenue      numeric(14, 4) NOT NULL DEFAULT 0,
  completion_rate numeric(6, 4) GENERATED ALWAYS AS (
    CASE WHEN listeners = 0 THEN 0 ELSE round(completions::numeric / listeners, 4) END
  ) STORED,
  PRIMARY KEY (podcast_id, day)
);

ALTER TABLE attribution_events DROP CONSTRAINT IF EXISTS attribution_events_campaign_fk;
ALTER TABLE attribution_events
  ADD CONSTRAINT attribution_events_campaign_fk
  FOREIGN KEY (campaign_id) REFERENCES campaigns (id) ON DELETE CASCADE;

ALTER TABLE attribution_events DROP CONSTRAINT IF EXISTS attribution_events_method;
ALTER TABLE attribution_events ADD CONSTRAINT attribution_events_method
  CHECK (method IN ('promo_code', 'vanity_url', 'pixel', 'survey', 'direct'));

CREATE INDEX IF NOT EXISTS idx_listener_events_timestamp ON listener_events (occurred_at DESC);
CREATE INDEX IF NOT EXISTS idx_listener_events_podcast ON listener_events (podcast_id, occurred_at DESC);
CREATE INDEX IF NOT EXISTS idx_listener_events_tenant ON listener_events (tenant_id, event_type, occurred_at);
CREATE INDEX IF NOT EXISTS idx_attribution_events_campaign_id ON attribution_events (campaign_id, converted_at DESC);
CREATE INDEX IF NOT EXISTS idx_attribution_events_converted ON attribution_events (converted_at);
CREATE INDEX IF NOT EXISTS idx_attribution_events_promo ON attribution_events (upper(promo_code))
  WHERE promo_code IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_metrics_daily_tenant_day ON metrics_daily (tenant_id, day DESC);
CREATE INDEX IF NOT EXISTS idx_metrics_daily_day_brin ON metrics_daily USING brin (day) WITH (pages_per_range = 32);

COMMENT ON TABLE listener_events IS 'Raw signals of the players, append only';
COMMENT ON COLUMN listener_events.listener_key IS 'Salted hash, rotated each month';
COMMENT ON TABLE attribution_events IS 'Conversions, each credited to one campaign';
COMMENT ON TABLE metrics_daily IS 'One row per show and day, filled by the nightly roll-up';

-- =============================================================================
-- 10. Commercial
-- =============================================================================

CREATE TABLE IF NOT EXISTS deals (
  id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id      uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  sponsor_id     uuid NOT NULL REFERENCES sponsors (id) ON DELETE CASCADE,
  campaign_id    uuid REFERENCES campaigns (id) ON DELETE SET NULL,
  owner_id       uuid REFERENCES users (id) ON DELETE SET NULL,
  title          varchar(255) NOT NULL,
  amount         money_amount,
  probability    smallint NOT NULL DEFAULT 10,
  expected_close date,
  closed_at      timestamptz,
  lost_reason    text,
  created_at     timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT deals_probability CHECK (probability BETWEEN 0 AND 100),
  CONSTRAINT deals_lost_needs_reason CHECK (closed_at IS NULL OR probability > 0 OR lost_reason IS NOT NULL)
);

ALTER TABLE deals ADD COLUMN IF NOT EXISTS weighted_amount numeric(16, 2)
  GENERATED ALWAYS AS (amount * probability / 100.0) STORED;

CREATE TABLE IF NOT EXISTS partnerships (
  id            uuid DEFAULT gen_random_uuid() NOT NULL,
  tenant_id     uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  partner_name  varchar(255) NOT NULL,
  kind          varchar(30) NOT NULL DEFAULT 'reseller'
                CONSTRAINT partnerships_kind CHECK (kind IN ('reseller', 'agency', 'network', 'technology')),
  revenue_share numeric(5, 2) NOT NULL DEFAULT 0,
  valid_during  daterange NOT NULL DEFAULT daterange(CURRENT_DATE, NULL),
  contract_url  text,
  created_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id)
);

DO $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM information_schema.table_constraints
    WHERE constraint_schema = 'public'
      AND table_name = 'partnerships'
      AND constraint_name = 'partnerships_share_range'
  ) THEN
    ALTER TABLE partnerships ADD CONSTRAINT partnerships_share_range
      CHECK (revenue_share >= 0 AND revenue_share <= 100);
  END IF;
END
$$;

DO $$
BEGIN
  IF to_regclass('public.referrals') IS NULL THEN
    CREATE TABLE public.referrals (
      id                 bigserial PRIMARY KEY,
      tenant_id          uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
      referrer_id        uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
      referred_email     email_address NOT NULL,
      code               varchar(20) NOT NULL,
      status             varchar(20) NOT NULL DEFAULT 'pending',
      reward             money_amount,
      converted_at       timestamptz,
      created_at         timestamptz NOT NULL DEFAULT now()
    );
  END IF;
END
$$;

DO $$
BEGIN
  ALTER TABLE referrals ADD CONSTRAINT referrals_code_key UNIQUE (code);
EXCEPTION
  WHEN duplicate_object OR duplicate_table THEN NULL;
END
$$;

ALTER TABLE IF EXISTS referrals DROP CONSTRAINT IF EXISTS referrals_status_check;
ALTER TABLE IF EXISTS referrals ADD CONSTRAINT referrals_status_check
  CHECK (status IN ('pending', 'joined', 'rewarded', 'expired'));

CREATE INDEX IF NOT EXISTS idx_deals_tenant_close ON deals (tenant_id, expected_close NULLS FIRST);
CREATE INDEX IF NOT EXISTS idx_deals_open ON deals (owner_id) WHERE closed_at IS NULL;
CREATE INDEX IF NOT EXISTS idx_partnerships_tenant ON partnerships USING gist (tenant_id, valid_during);
CREATE INDEX IF NOT EXISTS idx_referrals_referrer ON referrals (referrer_id, status);

CREATE OR REPLACE TRIGGER trg_deals_updated_at BEFORE UPDATE ON deals
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();

COMMENT ON TABLE deals IS 'Sales opportunities';
COMMENT ON COLUMN deals.weighted_amount IS 'Amount times probability, for the forecast';
COMMENT ON TABLE partnerships IS 'Contracts with those who sell or host for a tenant';
COMMENT ON TABLE referrals IS 'Invitations that earn a reward';

-- =============================================================================
-- 11. Ad inventory and bookings
-- =============================================================================

BEGIN;

CREATE TABLE IF NOT EXISTS etl_imports (
  id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id      uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  source         varchar(30) NOT NULL CHECK (source IN ('csv', 'google_sheets', 'api')),
  file_name      text,
  status         varchar(20) NOT NULL DEFAULT 'queued'
                 CHECK (status IN ('queued', 'running', 'succeeded', 'partial', 'failed')),
  rows_total     integer,
  rows_imported  integer NOT NULL DEFAULT 0,
  rows_failed    integer NOT NULL DEFAULT 0,
  errors         jsonb NOT NULL DEFAULT '[]'::jsonb,
  started_by     uuid REFERENCES users (id) ON DELETE SET NULL,
  started_at     timestamptz NOT NULL DEFAULT now(),
  finished_at    timestamptz,
  metadata       jsonb NOT NULL DEFAULT '{}'::jsonb
);

CREATE TABLE IF NOT EXISTS ad_units (
  id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id        uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  podcast_id       uuid NOT NULL REFERENCES podcasts (id) ON DELETE CASCADE,
  name             varchar(120) NOT NULL,
  position         ad_position NOT NULL DEFAULT 'mid_roll',
  length_seconds   integer NOT NULL DEFAULT 30,
  cpm              numeric(8, 2),
  flat_rate        numeric(12, 2),
  is_active        boolean NOT NULL DEFAULT true,
  metadata         jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at       timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT ad_units_name UNIQUE (podcast_id, name),
  CONSTRAINT ad_units_length CHECK (length_seconds IN (15, 30, 45, 60, 90)),
  CONSTRAINT ad_units_priced CHECK (num_nonnulls(cpm, flat_rate) >= 1)
);

CREATE TABLE IF NOT EXISTS io_bookings (
  id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id     uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  campaign_id   uuid NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
  ad_unit_id    uuid NOT NULL REFERENCES ad_units (id) ON DELETE RESTRICT,
  episode_id    uuid REFERENCES episodes (id) ON DELETE SET NULL,
  status        booking_status NOT NULL DEFAULT 'draft',
  flight_start  timestamptz NOT NULL,
  flight_end    timestamptz NOT NULL,
  promo_code    varchar(50),
  vanity_url    text,
  price         money_amount,
  impressions   bigint,
  metadata      jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at    timestamptz NOT NULL DEFAULT now(),
  updated_at    timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT io_bookings_flight CHECK (flight_end > flight_start),
  CONSTRAINT io_bookings_no_double_sale EXCLUDE USING gist (
    ad_unit_id WITH =,
    tstzrange(flight_start, flight_end) WITH &&
  ) WHERE (status <> 'cancelled')
);

CREATE TABLE IF NOT EXISTS matches (
  id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id      uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  advertiser_id  uuid NOT NULL REFERENCES sponsors (id) ON DELETE CASCADE,
  podcast_id     uuid NOT NULL REFERENCES podcasts (id) ON DELETE CASCADE,
  score          numeric(5, 4) NOT NULL,
  signals        jsonb NOT NULL DEFAULT '{}'::jsonb,
  model_version  varchar(30) NOT NULL DEFAULT 'v1',
  computed_at    timestamptz NOT NULL DEFAULT now(),
  metadata       jsonb NOT NULL DEFAULT '{}'::jsonb,
  UNIQUE (advertiser_id, podcast_id, model_version),
  CHECK (score >= 0 AND score <= 1)
);

CREATE INDEX IF NOT EXISTS idx_etl_imports_tenant_id ON etl_imports (tenant_id);
CREATE INDEX IF NOT EXISTS idx_etl_imports_status ON etl_imports (status) WHERE status IN ('queued', 'running');
CREATE INDEX IF NOT EXISTS idx_etl_imports_started_at ON etl_imports (started_at DESC);
CREATE INDEX IF NOT EXISTS idx_ad_units_tenant_id ON ad_units (tenant_id);
CREATE INDEX IF NOT EXISTS idx_ad_units_podcast_id ON ad_units (podcast_id, position) WHERE is_active;
CREATE INDEX IF NOT EXISTS idx_io_bookings_tenant_id ON io_bookings (tenant_id);
CREATE INDEX IF NOT EXISTS idx_io_bookings_campaign_id ON io_bookings (campaign_id);
CREATE INDEX IF NOT EXISTS idx_io_bookings_episode_id ON io_bookings (episode_id);
CREATE INDEX IF NOT EXISTS idx_io_bookings_flight ON io_bookings (flight_start, flight_end);
CREATE INDEX IF NOT EXISTS idx_io_bookings_status ON io_bookings (status, flight_start);
CREATE UNIQUE INDEX IF NOT EXISTS uq_io_bookings_promo ON io_bookings (tenant_id, upper(promo_code))
  WHERE promo_code IS NOT NULL AND status <> 'cancelled';
CREATE INDEX IF NOT EXISTS idx_matches_tenant_id ON matches (tenant_id);
CREATE INDEX IF NOT EXISTS idx_matches_advertiser_id ON matches (advertiser_id);
CREATE INDEX IF NOT EXISTS idx_matches_podcast_id ON matches (podcast_id);
CREATE INDEX IF NOT EXISTS idx_matches_score ON matches (score DESC) INCLUDE (advertiser_id, podcast_id);

COMMIT;

CREATE OR REPLACE TRIGGER trg_io_bookings_updated_at BEFORE UPDATE ON io_bookings
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();

COMMENT ON TABLE etl_imports IS 'Runs of the importer, one row per file or sheet';
COMMENT ON TABLE ad_units IS 'What can be booked on a show: position, length, price';
COMMENT ON TABLE io_bookings IS 'Insertion orders with flight, promo code and vanity address';
COMMENT ON CONSTRAINT io_bookings_no_double_sale ON io_bookings
  IS 'A unit is sold once at a time; what was cancelled does not count';
COMMENT ON TABLE matches IS 'How well an advertiser suits a show';
COMMENT ON COLUMN matches.score IS 'From 0 to 1; below 0.35 the board hides it';

-- =============================================================================
-- 12. Audit and budgets
-- =============================================================================

CREATE TABLE IF NOT EXISTS audit_log (
  id          bigserial,
  logged_at   timestamptz NOT NULL DEFAULT now(),
  tenant_id   uuid,
  request_id  varchar(100) NOT NULL,
  actor       text NOT NULL DEFAULT CURRENT_USER,
  action      varchar(60) NOT NULL,
  platform    varchar(40),
  bid_source  varchar(40),
  bid_amount  numeric(12, 4),
  bid_status  varchar(20),
  detail      jsonb NOT NULL DEFAULT '{}'::jsonb,
  row_hash    text,
  CONSTRAINT audit_log_pkey PRIMARY KEY (id, logged_at),
  CONSTRAINT audit_log_bid_status CHECK (bid_status IN ('ACCEPTED', 'REJECTED', 'TIMEOUT', 'ERROR')),
  CONSTRAINT audit_log_bid_amount CHECK (bid_amount IS NULL OR bid_amount >= 0)
);

CREATE INDEX IF NOT EXISTS idx_audit_log_request ON audit_log (request_id);
CREATE INDEX IF NOT EXISTS idx_audit_log_tenant_time ON audit_log (tenant_id, logged_at DESC);
CREATE INDEX IF NOT EXISTS idx_audit_log_detail ON audit_log USING gin (detail jsonb_path_ops);

CREATE OR REPLACE FUNCTION refuse_audit_change()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  RAISE EXCEPTION 'audit_log is append only: % refused', TG_OP
    USING ERRCODE = 'restrict_violation';
END;
$$;

CREATE OR REPLACE FUNCTION seal_audit_row()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  NEW.row_hash := encode(sha256(convert_to(
    concat_ws('|', NEW.request_id, NEW.actor, NEW.action, NEW.bid_amount, NEW.detail::text), 'UTF8')), 'hex');
  RETURN NEW;
END;
$$;

DROP TRIGGER IF EXISTS audit_log_immutable ON audit_log;
CREATE TRIGGER audit_log_immutable
  BEFORE UPDATE OR DELETE ON audit_log
  FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();

DROP TRIGGER IF EXISTS audit_log_no_truncate ON audit_log;
CREATE TRIGGER audit_log_no_truncate
  BEFORE TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE PROCEDURE refuse_audit_change();

DROP TRIGGER IF EXISTS audit_log_seal ON audit_log;
CREATE TRIGGER audit_log_seal
  BEFORE INSERT ON audit_log
  FOR EACH ROW EXECUTE FUNCTION seal_audit_row();

-- Also while replaying: session_replication_role must not open the log.
ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_log_immutable;
ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_log_no_truncate;

CREATE TABLE IF NOT EXISTS budget_allocations (
  allocation_id    varchar(60) PRIMARY KEY,
  tenant_id        uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  campaign_id      uuid NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
  total_budget     numeric(14, 2) NOT NULL CHECK (total_budget > 0),
  allocated_budget numeric(14, 2) NOT NULL,
  spent_amount     numeric(14, 2) NOT NULL DEFAULT 0,
  warning_ratio    numeric(4, 3) NOT NULL DEFAULT 0.800,
  critical_ratio   numeric(4, 3) NOT NULL DEFAULT 0.950,
  start_date       timestamptz NOT NULL,
  end_date         timestamptz NOT NULL,
  last_warning_at  timestamptz,
  last_critical_at timestamptz,
  updated_at       timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT budget_allocations_within_total CHECK (allocated_budget <= total_budget),
  CONSTRAINT budget_allocations_period CHECK (end_date > start_date),
  CONSTRAINT budget_allocations_ratios CHECK (warning_ratio < critical_ratio AND critical_ratio <= 1)
);

CREATE TABLE IF NOT EXISTS budget_transactions (
  transaction_id   varchar(60) PRIMARY KEY,
  tenant_id        uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  allocation_id    varchar(60) NOT NULL,
  transaction_type varchar(20) NOT NULL,
  amount           numeric(14, 2) NOT NULL,
  balance_before   numeric(14, 2) NOT NULL,
  balance_after    numeric(14, 2) NOT NULL,
  approved         boolean NOT NULL DEFAULT false,
  reason           text,
  created_at       timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT budget_transactions_type CHECK (transaction_type IN ('bid', 'refund', 'adjustment', 'fee')),
  CONSTRAINT budget_transactions_adds_up CHECK (
    balance_after = balance_before - CASE transaction_type WHEN 'refund' THEN - amount ELSE amount END
  )
);

DO $$
BEGIN
  ALTER TABLE budget_transactions
    ADD CONSTRAINT budget_transactions_allocation_fk
    FOREIGN KEY (allocation_id) REFERENCES budget_allocations (allocation_id)
    ON UPDATE CASCADE ON DELETE RESTRICT DEFERRABLE INITIALLY IMMEDIATE;
EXCEPTION
  WHEN duplicate_object THEN NULL;
END
$$;

CREATE INDEX IF NOT EXISTS idx_budget_allocations_campaign ON budget_allocations (campaign_id);
CREATE INDEX IF NOT EXISTS idx_budget_allocations_window ON budget_allocations (start_date, end_date);
CREATE INDEX IF NOT EXISTS idx_budget_transactions_allocation ON budget_transactions (allocation_id, created_at DESC)
  WHERE approved;

-- Books an approved transaction on its allocation and notes crossed thresholds.
CREATE OR REPLACE FUNCTION book_budget_transaction()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
  delta numeric(14, 2) := CASE NEW.transaction_type WHEN 'refund' THEN - NEW.amount ELSE NEW.amount END;
BEGIN
  UPDATE budget_allocations a
     SET spent_amount = a.spent_amount + delta,
         last_warning_at = CASE
           WHEN a.spent_amount + delta >= a.allocated_budget * a.warning_ratio
           THEN coalesce(a.last_warning_at, now()) ELSE a.last_warning_at END,
         last_critical_at = CASE
           WHEN a.spent_amount + delta >= a.allocated_budget * a.critical_ratio
           THEN coalesce(a.last_critical_at, now()) ELSE a.last_critical_at END
   WHERE a.allocation_id = NEW.allocation_id;
  RETURN NULL;
END;
$$;

CREATE OR REPLACE FUNCTION check_budget_ceiling()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  IF NEW.spent_amount > NEW.total_budget THEN
    RAISE EXCEPTION 'allocation % is overspent: % of %',
      NEW.allocation_id, NEW.spent_amount, NEW.total_budget
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END;
$$;

CREATE OR REPLACE FUNCTION log_budget_batch()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
  INSERT INTO audit_log (tenant_id, request_id, action, detail)
  SELECT b.tenant_id, 'budget', 'budget.booked',
         jsonb_build_object('transactions', count(*), 'amount', sum(b.amount))
  FROM booked b
  GROUP BY b.tenant_id;
  RETURN NULL;
END;
$$;

DROP TRIGGER IF EXISTS budget_transactions_book ON budget_transactions;
CREATE TRIGGER budget_transactions_book
  AFTER INSERT ON budget_transactions
  FOR EACH ROW
  WHEN (NEW.approved)
  EXECUTE FUNCTION book_budget_transaction();

DROP TRIGGER IF EXISTS budget_transactions_log ON budget_transactions;
CREATE TRIGGER budget_transactions_log
  AFTER INSERT ON budget_transactions
  REFERENCING NEW TABLE AS booked
  FOR EACH STATEMENT
  EXECUTE FUNCTION log_budget_batch();

DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgname = 'budget_allocations_ceiling') THEN
    CREATE CONSTRAINT TRIGGER budget_allocations_ceiling
      AFTER INSERT OR UPDATE OF spent_amount, total_budget ON budget_allocations
      DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION check_budget_ceiling();
  END IF;
END
$$;

CREATE OR REPLACE TRIGGER budget_allocations_updated_at
  BEFORE UPDATE ON budget_allocations
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();

COMMENT ON TABLE audit_log IS 'Who did what, for ever: rows are neither changed nor removed';
COMMENT ON COLUMN audit_log.row_hash IS 'SHA-256 over what matters, written by audit_log_seal';
COMMENT ON TRIGGER audit_log_immutable ON audit_log IS 'Fires in every replication role';
COMMENT ON TABLE budget_allocations IS 'Money set apart for a campaign over a period';
COMMENT ON TABLE budget_transactions IS 'Bookings against an allocation';
COMMENT ON FUNCTION book_budget_transaction() IS 'Adds to spent_amount and stamps the two thresholds once';

-- =============================================================================
-- 13. Creative and retention
-- =============================================================================

CREATE TABLE IF NOT EXISTS creative_assets (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id   uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  campaign_id uuid NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
  kind        varchar(20) NOT NULL CHECK (kind IN ('audio', 'script', 'image', 'landing_page')),
  title       varchar(255) NOT NULL,
  storage_key text NOT NULL,
  checksum    bytea,
  version     integer NOT NULL DEFAULT 1,
  replaces_id uuid REFERENCES creative_assets (id),
  approved_at timestamptz,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now(),
  UNIQUE (campaign_id, title, version)
);

CREATE TABLE IF NOT EXISTS creative_performance (
  asset_id     uuid NOT NULL REFERENCES creative_assets (id) ON DELETE CASCADE,
  tenant_id    uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  day          date NOT NULL,
  impressions  bigint NOT NULL DEFAULT 0,
  clicks       bigint NOT NULL DEFAULT 0,
  conversions  bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (asset_id, day),
  CHECK (clicks <= impressions)
);

CREATE TABLE IF NOT EXISTS retention_events (
  id           bigint GENERATED ALWAYS AS IDENTITY (INCREMENT BY 10 START WITH 10) PRIMARY KEY,
  tenant_id    uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  user_id      uuid REFERENCES users (id) ON DELETE SET NULL,
  event        varchar(40) NOT NULL,
  channel      varchar(20) NOT NULL DEFAULT 'email',
  outcome      varchar(20),
  occurred_at  timestamptz NOT NULL DEFAULT now(),
  payload      jsonb NOT NULL DEFAULT '{}'::jsonb,
  CONSTRAINT retention_events_channel CHECK (channel IN ('email', 'in_app', 'call', 'sms'))
);

DO $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM information_schema.tables
    WHERE table_schema = 'public' AND table_name = 'churn_predictions'
  ) THEN
    CREATE TABLE churn_predictions (
      tenant_id     uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
      predicted_on  date NOT NULL DEFAULT CURRENT_DATE,
      model_version varchar(30) NOT NULL,
      churn_risk    numeric(5, 4) NOT NULL,
      risk_band     text GENERATED ALWAYS AS (
        CASE
          WHEN churn_risk >= 0.7 THEN 'high'
          WHEN churn_risk >= 0.4 THEN 'medium'
          ELSE 'low'
        END
      ) STORED,
      drivers       jsonb NOT NULL DEFAULT '[]'::jsonb,
      PRIMARY KEY (tenant_id, predicted_on, model_version)
    );
  END IF;
END
$$;

CREATE INDEX IF NOT EXISTS idx_creative_assets_campaign ON creative_assets (campaign_id);
CREATE INDEX IF NOT EXISTS idx_creative_assets_checksum ON creative_assets USING hash (checksum);
CREATE INDEX IF NOT EXISTS idx_retention_events_user ON retention_events (user_id, occurred_at DESC);
CREATE INDEX IF NOT EXISTS idx_churn_high ON churn_predictions (predicted_on DESC) WHERE risk_band = 'high';

CREATE OR REPLACE TRIGGER trg_creative_assets_updated_at BEFORE UPDATE ON creative_assets
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();

COMMENT ON TABLE creative_assets IS 'Recordings, scripts and pictures of a campaign, by version';
COMMENT ON TABLE creative_performance IS 'How an asset did, per day';
COMMENT ON TABLE retention_events IS 'What was done to keep a customer, and what came of it';
COMMENT ON TABLE churn_predictions IS 'Nightly risk per tenant and model';

-- =============================================================================
-- 14. marketing, intake, bit
-- =============================================================================

CREATE TABLE IF NOT EXISTS marketing.companies (
  id           serial PRIMARY KEY,
  barton_id    public.barton_id UNIQUE NOT NULL DEFAULT public.next_barton_id('01'),
  name         varchar(255) NOT NULL,
  domain       varchar(255),
  industry     varchar(100),
  employees    integer CHECK (employees >= 0),
  source       varchar(60) NOT NULL DEFAULT 'manual',
  created_at   timestamptz DEFAULT now(),
  updated_at   timestamptz DEFAULT now()
);

CREATE TABLE IF NOT EXISTS marketing.people (
  id           serial PRIMARY KEY,
  barton_id    public.barton_id UNIQUE NOT NULL DEFAULT public.next_barton_id('02'),
  company_id   integer NOT NULL REFERENCES marketing.companies (id) ON DELETE CASCADE,
  full_name    varchar(200) NOT NULL,
  title        varchar(200),
  email        public.email_address,
  linkedin_url text,
  verified     boolean DEFAULT false,
  created_at   timestamptz DEFAULT now(),
  updated_at   timestamptz DEFAULT now()
);

CREATE TABLE IF NOT EXISTS marketing.outreach_steps (
  id         serial PRIMARY KEY,
  person_id  integer NOT NULL REFERENCES marketing.people (id) ON DELETE CASCADE,
  step       smallint NOT NULL DEFAULT 1,
  template   varchar(80) NOT NULL,
  sent_at    timestamptz,
  opened_at  timestamptz,
  replied_at timestamptz,
  updated_at timestamptz DEFAULT now(),
  UNIQUE (person_id, step) DEFERRABLE INITIALLY IMMEDIATE
);

CREATE SEQUENCE IF NOT EXISTS intake.batch_number_seq START 1000 INCREMENT 1;

CREATE TABLE IF NOT EXISTS intake.batches (
  id           integer PRIMARY KEY DEFAULT nextval('intake.batch_number_seq'),
  barton_id    public.barton_id UNIQUE NOT NULL DEFAULT public.next_barton_id('10', 5),
  file_name    text NOT NULL,
  received_at  timestamptz NOT NULL DEFAULT now(),
  row_count    integer,
  state        varchar(20) NOT NULL DEFAULT 'received',
  updated_at   timestamptz DEFAULT now(),
  CONSTRAINT batches_state CHECK (state IN ('received', 'parsed', 'promoted', 'rejected'))
);

ALTER SEQUENCE intake.batch_number_seq OWNED BY intake.batches.id;

CREATE TABLE IF NOT EXISTS intake.raw_rows (
  id         bigserial PRIMARY KEY,
  batch_id   integer NOT NULL,
  line_no    integer NOT NULL,
  content    jsonb NOT NULL,
  error      text,
  company_id integer REFERENCES marketing.companies (id) ON DELETE SET NULL,
  updated_at timestamptz DEFAULT now(),
  CONSTRAINT raw_rows_batch_fk FOREIGN KEY (batch_id)
    REFERENCES intake.batches (id) MATCH FULL ON UPDATE CASCADE ON DELETE CASCADE,
  CONSTRAINT raw_rows_line UNIQUE (batch_id, line_no)
);

CREATE TABLE IF NOT EXISTS bit.events (
  event_id    bigserial NOT NULL,
  occurred_at timestamptz NOT NULL DEFAULT now(),
  barton_id   public.barton_id NOT NULL DEFAULT public.next_barton_id('20'),
  company_id  integer NOT NULL,
  signal      varchar(80) NOT NULL,
  strength    "bit".signal_strength NOT NULL DEFAULT 'weak',
  weight      numeric(6, 3) NOT NULL DEFAULT 1.0,
  payload     jsonb,
  PRIMARY KEY (event_id, occurred_at)
);

CREATE TABLE IF NOT EXISTS bit.scores (
  company_id  integer PRIMARY KEY REFERENCES marketing.companies (id) ON DELETE CASCADE,
  barton_id   public.barton_id UNIQUE NOT NULL DEFAULT public.next_barton_id('21'),
  score       numeric(7, 3) NOT NULL DEFAULT 0,
  events_seen integer NOT NULL DEFAULT 0,
  computed_at timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz DEFAULT now()
);

CREATE UNIQUE INDEX IF NOT EXISTS idx_companies_domain ON marketing.companies (lower(domain)) WHERE domain IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_companies_name_trgm ON marketing.companies USING gist (name gist_trgm_ops);
CREATE INDEX IF NOT EXISTS idx_people_company ON marketing.people (company_id);
CREATE INDEX IF NOT EXISTS idx_people_email ON marketing.people (lower(email)) WHERE verified;
CREATE INDEX IF NOT EXISTS idx_outreach_due ON marketing.outreach_steps (person_id, step) WHERE sent_at IS NULL;
CREATE INDEX IF NOT EXISTS idx_raw_rows_failed ON intake.raw_rows (batch_id) WHERE error IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_bit_events_company ON bit.events (company_id, occurred_at DESC);
CREATE INDEX IF NOT EXISTS idx_bit_events_time ON bit.events (occurred_at DESC);
CREATE INDEX IF NOT EXISTS idx_bit_scores_rank ON bit.scores (score DESC, company_id);

DROP TRIGGER IF EXISTS update_companies_updated_at ON marketing.companies;
CREATE TRIGGER update_companies_updated_at
  BEFORE UPDATE ON marketing.companies
  FOR EACH ROW EXECUTE FUNCTION marketing.touch_updated_at();

DROP TRIGGER IF EXISTS update_people_updated_at ON marketing.people;
CREATE TRIGGER update_people_updated_at
  BEFORE UPDATE ON marketing.people
  FOR EACH ROW EXECUTE FUNCTION marketing.touch_updated_at();

DROP TRIGGER IF EXISTS update_outreach_steps_updated_at ON marketing.outreach_steps;
CREATE TRIGGER update_outreach_steps_updated_at
  BEFORE UPDATE ON marketing.outreach_steps
  FOR EACH ROW EXECUTE FUNCTION marketing.touch_updated_at();

DROP TRIGGER IF EXISTS update_batches_updated_at ON intake.batches;
CREATE TRIGGER update_batches_updated_at
  BEFORE UPDATE ON intake.batches
  FOR EACH ROW EXECUTE FUNCTION marketing.touch_updated_at();

DROP TRIGGER IF EXISTS update_raw_rows_updated_at ON intake.raw_rows;
CREATE TRIGGER update_raw_rows_updated_at
  BEFORE UPDATE ON intake.raw_rows
  FOR EACH ROW EXECUTE FUNCTION marketing.touch_updated_at();

DROP TRIGGER IF EXISTS update_scores_updated_at ON bit.scores;
CREATE TRIGGER update_scores_updated_at
  BEFORE UPDATE ON bit.scores
  FOR EACH ROW EXECUTE FUNCTION marketing.touch_updated_at();

-- Running total of the signals; the nightly job decays it.
CREATE OR REPLACE FUNCTION bit.add_to_score()
RETURNS trigger
LANGUAGE plpgsql
AS $fn$
BEGIN
  INSERT INTO bit.scores AS s (company_id, score, events_seen)
  VALUES (NEW.company_id, NEW.weight, 1)
  ON CONFLICT (company_id) DO UPDATE
    SET score = s.score + EXCLUDED.score,
        events_seen = s.events_seen + 1,
        computed_at = now();
  RETURN NULL;
END;
$fn$;

CREATE OR REPLACE TRIGGER bit_events_score
  AFTER INSERT ON bit.events
  FOR EACH ROW EXECUTE FUNCTION bit.add_to_score();

COMMENT ON TABLE marketing.companies IS 'Prospects, one row per legal entity';
COMMENT ON COLUMN marketing.companies.barton_id IS 'Given once, never reused';
COMMENT ON TABLE marketing.people IS 'Contacts at a prospect';
COMMENT ON TABLE marketing.outreach_steps IS 'Mails of a sequence; steps may swap places inside a transaction';
COMMENT ON TABLE intake.batches IS 'Files as they arrived';
COMMENT ON TABLE intake.raw_rows IS 'Lines of a batch, before and after matching';
COMMENT ON TABLE bit.events IS 'Intent signals, append only';
COMMENT ON TABLE bit.scores IS 'Current intent per company';
COMMENT ON TYPE "bit".signal_strength IS 'Rough class of a signal, for people';

-- =============================================================================
-- 15. scout_dash
-- =============================================================================

set search_path to scout_dash, public;

create table if not exists metrics (
  id uuid primary key default gen_random_uuid(),
  metric_name text not null,
  metric_value numeric not null,
  region text default 'NCR',
  recorded_at timestamptz default now(),
  metadata jsonb,
  created_at timestamptz default now(),
  updated_at timestamptz default now()
);

create table if not exists campaign_briefs (
  id bigint generated by default as identity primary key,
  title text not null,
  campaign_type text not null check (campaign_type in ('brand', 'launch', 'promo', 'csr')),
  start_date date not null,
  end_date date not null,
  owner_id uuid default auth.uid(),
  created_at timestamptz default now()
);

create index if not exists idx_metrics_recorded_at on metrics (recorded_at);
create index if not exists idx_metrics_name on metrics (metric_name, recorded_at desc);
create index if not exists idx_briefs_date_range on campaign_briefs using btree (start_date, end_date);

alter table metrics enable row level security;
alter table campaign_briefs enable row level security;

drop policy if exists "metrics_read_policy" on metrics;
create policy "metrics_read_policy" on metrics
  for select using (auth.role() in ('authenticated', 'service_role'));

drop policy if exists "metrics_write_policy" on metrics;
create policy "metrics_write_policy" on metrics
  for all to service_role
  using (auth.role() = 'service_role')
  with check (auth.role() = 'service_role');

drop policy if exists "Brief owners manage their briefs" on campaign_briefs;
create policy "Brief owners manage their briefs" on campaign_briefs
  as permissive for all to authenticated
  using ((select auth.uid()) = owner_id)
  with check ((select auth.uid()) = owner_id);

create or replace trigger set_metrics_updated_at
  before update on metrics
  for each row execute function public.set_updated_at();

-- latest value of each metric, for the tiles
drop view if exists latest_metrics;
create view latest_metrics as
  select distinct on (metric_name) metric_name, metric_value, region, recorded_at
  from metrics
  order by metric_name, recorded_at desc;

comment on table metrics is 'Measurements, one row per metric and moment';
comment on column metrics.region is 'Sales region of the dashboard''s filter';
comment on table campaign_briefs is 'Briefs as the planners write them';
comment on policy "metrics_read_policy" on metrics is 'Signed-in people read everything';
comment on view latest_metrics is 'Newest value of each metric';

set search_path to public;

-- =============================================================================
-- 16. Operations
-- =============================================================================

CREATE TABLE IF NOT EXISTS migrations_history (
  id               serial PRIMARY KEY,
  migration_name   text UNIQUE NOT NULL,
  applied_at       timestamptz NOT NULL DEFAULT now(),
  applied_by       text NOT NULL DEFAULT SESSION_USER,
  execution_time   interval,
  checksum         text,
  rollback_applied boolean DEFAULT false,
  rollback_at      timestamptz
);

CREATE TABLE IF NOT EXISTS shq_error_log (
  id           bigserial PRIMARY KEY,
  error_id     barton_id NOT NULL UNIQUE DEFAULT next_barton_id('90'),
  occurred_at  timestamptz NOT NULL DEFAULT now(),
  service      varchar(60) NOT NULL,
  severity     varchar(10) NOT NULL DEFAULT 'error',
  message      text NOT NULL,
  context      jsonb,
  resolved_at  timestamptz,
  CONSTRAINT shq_error_log_severity CHECK (severity IN ('info', 'warning', 'error', 'fatal'))
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX IF NOT EXISTS idx_shq_error_open ON shq_error_log (service, occurred_at DESC) WHERE resolved_at IS NULL;
CREATE INDEX IF NOT EXISTS idx_shq_error_severity ON shq_error_log (severity);

-- Sessions moved to the cache in 2024.
DROP TABLE IF EXISTS legacy_sessions;

COMMENT ON TABLE migrations_history IS 'Data migrations that were run by hand; the schema itself is this file';
COMMENT ON TABLE shq_error_log IS 'Errors of all services, the place to look first';

-- =============================================================================
-- 17. Row level security
-- =============================================================================
-- One rule throughout: a row is seen and written by its own tenant. Without
-- app.current_tenant nothing is. service_role has BYPASSRLS where it logs in.

ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
ALTER TABLE tenant_settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_quotas ENABLE ROW LEVEL SECURITY;
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
ALTER TABLE user_email_preferences ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_metrics ENABLE ROW LEVEL SECURITY;
ALTER TABLE podcasts ENABLE ROW LEVEL SECURITY;
ALTER TABLE episodes ENABLE ROW LEVEL SECURITY;
ALTER TABLE sponsors ENABLE ROW LEVEL SECURITY;
ALTER TABLE campaigns ENABLE ROW LEVEL SECURITY;
ALTER TABLE listener_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE attribution_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE metrics_daily ENABLE ROW LEVEL SECURITY;
ALTER TABLE deals ENABLE ROW LEVEL SECURITY;
ALTER TABLE partnerships ENABLE ROW LEVEL SECURITY;
ALTER TABLE referrals ENABLE ROW LEVEL SECURITY;
ALTER TABLE etl_imports ENABLE ROW LEVEL SECURITY;
ALTER TABLE ad_units ENABLE ROW LEVEL SECURITY;
ALTER TABLE io_bookings ENABLE ROW LEVEL SECURITY;
ALTER TABLE matches ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE budget_allocations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE budget_transactions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE creative_assets ENABLE ROW LEVEL SECURITY;
ALTER TABLE creative_performance ENABLE ROW LEVEL SECURITY;
ALTER TABLE retention_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE churn_predictions ENABLE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS tenant_isolation_tenants ON tenants;
CREATE POLICY tenant_isolation_tenants ON tenants
  USING (id = current_tenant_id())
  WITH CHECK (id = current_tenant_id());

DROP POLICY IF EXISTS tenant_isolation_tenant_settings ON tenant_settings;
CREATE POLICY tenant_isolation_tenant_settings ON tenant_settings
  USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());

DROP POLICY IF EXISTS tenant_isolation_tenant_quotas ON tenant_quotas;
CREATE POLICY tenant_isolation_tenant_quotas ON tenant_quotas
  USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());

DROP POLICY IF EXISTS tenant_isolation_users ON users;
CREATE POLICY tenant_isolation_users ON users
  USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());

DROP POLICY IF EXISTS tenant_isolation_user_email_preferences ON user_email_preferences;
CREATE POLICY tenant_isolation_user_email_preferences ON user_email_preferences
  USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());

DROP POLICY IF EXISTS tenant_isolation_user_metrics ON user_metrics;
CREATE POLICY tenant_isolation_user_metrics ON user_metrics
  USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());

DROP POLICY IF EXISTS tenant_isolation_podcasts ON podcasts;
CREATE POLICY tenant_isolation_podcasts ON podcasts
  USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());

DROP POLICY IF EXISTS tenant_isolation_episodes ON episodes;
CREATE POLICY tenant_isolation_episodes ON episodes
  USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());

DROP POLICY IF EXISTS tenant_isolation_sponsors ON sponsors;
CREATE POLICY tenant_isolation_sponsors ON sponsors
  USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());

DROP POLICY IF EXISTS tenant_isolation_campaigns ON campaigns;
CREATE POLICY tenant_isolation_campaigns ON campaigns
  USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());

-- Appending is all the collectors do.
DROP POLICY IF EXISTS tenant_isolation_listener_events ON listener_events;
CREATE POLICY tenant_isolation_listener_events ON listener_events
  FOR SELECT USING (tenant_id = current_tenant_id());
DROP POLICY IF EXISTS tenant_append_listener_events ON listener_events;
CREATE POLICY tenant_append_listener_events ON listener_events
  FOR INSERT WITH CHECK (tenant_id = current_tenant_id());

DROP POLICY IF EXISTS tenant_isolation_attribution_events ON attribution_events;
CREATE POLICY tenant_isolation_attribution_events ON attribution_events
  USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());

DROP POLICY IF EXISTS tenant_isolation_metrics_daily ON metrics_daily;
CREATE POLICY tenant_isolation_metrics_daily ON metrics_daily
  USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());

DROP POLICY IF EXISTS tenant_isolation_deals ON deals;
CREATE POLICY tenant_isolation_deals ON deals
  USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());

DROP POLICY IF EXISTS tenant_isolation_partnerships ON partnerships;
CREATE POLICY tenant_isolation_partnerships ON partnerships
  USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());

DROP POLICY IF EXISTS tenant_isolation_referrals ON referrals;
CREATE POLICY tenant_isolation_referrals ON referrals
  USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());

DO $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM pg_policies
    WHERE schemaname = 'public' AND tablename = 'etl_imports' AND policyname = 'tenant_isolation_etl_imports'
  ) THEN
    CREATE POLICY tenant_isolation_etl_imports ON etl_imports
      USING (tenant_id = current_setting('app.current_tenant', true)::uuid);
  END IF;

  IF NOT EXISTS (
    SELECT 1 FROM pg_policies
    WHERE schemaname = 'public' AND tablename = 'ad_units' AND policyname = 'tenant_isolation_ad_units'
  ) THEN
    CREATE POLICY tenant_isolation_ad_units ON ad_units
      USING (tenant_id = current_setting('app.current_tenant', true)::uuid);
  END IF;
END
$$;

DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_policies WHERE tablename = 'io_bookings' AND policyname = 'tenant_isolation_io_bookings') THEN
    EXECUTE 'CREATE POLICY tenant_isolation_io_bookings ON io_bookings
      USING (tenant_id = current_setting(''app.current_tenant'', true)::uuid)';
  END IF;
END
$$;

DO $$
BEGIN
  EXECUTE $ddl$
    CREATE POLICY tenant_isolation_matches ON matches
      FOR ALL TO PUBLIC
      USING (tenant_id = current_tenant_id())
      WITH CHECK (tenant_id = current_tenant_id())
  $ddl$;
EXCEPTION
  WHEN duplicate_object THEN NULL;
END
$$;

-- The audit trail: a tenant reads its own, the keeper all of it.
DO $$
BEGIN
  CREATE POLICY tenant_isolation_audit_log ON audit_log
    FOR SELECT USING (tenant_id = current_tenant_id());
EXCEPTION
  WHEN duplicate_object THEN NULL;
END
$$;
DROP POLICY IF EXISTS audit_log_keeper ON audit_log;
CREATE POLICY audit_log_keeper ON audit_log FOR SELECT TO audit_keeper USING (true);
DROP POLICY IF EXISTS audit_log_append ON audit_log;
CREATE POLICY audit_log_append ON audit_log FOR INSERT TO podcast_app, service_role
  WITH CHECK (tenant_id IS NULL OR tenant_id = current_tenant_id());

DROP POLICY IF EXISTS tenant_isolation_budget_allocations ON budget_allocations;
CREATE POLICY tenant_isolation_budget_allocations ON budget_allocations
  USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());

DROP POLICY IF EXISTS tenant_isolation_budget_transactions ON budget_transactions;
CREATE POLICY tenant_isolation_budget_transactions ON budget_transactions
  USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());

-- On top of the tenant: what was approved is not touched again.
DROP POLICY IF EXISTS approved_is_final ON budget_transactions;
CREATE POLICY approved_is_final ON budget_transactions
  AS RESTRICTIVE
  FOR UPDATE TO podcast_app, podcast_support
  USING (NOT approved);

DROP POLICY IF EXISTS tenant_isolation_creative_assets ON creative_assets;
CREATE POLICY tenant_isolation_creative_assets ON creative_assets
  USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());

DROP POLICY IF EXISTS tenant_isolation_creative_performance ON creative_performance;
CREATE POLICY tenant_isolation_creative_performance ON creative_performance
  USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());

DROP POLICY IF EXISTS tenant_isolation_retention_events ON retention_events;
CREATE POLICY tenant_isolation_retention_events ON retention_events
  USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());

DROP POLICY IF EXISTS tenant_isolation_churn_predictions ON churn_predictions;
CREATE POLICY tenant_isolation_churn_predictions ON churn_predictions
  USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());

-- Support looks at whole shows, never at people.
DROP POLICY IF EXISTS support_reads_podcasts ON podcasts;
CREATE POLICY support_reads_podcasts ON podcasts FOR SELECT TO podcast_support USING (true);
DROP POLICY IF EXISTS support_reads_episodes ON episodes;
CREATE POLICY support_reads_episodes ON episodes FOR SELECT TO podcast_support
  USING (EXISTS (SELECT 1 FROM podcasts p WHERE p.id = episodes.podcast_id AND NOT p.explicit));

COMMENT ON POLICY tenant_isolation_tenants ON tenants IS 'A tenant sees itself and nobody else';
COMMENT ON POLICY approved_is_final ON budget_transactions IS 'Corrections are bookings of their own';

-- =============================================================================
-- 18. Views
-- =============================================================================

DROP VIEW IF EXISTS campaign_overview;
CREATE OR REPLACE VIEW campaign_performance AS
SELECT
  c.tenant_id,
  c.id AS campaign_id,
  c.name,
  c.stage,
  c.budget,
  count(a.event_id) AS conversions,
  coalesce(sum(a.conversion_value), 0) AS conversion_value,
  CASE WHEN c.budget > 0
    THEN round((coalesce(sum(a.conversion_value), 0) - c.budget) / c.budget, 4)
  END AS roi
FROM campaigns c
LEFT JOIN attribution_events a ON a.campaign_id = c.id
GROUP BY c.id;

CREATE OR REPLACE VIEW tenant_usage AS
SELECT
  t.id AS tenant_id,
  t.name,
  p.title AS plan,
  (SELECT count(*) FROM users u WHERE u.tenant_id = t.id AND u.is_active) AS users,
  p.max_users,
  (SELECT count(*) FROM podcasts s WHERE s.tenant_id = t.id) AS podcasts,
  p.max_podcasts
FROM tenants t
JOIN plan_tiers p ON p.code = t.plan
WHERE t.status IN ('active', 'trial');

-- Before 15 a view always reads with its owner's rights.
DO $$
BEGIN
  IF current_setting('server_version_num')::int >= 150000 THEN
    ALTER VIEW campaign_performance SET (security_invoker = true);
    ALTER VIEW tenant_usage SET (security_invoker = true);
  END IF;
END
$$;

-- What support may edit of a user.
CREATE OR REPLACE VIEW user_directory WITH (security_barrier = true) AS
SELECT id, tenant_id, email, display_name, role, is_active
FROM users
WHERE is_active
WITH LOCAL CHECK OPTION;

-- The pipeline board drags cards; dropping one writes through the trigger.
DROP VIEW IF EXISTS pipeline_board;
CREATE VIEW pipeline_board (campaign_id, tenant_id, card, stage, since, sponsor) AS
SELECT c.id, c.tenant_id, c.name, c.stage, c.stage_changed_at, s.name
FROM campaigns c
JOIN sponsors s ON s.id = c.sponsor_id
WHERE c.stage NOT IN ('won', 'lost');

CREATE OR REPLACE FUNCTION move_pipeline_card()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  UPDATE campaigns SET stage = NEW.stage WHERE id = OLD.campaign_id;
  RETURN NEW;
END;
$$;

DROP TRIGGER IF EXISTS pipeline_board_move ON pipeline_board;
CREATE TRIGGER pipeline_board_move
  INSTEAD OF UPDATE ON pipeline_board
  FOR EACH ROW EXECUTE FUNCTION move_pipeline_card();

CREATE MATERIALIZED VIEW IF NOT EXISTS podcast_daily AS
SELECT
  e.tenant_id,
  e.podcast_id,
  date_trunc('day', e.occurred_at AT TIME ZONE 'UTC')::date AS day,
  count(*) FILTER (WHERE e.event_type = 'download') AS downloads,
  count(DISTINCT e.listener_key) AS listeners,
  count(*) FILTER (WHERE e.event_type = 'ad_impression') AS ad_impressions
FROM listener_events e
GROUP BY e.tenant_id, e.podcast_id, 3;

-- Unique, so that it can be refreshed concurrently.
CREATE UNIQUE INDEX IF NOT EXISTS uq_podcast_daily ON podcast_daily (podcast_id, day, tenant_id);
CREATE INDEX IF NOT EXISTS idx_podcast_daily_day ON podcast_daily (day DESC);

CREATE MATERIALIZED VIEW IF NOT EXISTS marketing.intent_ranking
WITH (fillfactor = 100) AS
WITH latest AS (
  SELECT company_id, max(occurred_at) AS last_signal
  FROM bit.events
  GROUP BY company_id
)
SELECT co.id, co.name, sc.score, la.last_signal,
       rank() OVER (ORDER BY sc.score DESC) AS place
FROM marketing.companies co
JOIN bit.scores sc ON sc.company_id = co.id
LEFT JOIN latest la ON la.company_id = co.id
WITH NO DATA;

COMMENT ON VIEW campaign_performance IS 'Conversions and return per campaign';
COMMENT ON COLUMN campaign_performance.roi IS 'NULL where there is no budget to compare with';
COMMENT ON VIEW user_directory IS 'Active users, without their secrets';
COMMENT ON MATERIALIZED VIEW podcast_daily IS 'Source of metrics_daily; refreshed by refresh_reporting';

-- =============================================================================
-- 19. Reporting routines
-- =============================================================================

-- The result type has changed before, which OR REPLACE can't do.
DROP FUNCTION IF EXISTS tenant_revenue(uuid, date, date);
CREATE FUNCTION tenant_revenue(tenant uuid, since date, until date DEFAULT CURRENT_DATE)
RETURNS TABLE (day date, revenue numeric, impressions bigint)
LANGUAGE sql
STABLE
ROWS 90
AS $$
  SELECT m.day, sum(m.revenue), sum(m.ad_impressions)::bigint
  FROM metrics_daily m
  WHERE m.tenant_id = tenant AND m.day BETWEEN since AND until
  GROUP BY m.day
  ORDER BY m.day
$$;

CREATE OR REPLACE FUNCTION similar_podcasts(query text, max_rows integer DEFAULT 10)
RETURNS SETOF podcasts
LANGUAGE sql
STABLE
AS $$
  SELECT p.* FROM podcasts p WHERE p.title % query ORDER BY similarity(p.title, query) DESC LIMIT max_rows
$$;

CREATE OR REPLACE FUNCTION audit_trail(tenant uuid, since timestamptz)
RETURNS SETOF audit_log
LANGUAGE sql
STABLE
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
  SELECT * FROM audit_log WHERE tenant_id = tenant AND logged_at >= since ORDER BY logged_at
$$;

ALTER FUNCTION audit_trail(uuid, timestamptz) OWNER TO audit_keeper;

CREATE OR REPLACE PROCEDURE refresh_reporting(days integer DEFAULT 2)
LANGUAGE plpgsql
AS $$
BEGIN
  REFRESH MATERIALIZED VIEW podcast_daily;
  INSERT INTO metrics_daily (tenant_id, podcast_id, day, downloads, listeners, ad_impressions)
  SELECT tenant_id, podcast_id, day, downloads, listeners, ad_impressions
  FROM podcast_daily
  WHERE day >= CURRENT_DATE - days
  ON CONFLICT (podcast_id, day) DO UPDATE
    SET downloads = EXCLUDED.downloads,
        listeners = EXCLUDED.listeners,
        ad_impressions = EXCLUDED.ad_impressions;
END;
$$;

COMMENT ON FUNCTION tenant_revenue(uuid, date, date) IS 'Daily revenue of one tenant';
COMMENT ON FUNCTION audit_trail(tenant uuid, since timestamptz) IS 'Reads the log with the keeper''s rights';
COMMENT ON PROCEDURE refresh_reporting(integer) IS 'Nightly roll-up, safe to repeat';

-- =============================================================================
-- 20. Time series
-- =============================================================================
-- Nothing here happens on a plain server. Columnstore and row level security
-- exclude each other, so only the tenantless signals are compressed.

DO $$
BEGIN
  IF EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'timescaledb') THEN
    PERFORM create_hypertable('listener_events', 'occurred_at',
      chunk_time_interval => INTERVAL '7 days', if_not_exists => TRUE, migrate_data => TRUE);
    PERFORM create_hypertable('attribution_events', 'converted_at',
      chunk_time_interval => INTERVAL '30 days', if_not_exists => TRUE, migrate_data => TRUE);
    PERFORM add_retention_policy('listener_events', INTERVAL '18 months', if_not_exists => TRUE);
  END IF;
END
$$;

DO $$
BEGIN
  IF EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'timescaledb') THEN
    PERFORM create_hypertable('bit.events', 'occurred_at', if_not_exists => TRUE);
    EXECUTE 'ALTER TABLE bit.events SET (timescaledb.compress, timescaledb.compress_segmentby = ''company_id'')';
    PERFORM add_compression_policy('bit.events', INTERVAL '30 days', if_not_exists => TRUE);
    PERFORM add_retention_policy('bit.events', INTERVAL '3 years', if_not_exists => TRUE);
  END IF;
END
$$;

-- =============================================================================
-- 21. Grants
-- =============================================================================

REVOKE CREATE ON SCHEMA public FROM PUBLIC;

GRANT USAGE ON SCHEMA public TO podcast_app, podcast_support, analytics_reader, service_role, audit_keeper;
GRANT USAGE ON SCHEMA auth, scout_dash TO authenticated, service_role;
GRANT USAGE ON SCHEMA marketing, intake, bit TO growth_ops;
GRANT USAGE ON SCHEMA marketing TO analytics_reader;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO podcast_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO podcast_app;
REVOKE UPDATE, DELETE, TRUNCATE ON audit_log FROM podcast_app;
REVOKE ALL ON plan_tiers, migrations_history FROM podcast_app;
GRANT SELECT ON plan_tiers TO podcast_app;

GRANT ALL PRIVILEGES ON ALL TABLES IN SCHEMA scout_dash TO service_role;
GRANT SELECT (id, tenant_id, email, display_name, role, is_active), UPDATE (display_name, is_active)
  ON users TO podcast_support;
GRANT SELECT ON podcasts, episodes, user_directory TO podcast_support;
GRANT SELECT ON campaign_performance, metrics_daily, podcast_daily TO analytics_reader WITH GRANT OPTION;
GRANT SELECT ON TABLE audit_log TO audit_keeper;
GRANT USAGE ON SEQUENCE barton_number_seq TO growth_ops, service_role;
GRANT USAGE ON TYPE user_role, bit.signal_strength TO analytics_reader;

REVOKE ALL ON FUNCTION audit_trail(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_trail(uuid, timestamptz) TO podcast_support, service_role;
REVOKE EXECUTE ON FUNCTION log_budget_batch() FROM PUBLIC;
REVOKE EXECUTE ON PROCEDURE refresh_reporting(integer) FROM PUBLIC;
GRANT EXECUTE ON PROCEDURE refresh_reporting(integer) TO service_role;
GRANT EXECUTE ON FUNCTION tenant_revenue(uuid, date, date) TO analytics_reader;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA auth TO authenticated, service_role;

-- =============================================================================
-- 22. Reference rows
-- =============================================================================

INSERT INTO plan_tiers (code, title, monthly_price, max_podcasts, max_users, is_public, sort_order) VALUES
  ('starter', 'Starter', 0, 1, 2, true, 10),
  ('growth', 'Growth', 79, 10, 15, true, 20),
  ('network', 'Network', 399, 200, 150, true, 30),
  ('internal', 'Internal', 0, 100000, 100000, false, 99)
ON CONFLICT (code) DO NOTHING;

INSERT INTO tenants (id, name, slug, plan, billing_email)
VALUES ('00000000-0000-4000-8000-000000000001', 'House tenant', 'house', 'internal', 'billing@podcasts.example')
ON CONFLICT DO NOTHING;

INSERT INTO tenant_settings (tenant_id, settings, features)
VALUES ('00000000-0000-4000-8000-000000000001', '{"onboarding": "done"}', ARRAY['deal_pipeline', 'io_bookings', 'matchmaking'])
ON CONFLICT (tenant_id) DO NOTHING;

ANALYZE plan_tiers;

RESET search_path;
RESET client_min_messages;
