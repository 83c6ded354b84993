//! `krest import`: Python files in the style of dlt's users, and the configuration that comes out of each.

mod files;
mod fold;
mod hostile;
