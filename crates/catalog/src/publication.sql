-- Publications. Generated columns are published from 18 on.
select p.oid, p.pubname::text as name, p.pubowner as owner, p.puballtables as all_tables,
       p.pubinsert as insert, p.pubupdate as update, p.pubdelete as delete, p.pubtruncate as truncate,
       p.pubviaroot as via_root, since.pubgencols::text = 's' as generated
from pg_publication p
cross join (select 'n'::"char" as pubgencols) older
cross join lateral (select pubgencols from (select p.*) newer) since
order by p.pubname
