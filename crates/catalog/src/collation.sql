-- Collations that are not built in, and those of the system that something uses.
select c.oid, n.nspname::text as namespace, c.collname::text as name
from pg_collation c
join pg_namespace n on n.oid = c.collnamespace
where c.oid < 12000 or c.oid >= 16384
   or exists (select from pg_depend d where d.refclassid = 'pg_collation'::regclass and d.refobjid = c.oid)
order by 1
