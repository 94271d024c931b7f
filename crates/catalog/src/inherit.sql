-- Which relation stands under which, tables and indexes alike.
select i.inhrelid as child, i.inhparent as parent
from pg_inherits i
order by i.inhrelid, i.inhseqno
