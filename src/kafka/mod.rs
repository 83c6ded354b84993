//! The only folder that names rdkafka: transactions with the source offsets in them, topics, and reading back.
//!
//! * Before anything is fenced: [`Cluster::connect`], [`ensure`] or [`look`] for each topic, [`read_offsets`].
//! * [`Producer`] is one thread with one transactional producer; [`Receipt`] is the proof of a commit. One that rehearses
//!   publishes nothing.
//! * [`restore`] reads a topic to its end (what is committed, up to the high watermark at the start).
//!
//! librdkafka's calls block: this folder owns threads, and nothing here runs on a runtime's worker. It spawns no task.

mod announcer;
mod blame;
mod blocking;
mod browse;
mod cluster;
mod code;
mod delivery;
mod describe;
mod error;
mod fence;
mod group;
mod in_process;
mod log;
mod marks;
mod membership;
mod offsets;
mod outgoing;
mod partitions;
mod paused;
mod producer;
mod reach;
mod reader;
mod settings;
mod thread;
mod topic_config;
mod topics;
mod transaction;
mod verdict;

pub use announcer::{Announcement, Announcer};
pub use browse::{Browsed, browse};
pub use cluster::Cluster;
pub use error::{Disposition, Ended, Error};
pub use fence::{Fence, fence};
pub use marks::topic_ends;
pub use membership::{GroupMember, Membership, RawSignal, SignalPlace, Signals, running_instances};
pub use offsets::{NewRule, Owner, StoredOffsets, look_at_offsets, read_offsets};
pub use partitions::{OffsetChange, SourcePartition, StoredPartition, look_at_partitions};
pub use paused::Paused;
pub use producer::{Claim, Producer, Receipt, Rehearsed, Ticket};
pub use reach::Reached;
pub use reader::{Checkpoint, Progress, RawRecord, Reading, read_raw, restore};
pub use settings::{Boundary, CommitPolicy, Delivery, Settings, Writer};
pub use topics::{Topic, TopicId, TopicPlan, TopicUse, ensure, foresee, identity, look};
