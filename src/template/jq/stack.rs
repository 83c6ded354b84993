//! A stack that is large enough for anything that krest lets an expression do.

use std::thread::{Builder, scope};

use super::JqProblem;

/// Address space, not memory: pages that are not touched cost nothing.
pub(super) const SIZE: usize = 256 << 20;

/// Runs `work` on a thread with that stack and waits for it. Deep recursion, and dropping what it has built, would
/// otherwise end the process.
pub(super) fn deep<T: Send>(work: impl FnOnce() -> Result<T, JqProblem> + Send) -> Result<T, JqProblem> {
    scope(|scope| {
        let thread = Builder::new().name("jq".to_owned()).stack_size(SIZE).spawn_scoped(scope, work);
        let thread = thread.map_err(|error| {
            JqProblem::Failed(format!("no thread for it: {error}; the machine has too little memory"))
        })?;
        thread.join().unwrap_or(Err(JqProblem::Broken))
    })
}
