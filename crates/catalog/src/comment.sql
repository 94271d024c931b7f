-- Comments on what is not built in, on the namespace public and on extensions, of which initdb makes one.
select d.classoid as class, d.objoid as oid, d.objsubid as part, d.description as text
from pg_description d
where d.objoid >= 16384 or d.classoid = 'pg_extension'::regclass or d.classoid = 'pg_namespace'::regclass and d.objoid = 2200
order by 1, 2, 3
