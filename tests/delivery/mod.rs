//! Exactly once where things break: kills, signals, rivals, a broker that goes away.

mod crash;
mod dead_letters;
mod dispositions;
mod families;
mod incremental;
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
