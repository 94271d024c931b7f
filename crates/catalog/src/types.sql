-- Types that are not built in, row types and array types included. A domain over a domain takes over its default.
select t.oid, t.typnamespace as namespace, t.typname::text as name, t.typtype::text as kind,
       t.typowner as owner, t.typacl::text[] as acl, t.typrelid as relation,
       case when t.typcategory = 'A' then t.typelem else 0 end as element,
       case when t.typtype = 'e' then
           array(select e.enumlabel::text from pg_enum e where e.enumtypid = t.oid order by e.enumsortorder)
       end as labels,
       t.typbasetype as base, t.typtypmod as modifier, t.typnotnull as not_null,
       case when t.typcollation <> b.typcollation then t.typcollation end as collation,
       case when t.typtype = 'd' and (b.typtype <> 'd' or pg_get_expr(t.typdefaultbin, 0)
                                          is distinct from pg_get_expr(b.typdefaultbin, 0)) then
           pg_get_expr(t.typdefaultbin, 0)
       end as default
from pg_type t
left join pg_type b on b.oid = t.typbasetype
where t.oid >= 16384
order by t.oid
