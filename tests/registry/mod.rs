//! krest's client of schema registries on a real one.

mod answers;
mod away;
mod credentials;
mod register;
mod rejected;
mod support;
