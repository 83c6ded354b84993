//! The `krest` binary: parse the arguments, run, exit code.

fn main() {}
