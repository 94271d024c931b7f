-- Rules, but for those that make views.
select r.oid, r.ev_class as relation, r.rulename::text as name, r.ev_type::text as event,
       r.ev_enabled::text as enabled, pg_get_ruledef(r.oid) as definition
from pg_rewrite r
where r.oid >= 16384 and r.ev_type <> '1'
order by r.ev_class, r.rulename
