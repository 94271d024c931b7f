-- Functions that text search parsers and templates which users made are made of.
select f.oid, n.nspname::text as namespace, f.proname::text as name
from pg_proc f
join pg_namespace n on n.oid = f.pronamespace
where f.oid in (select unnest(array[p.prsstart, p.prstoken, p.prsend, p.prslextype, p.prsheadline]::oid[])
                from pg_ts_parser p where p.oid >= 16384
                union all
                select unnest(array[t.tmplinit, t.tmpllexize]::oid[]) from pg_ts_template t where t.oid >= 16384)
order by f.oid
