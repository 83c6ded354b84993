//! Keep doing it: connectors, their sessions, the schedule of their resources.

mod connector;
mod event;
mod family;
mod schedule;
mod session;
mod stop;

pub use connector::{Broker, Connector, Mode, Outcome, run_all};
pub use event::{Event, Observer};
pub use stop::on_signals;
