//! The `krest` binary: parse the arguments, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    krest::cli::main()
}
