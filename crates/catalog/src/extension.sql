-- Installed extensions.
select e.oid, e.extname::text as name, n.nspname::text as namespace, e.extversion as version
from pg_extension e
join pg_namespace n on n.oid = e.extnamespace
order by e.extname
