-- Where subscriptions lead, which only a superuser may read.
select s.oid, s.subconninfo as connection
from pg_subscription s
order by s.oid
