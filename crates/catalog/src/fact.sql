-- Who reads which database, and what that role may. A role that owns nothing and may create nothing (but what everybody
-- may) cannot be the one that the file is for: that is whoever owns most, or the database.
select current_user::text as reader,
       case when coalesce((select r.rolsuper from pg_roles r where r.rolname = current_user), false)
              or has_database_privilege(current_database(), 'CREATE')
              or exists (select from pg_namespace n where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
                         and has_schema_privilege(n.oid, 'CREATE')
                         and not has_schema_privilege('public', n.oid, 'CREATE'))
              or exists (select from pg_class c where c.oid >= 16384 and c.relpersistence <> 't'
                         and pg_has_role(c.relowner, 'USAGE'))
            then current_user::text
            else coalesce(
                (select pg_get_userbyid(c.relowner)::text
                 from pg_class c join pg_namespace n on n.oid = c.relnamespace
                 where c.oid >= 16384 and c.relpersistence <> 't' and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
                   and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
                 group by c.relowner order by count(*) desc, c.relowner limit 1),
                (select pg_get_userbyid(o.owner)::text
                 from (select oid, nspowner from pg_namespace union all select oid, proowner from pg_proc
                       union all select oid, typowner from pg_type union all select oid, oprowner from pg_operator
                       union all select oid, conowner from pg_conversion union all select oid, cfgowner from pg_ts_config
                       union all select oid, dictowner from pg_ts_dict
                       union all select oid, srvowner from pg_foreign_server) o (oid, owner)
                 where o.oid >= 16384
                 group by o.owner order by count(*) desc, o.owner limit 1),
                (select current_user::text where exists (
                    select from pg_namespace n where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
                    and has_schema_privilege(n.oid, 'CREATE'))),
                (select pg_get_userbyid(d.datdba)::text from pg_database d where d.datname = current_database()))
       end as role,
       current_database()::text as database,
       pg_is_in_recovery() as standby,
       has_database_privilege(current_database(), 'TEMP') as may_temp,
       coalesce((select r.rolsuper from pg_roles r where r.rolname = current_user), false) as superuser
