-- What the session is set to. Asked before anything is pinned, so everything is qualified.
select s.name, s.setting
from pg_catalog.pg_settings s
where s.name <> 'is_superuser'
union all
select 'is_superuser', pg_catalog.current_setting('is_superuser')
order by 1
