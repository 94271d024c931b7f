-- Extensions the server could install, and the comment each is installed with.
select a.name::text as name, a.default_version as version, a.comment
from pg_available_extensions a
order by a.name
