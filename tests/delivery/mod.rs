//! Exactly once where things break: kills, signals, rivals, a broker that goes away.

mod crash;
mod dispositions;
mod families;
mod incremental;
mod outage;
mod polite;
mod polling;
mod rejected;
mod resume;
mod rivals;
mod secrets;
mod seed;
mod shrunk;
mod stop;
mod topics;
mod twice;
