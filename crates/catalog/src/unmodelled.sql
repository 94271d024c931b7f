-- Live objects of kinds that are not modelled, whatever namespace they stand in. What belongs to an extension
-- is left out, and so is what the server makes with something else. The few that remain are looked up one by one in
-- `pg_depend`, which has a row for everything: NOT EXISTS would read all of it.
select o.class, o.oid, i.type as kind, i.identity,
       coalesce((select n.nspname::text from pg_namespace n where n.oid = o.namespace), i.schema) as namespace
from (
    select 'pg_type'::regclass::oid as class, t.oid, t.typnamespace as namespace
    from pg_type t
    left join pg_range r on r.rngtypid = t.oid
    where t.typcategory <> 'A' and (t.typtype = 'b' or r.rngcanonical <> 0)
    union all
    select 'pg_operator'::regclass, o.oid, o.oprnamespace
    from pg_operator o
    where o.oprcode = 0 and not exists (select from pg_operator l where o.oid in (l.oprcom, l.oprnegate))
    union all
    select 'pg_opclass'::regclass, o.oid, o.opcnamespace
    from pg_opclass o
    where o.opcfamily < 16384 or exists (select from pg_depend d
                                         where d.classid = 'pg_opfamily'::regclass and d.objid = o.opcfamily
                                           and d.deptype = 'e')
    union all
    -- Members of families that are not read: the system's, and what others than the extension put into its own.
    select m.class, m.oid, m.namespace
    from (
        select 'pg_amop'::regclass::oid as class, a.oid, a.amopfamily as family,
               'pg_operator'::regclass::oid as what, o.oid as of, o.oprnamespace as namespace
        from pg_amop a
        join pg_operator o on o.oid = a.amopopr
        union all
        select 'pg_amproc'::regclass, a.oid, a.amprocfamily, 'pg_proc'::regclass, p.oid, p.pronamespace
        from pg_amproc a
        join pg_proc p on p.oid = a.amproc
    ) m
    where (m.family < 16384 or exists (select from pg_depend d
                                       where d.classid = 'pg_opfamily'::regclass and d.objid = m.family
                                         and d.deptype = 'e'))
      and m.of <> all (array(select d.objid from pg_depend d
                             where d.classid = m.what and d.objid = m.of and d.deptype = 'e'))
    union all
    select 'pg_transform'::regclass, t.oid, 0 from pg_transform t
    union all
    select 'pg_am'::regclass, a.oid, 0 from pg_am a
) o
cross join lateral pg_identify_object(o.class, o.oid, 0) i
where o.oid >= 16384
  and o.oid <> all (array(select d.objid from pg_depend d
                          where d.classid = o.class and d.objid = o.oid and d.objsubid = 0 and d.deptype in ('e', 'i')))
union all
-- A trigger that a partition has from above, in another state than there.
select 'pg_trigger'::regclass, t.oid, 'trigger state', i.identity, n.nspname::text
from pg_trigger t
join pg_trigger above on above.oid = t.tgparentid and above.tgenabled <> t.tgenabled
join pg_class c on c.oid = t.tgrelid
join pg_namespace n on n.oid = c.relnamespace
cross join lateral pg_identify_object('pg_trigger'::regclass, t.oid, 0) i
where t.tgparentid <> 0
  and not exists (select from pg_constraint k where k.oid = t.tgconstraint and k.contype = 'f')
union all
select l.classoid, l.objoid, 'security label', i.identity || ' (' || l.provider || ')', i.schema
from pg_seclabel l
cross join lateral pg_identify_object(l.classoid, l.objoid, l.objsubid) i
union all
select d.classid, d.objid, 'dependence on an extension', i.identity || ' (' || e.extname || ')', i.schema
from pg_depend d
join pg_extension e on d.refclassid = 'pg_extension'::regclass and e.oid = d.refobjid
cross join lateral pg_identify_object(d.classid, d.objid, d.objsubid) i
where d.deptype = 'x'
union all
select d.classoid, d.objoid, 'comment', i.identity, i.schema
from pg_description d
join pg_type t on t.oid = d.objoid
cross join lateral pg_identify_object(d.classoid, d.objoid, 0) i
where d.classoid = 'pg_type'::regclass and t.typtype = 'm' and t.oid >= 16384
union all
select d.classoid, d.objoid, 'comment on the NOT NULL of a domain', i.identity, i.schema
from pg_description d
join pg_constraint k on k.oid = d.objoid
join pg_type t on t.oid = k.contypid
cross join lateral pg_identify_object('pg_type'::regclass, t.oid, 0) i
where d.classoid = 'pg_constraint'::regclass and k.contype = 'n'
order by 3, 4
