-- What belongs to extensions.
select d.classid as class, d.objid as oid, d.refobjid as extension
from pg_depend d
where d.refclassid = 'pg_extension'::regclass and d.deptype = 'e'
order by 1, 2
