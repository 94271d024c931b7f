-- Security labels on what is not built in, and on the namespace public.
select l.classoid as class, l.objoid as oid, l.objsubid as part, l.provider, l.label
from pg_seclabel l
where l.objoid >= 16384 or l.classoid = 'pg_namespace'::regclass and l.objoid = 2200
order by 1, 2, 3, 4
