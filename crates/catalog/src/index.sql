-- Indexes, those behind constraints and of TOAST tables included. What `pg_class` says of them has been read. The arrays
-- are by key; texts are given for expressions only.
-- An expression's collation is the index's own choice where the definition says COLLATE behind it.
select x.indexrelid as oid, x.indrelid as relation, x.indisunique as unique,
       x.indisvalid as valid, x.indisclustered as clustered, x.indisreplident as replica_identity,
       x.indnkeyatts as key_count, x.indkey::int2[] as columns, x.indclass::oid[] as opclasses,
       x.indcollation::oid[] as collations, x.indoption::int2[] as options,
       pg_get_expr(x.indpred, x.indrelid) as predicate,
       x.indpred is not null as partial,
       case when x.indexprs is not null then array(
           select case when x.indkey[k - 1] = 0 then pg_get_indexdef(x.indexrelid, k, false) end
           from generate_series(1, x.indnkeyatts) k order by k)
       end as expressions,
       case when x.indexprs is not null then array(
           select x.indkey[k - 1] = 0 and x.indcollation[k - 1] not in (0, 100)
                  and position(pg_get_indexdef(x.indexrelid, k, false) || ' COLLATE '
                               in pg_get_indexdef(x.indexrelid)) > 0
           from generate_series(1, x.indnkeyatts) k order by k)
       end as collated,
       case when x.indexprs is not null then array(
           select a.atttypid from pg_attribute a
           where a.attrelid = x.indexrelid and a.attnum <= x.indnkeyatts order by a.attnum)
       end as types,
       since.indnullsnotdistinct as nulls_not_distinct
from pg_index x
cross join (select false as indnullsnotdistinct) older
cross join lateral (select indnullsnotdistinct from (select x.*) newer) since
where x.indexrelid >= 16384
order by x.indrelid, x.indexrelid
