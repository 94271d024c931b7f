-- Conversions between encodings that are not built in.
select c.oid, c.connamespace as namespace, c.conname::text as name, c.conowner as owner,
       pg_encoding_to_char(c.conforencoding)::text as from, pg_encoding_to_char(c.contoencoding)::text as to,
       n.nspname::text as function_namespace, p.proname::text as function, c.condefault as is_default
from pg_conversion c
join pg_proc p on p.oid = c.conproc::oid
join pg_namespace n on n.oid = p.pronamespace
where c.oid >= 16384
order by c.oid
