//! Where messages come from: a page of a scan, or what a scan has found out at its end.

use std::time::{SystemTime, UNIX_EPOCH};

use super::Page;

/// What the messages of one page have in common.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'p> {
    /// The number of the scan.
    pub scan: u64,
    /// `None`: no page shows them. They are missing now that all pages are read.
    pub page: Option<&'p Page>,
    /// Nothing of the resource comes after the page.
    pub last: bool,
    pub reading: Reading,
    /// In milliseconds since 1970.
    pub now: u64,
}

/// For what the pages are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The topic is filled: no scan of the resource has ended yet.
    First,
    /// To see what has changed.
    Usual,
    /// A signal asked for what is there, changed or not.
    Again,
}

impl Origin<'_> {
    /// When the page came; without one it is now.
    pub fn at(&self) -> u64 {
        self.page.map_or(self.now, |page| page.arrival.at)
    }
}

/// Since 1970.
pub fn millis(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or_default()
}
