-- Casts that are not built in, but for those the server makes with a range type.
select c.oid, c.castsource as source, c.casttarget as target, c.castmethod::text as method,
       c.castcontext::text as context, n.nspname::text as function_namespace, p.proname::text as function,
       p.proargtypes::oid[] as arguments
from pg_cast c
left join pg_proc p on p.oid = c.castfunc
left join pg_namespace n on n.oid = p.pronamespace
where c.oid >= 16384
  and not exists (select from pg_depend d
                  where d.classid = 'pg_cast'::regclass and d.objid = c.oid and d.deptype = 'i')
order by c.oid
