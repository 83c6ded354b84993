//! What a connector has on disk and in memory for all its caches.

use std::sync::Arc;

use super::budget::Budget;
use super::cache::Cache;
use super::directory::Directory;
use super::disk::Disk;
use super::refused;
use super::shelf::{self, Shelf};
use crate::model::ResourceName;

/// The state of a connector on this machine. Everything in it can be read from the topics again.
#[derive(Debug)]
pub struct LocalState {
    /// Declared before the lock, so that it is closed before the lock goes.
    pub(super) disk: Option<Arc<Disk>>,
    budget: Budget,
    directory: Option<Directory>,
}

/// The part of `state.memory` that what was read from disk may take up; the rest is for the index.
const BLOCKS: u64 = 8;
/// What the store's own memory is bounded by.
const BLOCKS_AT_LEAST: u64 = 1 << 20;
const BLOCKS_AT_MOST: u64 = 256 << 20;

impl LocalState {
    /// Nothing on disk, no bound: the demo.
    pub fn in_memory() -> Self {
        Self { disk: None, budget: Budget::new(usize::MAX), directory: None }
    }

    /// Opens what is in the directory. Takes as long as reading the newest writes again: a second at most. `memory` in bytes.
    pub fn open(directory: Directory, memory: u64) -> Self {
        let blocks = (memory / BLOCKS).clamp(BLOCKS_AT_LEAST, BLOCKS_AT_MOST);
        let disk = Arc::new(Disk::open(&directory.cache(), blocks));
        let index = memory.saturating_sub(blocks.min(memory / BLOCKS));
        let budget = Budget::new(usize::try_from(index).unwrap_or(usize::MAX));
        Self { disk: Some(disk), budget, directory: Some(directory) }
    }

    /// The cache of a resource; it knows nothing until it recalls. `whole_scans`: a scan of it is the whole truth, and what it
    /// does not show is deleted.
    pub fn cache(&self, resource: &ResourceName, whole_scans: bool) -> Cache {
        let shelf = self.disk.as_ref().map(|disk| Shelf::new(disk, resource, whole_scans));
        let list = self.directory.as_ref().map(|directory| refused::place(directory.path(), resource));
        Cache::of(shelf.map(|shelf| (shelf, self.budget.share())), whole_scans).with_list(list)
    }

    /// Removes what is kept of other resources than these.
    pub fn keep_only<'n>(&self, resources: impl Iterator<Item = &'n ResourceName>) {
        let Some(disk) = self.disk.as_ref().filter(|disk| disk.is_open()) else { return };
        match shelf::sweep(disk, resources) {
            Ok(0) => {}
            Ok(swept) => {
                tracing::info!("removed the caches of {swept} resources that are no longer configured");
            }
            Err(error) => disk.give_up(&error),
        }
    }
}
