//! What krest will do: configuration checked, compiled, defaults resolved. The only place that joins configuration to stages.

mod auth;
mod compile;
mod deletes;
mod format;
mod identity;
mod incremental;
mod keys;
mod paginator;
mod probe;
mod registry;
mod request;
mod signals;
mod steps;
mod tasks;
mod types;

pub use compile::CompileError;
pub use deletes::{Deletes, Guards};
pub use format::FormatPlan;
pub use probe::Probe;
pub use signals::SignalsPlan;
pub use tasks::TaskPlan;
pub use types::{
    ConnectorPlan, Family, FilePlan, LettersPlan, Listing, MostLetters, NotRunnable, ResourcePlan,
    ShrinkRule, StatePlan, Upkeep,
};
