//! Exactly once where things break: kills, signals, rivals, a broker that goes away.

mod crash;
mod outage;
mod polite;
mod polling;
mod rivals;
mod seed;
mod stop;
mod topics;
