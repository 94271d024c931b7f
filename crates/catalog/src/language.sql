-- Languages that are not built in, with the functions they are made of.
select l.oid, l.lanname::text as name, l.lanowner as owner, l.lanacl::text[] as acl, l.lanpltrusted as trusted,
       hn.nspname::text as handler_namespace, h.proname::text as handler,
       jn.nspname::text as inline_namespace, i.proname::text as inline,
       vn.nspname::text as validator_namespace, v.proname::text as validator
from pg_language l
join pg_proc h on h.oid = l.lanplcallfoid
join pg_namespace hn on hn.oid = h.pronamespace
left join pg_proc i on i.oid = l.laninline
left join pg_namespace jn on jn.oid = i.pronamespace
left join pg_proc v on v.oid = l.lanvalidator
left join pg_namespace vn on vn.oid = v.pronamespace
where l.oid >= 16384
order by l.oid
