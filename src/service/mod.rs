//! Keep doing it: connectors, their tasks, the sessions of those, the schedule of their resources.

mod apart;
mod catch_up;
mod connector;
mod event;
mod family;
mod instance;
mod lent;
mod refusals;
mod rules;
mod schedule;
mod session;
mod start;
mod stop;
mod task;
mod tell;
mod trouble;

pub use connector::{Broker, Connector, Mode, Outcome, run_all};
pub use event::{Event, Observer};
pub use stop::on_signals;
