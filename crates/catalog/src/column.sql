-- Columns of tables, views and composite types, and those columns of indexes that have options or a statistics target.
-- Most rows of the catalog are columns of indexes: they are sorted out by a hash while it is scanned, not by a join.
select a.attrelid as relation, a.attnum as number, a.attname::text as name,
       a.atttypid as type, a.atttypmod as modifier, a.attnotnull as not_null,
       nullif(a.attidentity, '')::text as identity, nullif(a.attgenerated, '')::text as generated,
       case when a.attcollation <> t.typcollation then a.attcollation end as collation,
       a.attcollation as own_collation,
       case when a.attstorage <> t.typstorage then a.attstorage::text end as storage,
       nullif(a.attcompression, '')::text as compression,
       nullif(a.attstattarget, -1)::int4 as statistics,
       a.attoptions as options, a.attfdwoptions as foreign_options, a.attacl::text[] as acl, a.attinhcount > 0 as inherited,
       a.attinhcount > 0 and a.attislocal as also_own
from pg_attribute a
join pg_type t on t.oid = a.atttypid
where a.attrelid >= 16384 and a.attnum > 0 and not a.attisdropped
  and (a.attrelid in (select c.oid from pg_class c where c.oid >= 16384 and c.relkind in ('r', 'p', 'f', 'v', 'm', 'c'))
       or a.attoptions is not null or nullif(a.attstattarget, -1) is not null)
order by a.attrelid, a.attnum
