-- Event triggers.
select e.oid, e.evtname::text as name, e.evtevent::text as event, e.evtowner as owner, e.evtenabled::text as enabled,
       e.evttags as tags, n.nspname::text as function_namespace, p.proname::text as function
from pg_event_trigger e
join pg_proc p on p.oid = e.evtfoid
join pg_namespace n on n.oid = p.pronamespace
order by e.evtname
