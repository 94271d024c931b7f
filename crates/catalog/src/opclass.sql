-- Operator classes.
select o.oid, n.nspname::text as namespace, o.opcname::text as name, am.amname::text as method,
       o.opcintype as type, o.opckeytype <> 0 as stores_another, o.opcdefault as is_default
from pg_opclass o
join pg_namespace n on n.oid = o.opcnamespace
join pg_am am on am.oid = o.opcmethod
order by 1
