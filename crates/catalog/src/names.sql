-- What is live by name, whoever manages it: what the names in a file may mean. Asked before anything large, so that
-- the file can be read while the rest is. Primary keys come with their columns.
with spaces as materialized (
    select n.oid, n.nspname::text as namespace from pg_namespace n
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
)
select 'relation' as what, s.namespace, c.relname::text as name, null::text[] as columns, c.oid
from pg_class c join spaces s on s.oid = c.relnamespace
where c.oid >= 16384 and c.relpersistence <> 't' and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
union all
select 'type', s.namespace, t.typname::text, null, t.oid
from pg_type t join spaces s on s.oid = t.typnamespace
where t.oid >= 16384 and not (t.typcategory = 'A' and t.typelem <> 0)
union all
select distinct 'function', s.namespace, p.proname::text, null::text[], 0::oid
from pg_proc p join spaces s on s.oid = p.pronamespace
where p.oid >= 16384
  and not exists (select from pg_depend d
                  where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'i')
union all
select 'collation', s.namespace, c.collname::text, null, c.oid
from pg_collation c join spaces s on s.oid = c.collnamespace
union all
select 'dictionary', s.namespace, d.dictname::text, null, d.oid
from pg_ts_dict d join spaces s on s.oid = d.dictnamespace
union all
select 'key', s.namespace, c.relname::text,
       array(select (select a.attname::text from pg_attribute a
                     where a.attrelid = k.conrelid and a.attnum = k.conkey[place])
             from generate_subscripts(k.conkey, 1) place order by place),
       c.oid
from pg_constraint k join pg_class c on c.oid = k.conrelid join spaces s on s.oid = c.relnamespace
where k.contype = 'p' and c.relpersistence <> 't'
order by 1, 5, 2
