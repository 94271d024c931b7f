//! The walk of the data, as the command and the tests take it: values in, a plan out.
//!
//! The command line itself is beside this library, in the program; this part never prints, never reads
//! the environment, and knows no arguments.

pub mod dump;
pub mod elsewhere;
pub mod offline;
pub mod pipeline;
