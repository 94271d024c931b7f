-- Every role, what it is, and whether the reading role has its rights. No password can be seen here.
select r.oid, r.rolname::text as name, pg_has_role(r.oid, 'USAGE') as acts_for,
       r.rolsuper as superuser, r.rolcreatedb as create_db, r.rolcreaterole as create_role, r.rolinherit as inherit,
       r.rolcanlogin as login, r.rolreplication as replication, r.rolbypassrls as bypass_rls,
       r.rolconnlimit::int8 as connection_limit, nullif(r.rolvaliduntil::text, 'infinity') as valid_until
from pg_roles r
order by r.rolname
