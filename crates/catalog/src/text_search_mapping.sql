-- Which dictionaries a configuration that users made asks about which tokens, in order.
select m.mapcfg as configuration, t.alias as token, n.nspname::text as namespace, d.dictname::text as name
from pg_ts_config_map m
join pg_ts_config c on c.oid = m.mapcfg
cross join lateral ts_token_type(c.cfgparser) t
join pg_ts_dict d on d.oid = m.mapdict
join pg_namespace n on n.oid = d.dictnamespace
where c.oid >= 16384 and t.tokid = m.maptokentype
order by 1, 2, m.mapseqno
