-- Operators that are not built in. Shells, which only stand for a promised commutator or negator, come with
-- the operator that names them.
select o.oid, o.oprnamespace as namespace, o.oprname::text as name, o.oprowner as owner,
       nullif(o.oprleft, 0::oid) as left, nullif(o.oprright, 0::oid) as right,
       fn.nspname::text as function_namespace, f.proname::text as function,
       cn.nspname::text as commutator_namespace, c.oprname::text as commutator,
       nn.nspname::text as negator_namespace, n.oprname::text as negator,
       rn.nspname::text as restrict_namespace, r.proname::text as restrict,
       jn.nspname::text as join_namespace, j.proname::text as join,
       o.oprcanhash as hashes, o.oprcanmerge as merges,
       array(select s.oid from pg_operator s where s.oprcode = 0 and s.oid in (o.oprcom, o.oprnegate)) as shells
from pg_operator o
join pg_proc f on f.oid = o.oprcode
join pg_namespace fn on fn.oid = f.pronamespace
left join pg_operator c on c.oid = o.oprcom
left join pg_namespace cn on cn.oid = c.oprnamespace
left join pg_operator n on n.oid = o.oprnegate
left join pg_namespace nn on nn.oid = n.oprnamespace
left join pg_proc r on r.oid = o.oprrest
left join pg_namespace rn on rn.oid = r.pronamespace
left join pg_proc j on j.oid = o.oprjoin
left join pg_namespace jn on jn.oid = j.pronamespace
where o.oid >= 16384
order by o.oid
