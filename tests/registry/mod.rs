//! krest's client of schema registries on a real one.

mod register;
mod support;
