-- Every role, and whether the reading role has its rights.
select r.oid, r.rolname::text as name, pg_has_role(r.oid, 'USAGE') as acts_for
from pg_roles r
order by r.rolname
