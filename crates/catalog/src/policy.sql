-- Row level security policies.
select p.oid, p.polrelid as relation, p.polname::text as name, p.polpermissive as permissive,
       p.polcmd::text as command, p.polroles as roles,
       p.polqual is not null as has_using, pg_get_expr(p.polqual, p.polrelid) as using,
       p.polwithcheck is not null as has_check, pg_get_expr(p.polwithcheck, p.polrelid) as check
from pg_policy p
order by p.polrelid, p.polname
