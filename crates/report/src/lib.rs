//! Shows plans, differences, faults and accounts, each in the forms people and programs ask for.
//!
//! It reads steps, never their SQL, and knows no kind of object by name; it reads no environment and
//! prints nothing: every function returns the text.

mod answer;
mod carried;
mod change;
mod drift;
mod faults;
mod field;
mod files;
mod github;
mod hazards;
mod json;
mod ledger;
mod look;
mod markdown;
mod places;
mod sql;
mod summary;
mod text;
mod why;

pub use answer::{Answer, Held};
pub use carried::Carried;
pub use drift::Drift;
pub use faults::{Fault, Faults};
pub use files::{Files, Place};
pub use hazards::hazards;
pub use json::FORMAT;
pub use ledger::{Account, Statement};
pub use look::Look;
pub use places::Places;
pub use summary::Summary;
