-- Extended statistics. The kind e comes with expressions by itself. The default target is -1, and NULL from 17 on.
select s.oid, s.stxrelid as relation, s.stxnamespace as namespace, s.stxname::text as name, s.stxowner as owner,
       s.stxkind::text[] as kinds, s.stxkeys::int2[] as columns, s.stxstattarget::int4 as target,
       s.stxexprs is not null as expressed, pg_get_statisticsobjdef_expressions(s.oid) as expressions
from pg_statistic_ext s
order by s.stxrelid, s.oid
