//! Exactly once where things break: kills, signals, rivals, a broker that goes away.

mod campaign;
mod crash;
mod dead_letters;
mod dispositions;
mod ends;
mod expiry;
mod families;
mod foreign;
mod incremental;
mod outage;
mod polite;
mod polling;
mod proxied;
mod rejected;
mod resume;
mod rivals;
mod secrets;
mod seed;
mod shrunk;
mod steps;
mod stop;
mod tasks;
mod topics;
mod twice;
mod underneath;
mod zombies;
