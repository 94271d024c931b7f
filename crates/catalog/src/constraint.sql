-- Constraints of tables and domains. What older servers lack comes from `older`: a name is looked for in
-- `newer` first, which has whatever columns the server's catalog has. A NOT NULL is inherited only with its column: 18
-- does not always count down when a parent's column is dropped.
select k.oid, k.conname::text as name, k.contype::text as kind, k.conrelid as relation,
       k.contypid as domain, k.conindid as index, k.conparentid as parent,
       k.condeferrable as deferrable, k.condeferred as deferred, k.convalidated as validated,
       k.coninhcount > 0 and (k.contype <> 'n' or (
           select a.attinhcount > 0 from pg_attribute a where a.attrelid = k.conrelid and a.attnum = k.conkey[1]
       )) as inherited, k.coninhcount > 0 and k.conislocal as also_own, k.connoinherit as no_inherit,
       k.conkey as columns, k.confrelid as target, k.confkey as target_columns,
       k.confupdtype::text as on_update, k.confdeltype::text as on_delete, k.confmatchtype::text as match,
       case when k.contype = 'c' then pg_get_expr(k.conbin, k.conrelid) end as check,
       case when k.contype = 'x' then array(
           select n.nspname::text from unnest(k.conexclop) with ordinality x (oid, place)
           join pg_operator o on o.oid = x.oid join pg_namespace n on n.oid = o.oprnamespace order by x.place)
       end as operator_namespaces,
       case when k.contype = 'x' then array(
           select o.oprname::text from unnest(k.conexclop) with ordinality x (oid, place)
           join pg_operator o on o.oid = x.oid order by x.place)
       end as operators,
       since.confdelsetcols as on_delete_columns, since.conperiod as period, since.conenforced as enforced
from pg_constraint k
cross join (select null::int2[] as confdelsetcols, false as conperiod, true as conenforced) older
cross join lateral (select confdelsetcols, conperiod, conenforced from (select k.*) newer) since
where k.oid >= 16384 and k.contype in ('c', 'f', 'n', 'p', 'u', 'x')
order by k.oid
