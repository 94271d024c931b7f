//! What to do, in which order, and in which transactions.

mod hazard;
mod lock;
mod segment;
mod step;

pub use hazard::{HAZARDS, Hazard, HazardRow};
pub use lock::{Lock, Mode};
pub use segment::{Line, Oversized, Segment, lines, path_list, segments};
pub use step::{Step, Transaction, Verb, Why};
