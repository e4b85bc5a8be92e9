//! Executes blocks of Ethereum transactions in process, under Prague rules.
//!
//! `state` is what the chain holds, `execute` moves it on by a `block`, `dump` puts it into
//! a file and takes it out again, `branches` says which way the code went. `python` is the thin
//! door to all of it, `read` checks what comes in, and `receipts` go out.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod block;
pub mod branches;
pub mod dump;
pub mod execute;
pub mod state;

#[cfg(feature = "python")]
mod python;
#[cfg(feature = "python")]
mod read;
#[cfg(feature = "python")]
mod receipts;

use std::fmt;

/// Why something cannot be done: one sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault(pub String);

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}

impl revm::database_interface::DBErrorMarker for Fault {}
