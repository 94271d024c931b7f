//! Throw-away and kept PostgreSQL servers: finds the binaries, fetches them when there are none, starts and ends servers.
//!
//! It does not know what a schema is: nothing here looks into a database beyond making one.

mod account;
mod error;
mod fetch;
mod find;
pub mod local;
mod server;
mod standby;
mod storage;
mod template;

pub use error::{Error, Why};
pub use fetch::{Source, fetch, fetch_client, obtain, sources};
pub use find::{Install, find, find_all, tool};
pub use server::{Options, Server};
pub use storage::sweep;

/// What an operation of this crate yields.
pub type Result<T> = std::result::Result<T, Error>;

/// The superuser of every server this crate starts.
pub const SUPERUSER: &str = "postgres";
