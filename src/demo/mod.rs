//! `krest demo`: an API whose records change, and the words and tables in which the demo tells what krest made of them.

mod api;
mod broker;
mod built_in;
mod live;
mod screen;
mod show;
mod table;

pub use api::{DEMO_KEY, DemoApi, Pace, Round, StatusChange};
pub use broker::connect;
pub use built_in::built_in_configuration;
pub use live::Live;
pub use screen::{Broker, Progress, ResourceCount, Scan, Screen, Title, Wait};
pub use show::Show;
pub use table::{Place, Row, RowChange, Table};
