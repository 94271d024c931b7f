-- Who is a member of which role. What the server gives the maker of a role by itself (16) is left out.
select r.rolname::text as role, m.rolname::text as member, bool_or(a.admin_option) as admin,
       bool_or(since.inherit_option) as inherit, bool_or(since.set_option) as "set"
from pg_auth_members a
join pg_roles r on r.oid = a.roleid
join pg_roles m on m.oid = a.member
cross join (select true as inherit_option, true as set_option) older
cross join lateral (select inherit_option, set_option from (select a.*) newer) since
where m.rolname !~ '^pg_'
  and not (a.grantor = 10 and a.admin_option and not since.inherit_option and not since.set_option)
group by 1, 2
order by 1, 2
