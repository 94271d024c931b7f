-- Every relation: tables, views, sequences, indexes and the rest.
with toast as materialized (
    select t.oid, t.reloptions from pg_class t where t.relkind = 't' and t.reloptions is not null
)
select c.oid, c.relnamespace as namespace, c.relname::text as name, c.relkind::text as kind,
       c.relowner as owner, c.relacl::text[] as acl, c.relpersistence::text as persistence,
       c.relrowsecurity as row_security, c.relforcerowsecurity as force_row_security,
       c.reloptions as options, toast.reloptions as toast_options,
       case when am.amname <> 'heap' then am.amname::text end as access_method,
       space.spcname::text as tablespace,
       server.srvname::text as server, ft.ftoptions as foreign_options,
       c.relreplident::text as replica_identity, c.reloftype as of_type, c.relispopulated as populated,
       c.relispartition as is_partition,
       case when c.reltuples >= 0 then c.reltuples::float8 end as rows, c.relpages as pages,
       case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end as partition_key,
       case when c.relispartition and c.relkind <> 'I' then pg_get_expr(c.relpartbound, c.oid) end as bound
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join toast on toast.oid = c.reltoastrelid
left join pg_am am on am.oid = c.relam
left join pg_foreign_table ft on ft.ftrelid = c.oid
left join pg_foreign_server server on server.oid = ft.ftserver
left join pg_tablespace space on space.oid = c.reltablespace
where c.oid >= 16384 and c.relpersistence <> 't' and c.relkind <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by c.oid
