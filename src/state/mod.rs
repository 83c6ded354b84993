//! What the topic holds: diff, pending changes, the cache.
