-- Namespaces that are not the system's.
select n.oid, n.nspname::text as name, n.nspowner as owner, n.nspacl::text[] as acl
from pg_namespace n
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by n.nspname
