//! What a scan is doing right now, for a progress bar or the demo. Logs and metrics do not go this way.

use std::sync::Arc;
use std::time::Duration;

use super::proposal::Proposal;
use crate::model::{RedactedUrl, ResourceName};

/// Called from the task that fetches: it must not block.
pub type Observer = Arc<dyn Fn(&PollEvent) + Send + Sync>;

/// One step of a scan. `page` counts from 1 in the scan.
#[derive(Clone, Debug)]
pub enum PollEvent {
    /// A request is about to be sent; a retry is another one.
    Requested { resource: ResourceName, page: u64, url: RedactedUrl },
    /// A page was read; its records are not processed yet.
    PageRead {
        resource: ResourceName,
        page: u64,
        records: usize,
        /// Of the decoded body.
        bytes: usize,
        /// Records that the API says there are, where the paginator reads such a number.
        total: Option<u64>,
        /// What the paginator decided.
        then: String,
    },
    /// The scan is over, and the API seems to have more.
    MoreLikely(Unread),
    /// Nothing is sent for this long.
    Waiting { resource: ResourceName, page: u64, reason: WaitReason, duration: Duration },
}

/// Signs of records that a scan did not read, where nobody wrote down how the pages follow each other.
#[derive(Clone, Debug)]
pub struct Unread {
    pub resource: ResourceName,
    /// Records that were read.
    pub read: u64,
    /// In words, without secrets.
    pub signs: Vec<String>,
    pub proposal: Proposal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitReason {
    /// `limits.rate` of the host.
    RateLimit,
    /// After an answer with this status.
    Status { status: u16, retry_after: bool },
    /// After a connection error, a time-out or a body that was cut off.
    Transport,
}
