-- What a read has to account for: everything that depends on something, but for what the server makes
-- within something else, and default privileges, which are an object for each grantee, and the
-- members of operator families.
select distinct d.classid as class, d.objid as oid, i.type as kind, i.identity
from pg_depend d
cross join lateral pg_identify_object(d.classid, d.objid, 0) i
where d.objid >= 16384 and d.classid not in ('pg_default_acl'::regclass, 'pg_amop'::regclass, 'pg_amproc'::regclass)
  and not exists (select from pg_depend e
                  where e.classid = d.classid and e.objid = d.objid and e.deptype = 'e')
  and not exists (select from pg_depend e
                  where e.classid = d.classid and e.objid = d.objid and e.deptype = 'i'
                    and e.classid not in ('pg_class'::regclass, 'pg_rewrite'::regclass))
  and not exists (select from pg_trigger t where t.oid = d.objid and (t.tgisinternal or t.tgparentid <> 0))
  and not exists (select from pg_class c where c.oid = d.objid and c.relnamespace = 'pg_toast'::regnamespace)
order by 3, 4
