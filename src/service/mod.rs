//! Keep doing it: connectors, their tasks, the sessions of those, the schedule of their resources.

mod apart;
mod catch_up;
mod connector;
mod event;
mod family;
mod instance;
mod lent;
mod polling;
mod refusals;
mod rules;
mod schedule;
mod session;
mod signals;
mod start;
mod stop;
mod task;
mod tell;
mod trouble;

pub use connector::{Broker, Connector, Mode, Outcome, run_all};
pub use event::{Event, Observer};
pub use signals::{Order, Refused, SendError, Sent, read_order, send_signal};
pub use stop::on_signals;
