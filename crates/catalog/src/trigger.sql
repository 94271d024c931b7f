-- Triggers that users made. The definition is asked for only for the sake of its WHEN.
select t.oid, t.tgrelid as relation, t.tgname::text as name, t.tgtype as bits, t.tgenabled::text as enabled,
       n.nspname::text as function_namespace, p.proname::text as function,
       t.tgattr::int2[] as columns, t.tgnargs as argument_count, t.tgargs as arguments,
       t.tgoldtable::text as old_table, t.tgnewtable::text as new_table,
       t.tgconstraint as constraint, t.tgdeferrable as deferrable, t.tginitdeferred as deferred,
       t.tgconstrrelid as from,
       t.tgqual is not null as conditional,
       case when t.tgqual is not null then pg_get_triggerdef(t.oid) end as definition
from pg_trigger t
join pg_proc p on p.oid = t.tgfoid
join pg_namespace n on n.oid = p.pronamespace
where not t.tgisinternal and t.tgparentid = 0
order by t.tgrelid, t.tgname
