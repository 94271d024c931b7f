-- User mappings, as the view shows them to anyone. Who may see the options is what the view itself asks.
select u.umid as oid, u.srvname::text as server, coalesce(r.rolname::text, 'public') as role,
       u.umoptions as options,
       coalesce((select me.rolsuper from pg_roles me where me.rolname = current_user), false)
           or u.umuser = 0 and pg_has_role(s.srvowner, 'USAGE')
           or u.umuser <> 0 and r.rolname = current_user
              and (pg_has_role(s.srvowner, 'USAGE') or has_server_privilege(s.oid, 'USAGE')) as seen
from pg_user_mappings u
join pg_foreign_server s on s.oid = u.srvid
left join pg_roles r on r.oid = u.umuser
order by u.umid
