-- What depends on what, among what is not built in; triggers behind foreign keys, row types and the partition keys of
-- tables, which depend on their own table, aside.
select d.classid as class, d.objid as oid, d.objsubid as part,
       d.refclassid as used_class, d.refobjid as used_oid, d.refobjsubid as used_part
from pg_depend d
where d.objid >= 16384 and d.refobjid >= 16384 and d.deptype <> 'e'
  and not (d.classid = d.refclassid and d.objid = d.refobjid and d.refobjsubid = 0)
  and not (d.deptype = 'i' and d.classid in ('pg_trigger'::regclass, 'pg_type'::regclass))
order by 1, 2, 3, 4, 5, 6
