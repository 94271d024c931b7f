-- Who reads which database, and what that role may.
select current_user::text as role,
       current_database()::text as database,
       pg_is_in_recovery() as standby,
       has_database_privilege(current_database(), 'TEMP') as may_temp,
       coalesce((select r.rolsuper from pg_roles r where r.rolname = current_user), false) as superuser
