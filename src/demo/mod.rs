//! `krest demo`: an API whose records change, and the words and tables in which the demo tells what krest made of them.

mod api;
mod screen;
mod table;

pub use api::{DEMO_KEY, DemoApi, Pace, Round, StatusChange};
pub use screen::{Broker, Progress, ResourceCount, Scan, Screen, Title, Wait, thousands};
pub use table::{Look, Place, Row, RowChange, Table};
