-- What makes an aggregate out of a routine.
select a.aggfnoid::oid as oid, a.aggkind::text as kind, a.aggnumdirectargs as direct,
       a.aggtranstype as state, nullif(a.aggmtranstype, 0::oid) as moving_state,
       a.aggfinalextra as final_extra, a.aggfinalmodify::text as final_modify,
       a.aggmfinalextra as moving_final_extra, a.aggmfinalmodify::text as moving_final_modify,
       a.aggtransspace as space, a.aggmtransspace as moving_space,
       a.agginitval as initial, a.aggminitval as moving_initial,
       o.oprname::text as operator, n.nspname::text as operator_namespace,
       f.words, f.namespaces, f.names
from pg_aggregate a
left join pg_operator o on o.oid = a.aggsortop
left join pg_namespace n on n.oid = o.oprnamespace
cross join lateral (
    select array_agg(u.word) as words, array_agg(s.nspname::text) as namespaces, array_agg(p.proname::text) as names
    from (values ('SFUNC', a.aggtransfn::oid), ('FINALFUNC', a.aggfinalfn::oid),
                 ('COMBINEFUNC', a.aggcombinefn::oid), ('SERIALFUNC', a.aggserialfn::oid),
                 ('DESERIALFUNC', a.aggdeserialfn::oid), ('MSFUNC', a.aggmtransfn::oid),
                 ('MINVFUNC', a.aggminvtransfn::oid), ('MFINALFUNC', a.aggmfinalfn::oid)) u (word, oid)
    join pg_proc p on p.oid = u.oid
    join pg_namespace s on s.oid = p.pronamespace
) f
where a.aggfnoid::oid >= 16384
order by 1
