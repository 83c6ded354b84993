//! A resource's cache, and the threads that it is lent to: it comes back whatever becomes of those who wait for them.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::state::Cache;

/// Whoever stops waiting for a thread leaves the cache with it, and the next one to borrow it waits until it is back.
pub(super) struct LentCache(Arc<Mutex<Cache>>);

impl LentCache {
    pub(super) fn new(cache: Cache) -> Self {
        Self(Arc::new(Mutex::new(cache)))
    }

    /// For a thread that reads the disk or the topic. It is back when this is dropped, wherever that is.
    pub(super) async fn lend(&self) -> OwnedMutexGuard<Cache> {
        Arc::clone(&self.0).lock_owned().await
    }

    /// `None`: a thread that nobody waits for any more still has it.
    pub(super) fn get(&mut self) -> Option<&mut Cache> {
        Arc::get_mut(&mut self.0).map(Mutex::get_mut)
    }

    /// See [`Cache::abort`]. Nothing is pending in one that is lent: it was lent to be brought up.
    pub(super) fn abort(&mut self) {
        self.get().into_iter().for_each(Cache::abort);
    }
}
