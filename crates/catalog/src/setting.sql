-- What the session is set to. Asked before anything is pinned, so everything is qualified.
select s.name, s.setting
from pg_catalog.pg_settings s
order by s.name
