-- Foreign servers.
select s.oid, s.srvname::text as name, s.srvowner as owner, s.srvacl::text[] as acl, s.srvoptions as options,
       s.srvtype as type, s.srvversion as version, f.fdwname::text as wrapper
from pg_foreign_server s
join pg_foreign_data_wrapper f on f.oid = s.srvfdw
order by s.oid
