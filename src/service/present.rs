//! A topic as a cache wants to know it: whether what it knows still fits.

use std::time::SystemTime;

use crate::kafka::Topic;
use crate::state::Present;

/// The topic as it is now.
pub fn present<'t>(topic: &'t Topic, key_format: &'t str) -> Present<'t> {
    Present {
        topic: &topic.name,
        topic_id: topic.id.as_str(),
        key_format,
        partitions: topic.partitions,
        delete_retention: topic.delete_retention,
        now: SystemTime::now(),
    }
}
