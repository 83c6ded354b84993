//! What krest says about itself while it runs: the log. (Metric and span names will stand here too, once each.)

mod log;

pub use log::{LogFormat, LogOptions, init};
