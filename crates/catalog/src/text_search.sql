-- Text search parsers, templates, dictionaries and configurations that users made; functions come with their words.
select 'pg_ts_parser'::regclass::oid as class, p.oid, p.prsnamespace as namespace, p.prsname::text as name,
       null::oid as owner, null::text as options, null::text as part_namespace, null::text as part,
       array['START', 'GETTOKEN', 'END', 'LEXTYPES', 'HEADLINE'] as words,
       array[p.prsstart, p.prstoken, p.prsend, p.prslextype, p.prsheadline]::oid[] as functions
from pg_ts_parser p where p.oid >= 16384
union all
select 'pg_ts_template'::regclass, t.oid, t.tmplnamespace, t.tmplname::text, null, null, null, null,
       array['INIT', 'LEXIZE'], array[t.tmplinit, t.tmpllexize]::oid[]
from pg_ts_template t where t.oid >= 16384
union all
select 'pg_ts_dict'::regclass, d.oid, d.dictnamespace, d.dictname::text, d.dictowner, d.dictinitoption,
       n.nspname::text, t.tmplname::text, '{}', '{}'
from pg_ts_dict d join pg_ts_template t on t.oid = d.dicttemplate join pg_namespace n on n.oid = t.tmplnamespace
where d.oid >= 16384
union all
select 'pg_ts_config'::regclass, c.oid, c.cfgnamespace, c.cfgname::text, c.cfgowner, null,
       n.nspname::text, p.prsname::text, '{}', '{}'
from pg_ts_config c join pg_ts_parser p on p.oid = c.cfgparser join pg_namespace n on n.oid = p.prsnamespace
where c.oid >= 16384
order by 3, 4
