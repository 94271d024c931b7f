-- Sequences, and the column each goes with: `a` as owned, `i` as the one behind an identity.
select s.seqrelid as oid, s.seqtypid as type, s.seqstart as start, s.seqincrement as increment,
       s.seqmin as min, s.seqmax as max, s.seqcache as cache, s.seqcycle as cycle,
       d.refobjid as relation, d.refobjsubid as number, d.deptype::text as link
from pg_sequence s
left join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = s.seqrelid and d.objsubid = 0
                     and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i')
order by s.seqrelid
