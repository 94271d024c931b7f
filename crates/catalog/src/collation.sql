-- Collations that are not built in, and those of the system that something uses or whose name does not say
-- what they are. One of another encoding is out of reach.
select c.oid, c.collnamespace as namespace, n.nspname::text as namespace_name, c.collname::text as name,
       c.collowner as owner, c.collprovider::text as provider, c.collisdeterministic as deterministic,
       c.collcollate::text as collate, c.collctype::text as ctype,
       coalesce(j.it ->> 'colllocale', j.it ->> 'colliculocale', c.collcollate::text) as locale,
       j.it ->> 'collicurules' as rules
from pg_collation c
join pg_namespace n on n.oid = c.collnamespace
cross join lateral (select to_jsonb(c) as it) j
where c.collencoding in (-1, (select d.encoding from pg_database d where d.datname = current_database()))
  and (c.oid < 12000 or c.oid >= 16384 or c.collprovider <> 'i'
       or exists (select from pg_depend d where d.refclassid = 'pg_collation'::regclass and d.refobjid = c.oid))
order by 1
