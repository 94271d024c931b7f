-- What new objects will be granted by themselves.
select d.oid, d.defaclrole as owner, d.defaclnamespace as namespace, d.defaclobjtype::text as kind,
       d.defaclacl::text[] as acl
from pg_default_acl d
order by 2, 3, 4
