-- Types that are not built in, row types and array types included. A domain over a domain takes over its default.
select t.oid, t.typnamespace as namespace, t.typname::text as name, t.typtype::text as kind,
       t.typowner as owner, t.typacl::text[] as acl, t.typrelid as relation,
       case when t.typcategory = 'A' then t.typelem else 0 end as element,
       case when t.typtype = 'e' then
           array(select e.enumlabel::text from pg_enum e where e.enumtypid = t.oid order by e.enumsortorder)
       end as labels,
       c.oid is not null as is_composite, attribute.names as attribute_names,
       attribute.types as attribute_types, attribute.modifiers as attribute_modifiers,
       attribute.collations as attribute_collations,
       t.typisdefined as is_defined, r.rngsubtype as subtype, r.rngmultitypid as multirange,
       mn.nspname::text as multirange_namespace, m.typname::text as multirange_name,
       coalesce(r.rngcanonical <> 0, false) as is_canonical,
       case when r.rngtypid is not null then
           array(select d.objid from pg_depend d
                 where d.classid = 'pg_proc'::regclass and d.deptype = 'i' and d.refclassid = 'pg_type'::regclass
                   and d.refobjid in (r.rngtypid, r.rngmultitypid))
       end as constructors,
       case when r.rngcollation <> s.typcollation then r.rngcollation end as range_collation,
       case when not o.opcdefault then n.nspname::text end as opclass_namespace,
       case when not o.opcdefault then o.opcname::text end as opclass,
       dn.nspname::text as diff_namespace, d.proname::text as diff,
       t.typbasetype as base, t.typtypmod as modifier, t.typnotnull as not_null,
       case when t.typcollation <> b.typcollation then t.typcollation end as collation,
       case when t.typtype = 'd' and (b.typtype <> 'd' or pg_get_expr(t.typdefaultbin, 0)
                                          is distinct from pg_get_expr(b.typdefaultbin, 0)) then
           pg_get_expr(t.typdefaultbin, 0)
       end as default
from pg_type t
left join pg_type b on b.oid = t.typbasetype
left join pg_class c on c.oid = t.typrelid and c.relkind = 'c'
left join pg_range r on r.rngtypid = t.oid
left join pg_type s on s.oid = r.rngsubtype
left join pg_type m on m.oid = r.rngmultitypid
left join pg_namespace mn on mn.oid = m.typnamespace
left join pg_opclass o on o.oid = r.rngsubopc
left join pg_namespace n on n.oid = o.opcnamespace
left join pg_proc d on d.oid = r.rngsubdiff::oid
left join pg_namespace dn on dn.oid = d.pronamespace
cross join lateral (
    select coalesce(array_agg(a.attname::text order by a.attnum), '{}') as names,
           coalesce(array_agg(a.atttypid order by a.attnum), '{}') as types,
           coalesce(array_agg(a.atttypmod order by a.attnum), '{}') as modifiers,
           coalesce(array_agg(case when a.attcollation <> e.typcollation then a.attcollation else 0 end
                              order by a.attnum), '{}') as collations
    from pg_attribute a
    join pg_type e on e.oid = a.atttypid
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
) attribute
where t.oid >= 16384
order by t.oid
