//! The fault campaign: krest under random faults while the API changes, and the checker after each round. Seeded: the same seed
//! gives the same configurations, changes and faults, though not the same timing.
//!
//! * `api`: the model API: listings that change, and the history of what they showed.
//! * `listing`: one listing of it.
//! * `kind`: its resources, and how deletions of each are learnt of.
//! * `config`: the connector of a world, drawn from the seed.
//! * `faults`: the kinds of faults, and the plan of a campaign.
//! * `world`: one connector with its API, its topics and its processes.
//! * `suffer`: what a fault does to it.
//! * `disk`: what happens to its directory.
//! * `check`: the round's end: nothing changes any more, krest reads everything, the checker judges.
//! * `tally`: what happened, counted, as a table.
//! * `rounds`: round after round of faults, with a broker of its own.
//! * `runs`: the bounded campaign of every test run, and the long one.

mod api;
mod check;
mod config;
mod disk;
mod faults;
mod kind;
mod listing;
mod rounds;
mod runs;
mod suffer;
mod tally;
mod world;
