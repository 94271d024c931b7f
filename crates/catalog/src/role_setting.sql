-- Settings of roles, in one database or in all. Those of databases alone are not about roles.
select coalesce(r.rolname::text, '') as role, coalesce(d.datname::text, '') as database, setting
from pg_db_role_setting s
cross join unnest(s.setconfig) setting
left join pg_roles r on r.oid = s.setrole
left join pg_database d on d.oid = s.setdatabase
where s.setrole <> 0 or s.setdatabase = 0
order by 1, 2, 3
