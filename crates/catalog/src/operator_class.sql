-- Operator classes that are not built in, in families that are not.
select c.oid, c.opcnamespace as namespace, c.opcname::text as name, c.opcowner as owner,
       am.amname::text as method, n.nspname::text as family_namespace, f.opfname::text as family,
       c.opcfamily as family_oid, c.opcintype as type, c.opcdefault as is_default,
       nullif(c.opckeytype, 0::oid) as storage
from pg_opclass c
join pg_am am on am.oid = c.opcmethod
join pg_opfamily f on f.oid = c.opcfamily
join pg_namespace n on n.oid = f.opfnamespace
where c.oid >= 16384 and f.oid >= 16384
order by c.oid
