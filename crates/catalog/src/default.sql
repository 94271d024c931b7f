-- Defaults and generated expressions of columns. Only an expression with variables has to be told its table.
select d.adrelid as relation, d.adnum as number, d.oid,
       pg_get_expr(d.adbin, case when position('{VAR ' in d.adbin::text) > 0 then d.adrelid else 0 end) as text
from pg_attrdef d
order by d.adrelid, d.adnum
