//! Every fixture is a pair of schemas; every law holds for all of them. Adding a case is adding a folder.
//!
//! `CASE=types/` runs the cases whose name contains it; `UPDATE=1` rewrites the expected plans;
//! `RECONCILE_PG_BIN` names the server to run the live laws on.

mod cases;
mod classes;
mod dump;
mod equality;
mod generated;
mod genes;
mod hostile;
mod kept;
mod labels;
mod laws;
mod lineage;
mod live;
mod locks;
mod outsiders;
mod owners;
mod put_off;
mod renames;
mod rights;
mod roles;
mod tampered;
