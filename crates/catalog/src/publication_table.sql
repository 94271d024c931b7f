-- Tables in publications. Rows and columns are chosen from 15 on.
select r.oid, r.prpubid as publication, r.prrelid as relation, since.prattrs::int2[] as columns,
       since.prqual is not null as filtered, pg_get_expr(since.prqual, r.prrelid) as filter
from pg_publication_rel r
cross join (select null::int2vector as prattrs, null::pg_node_tree as prqual) older
cross join lateral (select prattrs, prqual from (select r.*) newer) since
order by r.prpubid, r.prrelid
