//! `state.memory`: how much of what is known a connector may hold in memory, all its resources together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Shared by the caches of a connector.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    limit: usize,
    used: Arc<AtomicUsize>,
}

/// What one cache has taken of it; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    budget: Budget,
    taken: usize,
}

impl Budget {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, used: Arc::default() }
    }

    pub(super) fn share(&self) -> Share {
        Share { budget: self.clone(), taken: 0 }
    }
}

impl Default for Share {
    /// Of a budget without limit.
    fn default() -> Self {
        Budget::new(usize::MAX).share()
    }
}

impl Share {
    /// Takes so many bytes from now on. Whether that is within the budget; they are taken in either case.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let used = &self.budget.used;
        used.fetch_sub(self.taken, Ordering::Relaxed);
        self.taken = bytes;
        let others = used.fetch_add(bytes, Ordering::Relaxed);
        self.budget.limit.checked_sub(bytes).is_some_and(|room| others <= room)
    }
}

impl Share {
    /// What is there for all of them.
    pub(super) fn limit(&self) -> usize {
        self.budget.limit
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.taken, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_counts_for_all_and_is_given_back() {
        let budget = Budget::new(100);
        let (mut one, mut other) = (budget.share(), budget.share());
        assert!(one.take(60) && other.take(40));
        assert!(!other.take(41));
        assert!(other.take(30) && one.take(70));
        drop(one);
        assert!(other.take(100) && !other.take(101));
    }
}
