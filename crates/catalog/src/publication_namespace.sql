-- Namespaces in publications, which there are from 15 on.
select n.oid, n.pnpubid as publication, n.pnnspid as namespace
from pg_publication_namespace n
order by n.pnpubid, n.pnnspid
