//! Reads `master_schema.sql` into a [`Desired`] schema.
//!
//! The file is an idempotent script, and this crate interprets it: a fold over its statements, each of
//! which changes the schema declared so far. Reading never stops at the first fault; the result is
//! always a schema *and* the list of what was not understood. Knows no server, only [`Facts`] about one.

mod acl;
mod body;
mod desired;
mod directive;
mod dispatch;
mod guard;
mod guard_call;
mod guard_query;
mod guard_rows;
mod guard_rows_plain;
mod names;
mod operator;
mod operator_class;
mod option;
mod psql;
mod reader;
mod refer;
mod script;
mod secret;
mod signature;
mod source;
mod value;

mod call;
mod cast;
mod collation;
mod comment;
mod data;
mod default_privilege;
mod depth;
mod drop;
mod event_trigger;
mod execute;
mod extension;
mod grant;
mod idiom;
mod namespace;
mod owner;
mod policy;
mod publication;
mod rename;
mod rewrite;
mod role;
mod routine;
mod routine_option;
mod session;
mod set;
mod text_search;
mod text_search_configuration;
mod trigger;
mod view;

mod aggregate;
mod alter_table;
mod alter_table_action;
mod alter_table_column;
mod alter_table_rename;
mod column;
mod column_type;
mod constraint;
mod foreign;
mod heir;
mod index;
mod index_key;
mod index_name;
mod opclass;
mod partition;
mod renamed;
mod security_label;
mod sequence;
mod statistics;
mod subscription;
mod table;
mod table_like;
mod table_state;
mod types;
mod types_composite;
mod types_domain;
mod types_range;

use model::Facts;

pub use desired::{Data, Desired, Entry, Verdict};
pub use psql::{Include, includes};
pub use source::{Source, Sources};
pub use sql::{Code, Fault};

use reader::Reader;

/// Interprets the files, in order, as the server described by `facts` would.
pub fn desired(sources: &Sources, facts: &Facts) -> Desired {
    let mut reader = Reader::new(sources, facts);
    let included: Vec<usize> = sources.included.values().copied().collect();
    for file in (0..sources.files.len()).filter(|it| !included.contains(it)) {
        reader.file(file);
    }
    let mut desired = reader.finish();
    secret::blot(&mut desired.sources);
    desired
}
