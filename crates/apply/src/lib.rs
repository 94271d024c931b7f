//! Carries a plan out: transactions, retries, interruption, and a true account of what was committed.
//!
//! It reads a step's facts and sends its text; how a kind of object changes, and how a plan is shown,
//! is decided elsewhere.

mod data;
mod error;
mod guard;
mod preflight;
mod residue;
mod run;
mod secret;
mod stop;
mod validate;

pub use data::{Datum, data};
pub use error::{Error, Failure, Refusal};
pub use guard::{lock, unlock};
pub use preflight::{Missing, preflight};
pub use run::{Event, Options, run};
pub use stop::{Cancel, Stop};
