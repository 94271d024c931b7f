-- Foreign-data wrappers.
select f.oid, f.fdwname::text as name, f.fdwowner as owner, f.fdwacl::text[] as acl, f.fdwoptions as options,
       hn.nspname::text as handler_namespace, h.proname::text as handler,
       vn.nspname::text as validator_namespace, v.proname::text as validator
from pg_foreign_data_wrapper f
left join pg_proc h on h.oid = f.fdwhandler
left join pg_namespace hn on hn.oid = h.pronamespace
left join pg_proc v on v.oid = f.fdwvalidator
left join pg_namespace vn on vn.oid = v.pronamespace
where f.oid >= 16384
order by f.oid
