//! Exactly once where things break: kills, signals, rivals, a broker that goes away.

mod at_least_once;
mod crash;
mod disk;
mod dispositions;
mod families;
mod incremental;
mod isolation;
mod outage;
mod polite;
mod polling;
mod rejected;
mod rivals;
mod secrets;
mod seed;
mod stop;
mod topics;
mod twice;
mod whole_scans;
