//! What the service tells those who watch it: progress bars, the demo. (The log is written where things happen.)

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::model::ResourceName;
use crate::sync::ScanReport;

#[derive(Clone, Debug)]
pub enum Event {
    /// A topic is being read, in offsets.
    Restoring {
        topic: String,
        done: u64,
        total: u64,
    },
    /// The cache of a resource was brought up to the end of its topic.
    Restored {
        topic: String,
        keys: usize,
        took: Duration,
    },
    /// So many resources, those of one task, are ready to be polled.
    Started {
        connector: String,
        resources: usize,
    },
    ScanStarted {
        resource: ResourceName,
    },
    ScanFinished {
        resource: ResourceName,
        report: ScanReport,
    },
    /// The texts of the errors are scrubbed of secrets.
    ScanFailed {
        resource: ResourceName,
        report: ScanReport,
        error: String,
    },
    /// Kafka cannot be reached, or the session ended: krest tries again.
    Reconnecting {
        reason: String,
        wait: Duration,
    },
}

/// Called from the tasks themselves: must be quick.
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(&Event) + Send + Sync>);

impl Observer {
    pub fn new(observe: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(observe))
    }

    pub fn tell(&self, event: &Event) {
        (self.0)(event);
    }
}

impl Default for Observer {
    fn default() -> Self {
        Self::new(|_| {})
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}
