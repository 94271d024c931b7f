-- Functions and procedures, but for those the server makes with a type, such as a range's constructors.
select p.oid, p.pronamespace as namespace, p.proname::text as name, p.prokind::text as kind,
       p.proowner as owner, p.proacl::text[] as acl, l.lanname::text as language,
       p.provolatile::text as volatility, p.proisstrict as strict, p.prosecdef as security_definer,
       p.proleakproof as leakproof, p.proparallel::text as parallel,
       p.procost::text as cost, p.prorows::text as rows,
       sn.nspname::text as support_namespace, s.proname::text as support,
       p.proconfig as config, p.protrftypes as transforms,
       p.prorettype as returns, p.proretset as returns_set,
       p.proargtypes::oid[] as inputs, p.proallargtypes as types, p.proargmodes::text[] as modes,
       p.proargnames as names,
       case when p.pronargdefaults > 0 then array(
           select pg_get_function_arg_default(p.oid, k)
           from generate_series(1, coalesce(cardinality(p.proallargtypes), p.pronargs)) k order by k)
       end as defaults,
       p.prosrc as source, p.probin as library, p.prosqlbody is not null as standard,
       case when p.prosqlbody is not null then pg_get_function_sqlbody(p.oid) end as body
from pg_proc p
join pg_language l on l.oid = p.prolang
left join pg_proc s on s.oid = p.prosupport
left join pg_namespace sn on sn.oid = s.pronamespace
where p.oid >= 16384
  and not exists (select from pg_depend d
                  where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'i')
order by p.proname, p.oid
