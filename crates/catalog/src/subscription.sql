-- Subscriptions of this database, by the columns that every role may read. A name that the server's catalog lacks
-- means the column of `older`, which is what an older server does.
select s.*
from (select false::text as subtwophasestate, false as subdisableonerr, true as subpasswordrequired,
             false as subrunasowner, 'any'::text as suborigin, false as subfailover) older
cross join lateral (
    select s.oid, s.subname::text as name, s.subowner as owner, s.subenabled as enabled, s.subslotname::text as slot,
           s.subpublications as publications, s.subbinary as binary, s.substream::text as streaming,
           s.subsynccommit as synchronous_commit, subtwophasestate::text as two_phase,
           subdisableonerr as disable_on_error, subpasswordrequired as password_required,
           subrunasowner as run_as_owner, suborigin as origin, subfailover as failover
    from pg_subscription s
    join pg_database d on d.oid = s.subdbid
    where d.datname = current_database()) s
order by s.name
