//! README and docs/ are true as far as a machine can tell: names, keys, links, command lines, and the demo's words.

mod changes;
mod commands;
mod demo;
mod failures;
mod keys;
mod known;
mod links;
mod picture;
mod promise;
mod text;
