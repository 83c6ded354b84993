//! Keep doing it: connectors, their tasks, the sessions of those, the schedule of their resources.

mod alter;
mod apart;
mod audit;
mod catch_up;
mod connector;
mod errands;
mod event;
mod family;
mod instance;
mod lent;
mod polling;
mod present;
mod rebuild;
mod refusals;
mod rehearsal;
mod resource;
mod rules;
mod schedule;
mod schemas;
mod session;
mod signals;
mod start;
mod stop;
mod task;
mod tell;
mod trouble;

pub use alter::{AlterError, Situation, alter_offsets};
pub use audit::{Audit, AuditError, Audited, Deviation, How, audit, refuse_beside_another};
pub use connector::{Broker, Connector, Mode, Outcome, run_all};
pub use event::{Event, Observer};
pub use present::present;
pub use rebuild::{Rebuilt, rebuild};
pub use rehearsal::{Foreseen, ForeseenChange, Rehearsal, rehearse};
pub use signals::{Order, Refused, SendError, Sent, read_order, send_signal};
pub use start::StartError;
pub use stop::on_signals;
