-- What views and materialized views select, and the rule that does it.
select c.oid, r.oid as rule, pg_get_viewdef(c.oid) as query
from pg_class c
join pg_rewrite r on r.ev_class = c.oid and r.rulename = '_RETURN'
where c.relkind in ('v', 'm') and c.oid >= 16384 and c.relpersistence <> 't'
order by c.oid
