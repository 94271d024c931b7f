-- Operator families that are not built in, a row for each member and one for a family without any.
select f.oid, f.opfnamespace as namespace, f.opfname::text as name, f.opfowner as owner, am.amname::text as method,
       m.function, m.number, m.left, m.right, m.member_namespace, m.member, m.arguments,
       m.sort_namespace, m.sort
from pg_opfamily f
join pg_am am on am.oid = f.opfmethod
left join lateral (
    select false as function, a.amopstrategy as number, a.amoplefttype as left, a.amoprighttype as right,
           n.nspname::text as member_namespace, o.oprname::text as member, null::oid[] as arguments,
           sn.nspname::text as sort_namespace, s.opfname::text as sort
    from pg_amop a
    join pg_operator o on o.oid = a.amopopr
    join pg_namespace n on n.oid = o.oprnamespace
    left join pg_opfamily s on s.oid = a.amopsortfamily
    left join pg_namespace sn on sn.oid = s.opfnamespace
    where a.amopfamily = f.oid
    union all
    select true, a.amprocnum, a.amproclefttype, a.amprocrighttype, n.nspname::text, p.proname::text,
           p.proargtypes::oid[], null, null
    from pg_amproc a
    join pg_proc p on p.oid = a.amproc::oid
    join pg_namespace n on n.oid = p.pronamespace
    where a.amprocfamily = f.oid
) m on true
where f.oid >= 16384
order by f.oid
