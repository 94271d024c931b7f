//! Reads a live database into a [`model::Schema`] and [`model::Facts`].
//!
//! Each module pairs the reading of rows with the query it stands beside as a `.sql` file. It knows
//! nothing of files, plans or what is to be managed: everything that is not the system's is read.

mod address;
mod cast;
mod collation;
mod comment;
mod constraint;
mod edges;
mod error;
mod event_trigger;
mod facts;
mod foreign;
mod grant;
mod index;
mod names;
mod namespace;
mod operator;
mod operator_class;
mod policy;
mod publication;
mod query;
mod reader;
mod relation;
mod rewrite;
mod routine;
mod security_label;
mod sequence;
mod settle;
mod snapshot;
mod statistics;
mod subscription;
mod table;
mod text;
mod text_search;
mod trigger;
mod types;
mod unmodelled;
mod view;

pub use address::Addresses;
pub use edges::{Outsider, edges};
pub use error::Error;
pub use settle::{SettleOptions, Unsettled, Verdict, settle};
pub use snapshot::{Actual, actual, actual_with};
