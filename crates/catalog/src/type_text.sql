-- How each type that is used anywhere is written. `modifier` is null where none can be given. `union` sorts what it is
-- given, so what is long is made short before.
with used (oid, modifier) as (
    select distinct a.atttypid, a.atttypmod
    from pg_attribute a
    where a.attrelid >= 16384 and a.attnum > 0 and not a.attisdropped
    union
    select t.typbasetype, t.typtypmod
    from pg_type t
    where t.typtype = 'd' and t.oid >= 16384
    union
    select s.seqtypid, -1
    from pg_sequence s
    union
    select u.oid, null
    from pg_proc p
    cross join lateral unnest(p.prorettype || p.proargtypes::oid[] || p.proallargtypes || p.protrftypes) u (oid)
    where p.oid >= 16384
    union
    select u.oid, null
    from pg_aggregate a
    cross join lateral unnest(array[a.aggtranstype, a.aggmtranstype]) u (oid)
    where a.aggfnoid::oid >= 16384
    union
    select u.oid, null
    from pg_operator o
    cross join lateral unnest(array[o.oprleft, o.oprright]) u (oid)
    where o.oid >= 16384
    union
    select r.rngsubtype, null
    from pg_range r
    where r.rngtypid >= 16384
    union
    select u.oid, null
    from pg_cast c
    left join pg_proc p on p.oid = c.castfunc
    cross join lateral unnest(array[c.castsource, c.casttarget] || p.proargtypes::oid[]) u (oid)
    where c.oid >= 16384
    union
    select u.oid, null
    from pg_opclass c
    cross join lateral unnest(array[c.opcintype, c.opckeytype]) u (oid)
    where c.oid >= 16384
    union
    select u.oid, null
    from pg_amop a
    cross join lateral unnest(array[a.amoplefttype, a.amoprighttype]) u (oid)
    where a.amopfamily >= 16384
    union
    select u.oid, null
    from pg_amproc a
    join pg_proc p on p.oid = a.amproc::oid
    cross join lateral unnest(p.proargtypes::oid[] || a.amproclefttype || a.amprocrighttype) u (oid)
    where a.amprocfamily >= 16384
)
select u.oid, u.modifier,
       format_type(u.oid, u.modifier) as text,
       e.nspname as namespace, e.typname as name,
       case when u.modifier <> -1 then
           substr(format_type(e.oid, u.modifier), length(format_type(e.oid, -1)) + 1)
       end as suffix,
       e.oid <> u.oid as is_array
from used u
join pg_type t on t.oid = u.oid
cross join lateral (
    select e.oid, n.nspname::text, e.typname::text
    from pg_type e
    join pg_namespace n on n.oid = e.typnamespace
    where e.oid = case when t.typcategory = 'A' and t.typelem <> 0 then t.typelem else t.oid end
) e
order by 1, 2
