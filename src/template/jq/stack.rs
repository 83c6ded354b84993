//! Stacks that are large enough for anything that krest lets an expression do.
//!
//! Some of jaq's recursion takes no step, so that a meter does not see it: it goes as deep as a value is nested (writing,
//! comparing, dropping it, `..`) or a path has parts. An expression nests a value by one level in a step at most, beyond the
//! levels of the record: as many steps as the stack has room for levels are therefore safe.

use std::thread::{Builder, scope};

use super::JqProblem;
use super::meter::Bounds;

/// Address space, not memory: pages that are not touched cost nothing. Room for [`LEVEL`] times the steps of the effort,
/// for what the meter allows, and for some more.
pub(super) const ORDINARY: usize = 256 << 20;
const LARGE: usize = 4 << 30;
/// Bytes that one level of a value takes at most, in `.. |= …`: measured, as all below is tried by tests.
const LEVEL: usize = 3_900;

/// What a run may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effort {
    /// Several times what an ordinary record needs, on a caller's stack of 2 MB.
    Easy,
    /// Lists of some hundred elements.
    Ordinary,
    /// A million steps, and more for a large record, which is long rather than deep.
    Large,
}

impl Effort {
    pub(super) fn more(self) -> Option<Self> {
        match self {
            Self::Easy => Some(Self::Ordinary),
            Self::Ordinary => Some(Self::Large),
            Self::Large => None,
        }
    }

    /// `None`: the caller's.
    pub(super) fn stack(self) -> Option<usize> {
        match self {
            Self::Easy => None,
            Self::Ordinary => Some(ORDINARY),
            Self::Large => Some(LARGE),
        }
    }

    /// For a record of so many bytes.
    pub(super) fn bounds(self, record: usize) -> Bounds {
        match self {
            Self::Easy => Bounds { steps: 200, stack: 256 << 10 },
            Self::Ordinary => Bounds { steps: 50_000, stack: 48 << 20 },
            // Dropping a value, which an endless nesting ends with, takes a thirtieth of LEVEL.
            Self::Large => {
                Bounds { steps: (1_000_000 + 16 * record as u64).min(30_000_000), stack: 192 << 20 }
            }
        }
    }
}

const _: () = assert!(ORDINARY > 50_200 * LEVEL + (48 << 20) && LARGE > 1_000_200 * LEVEL + (192 << 20));

/// Runs `work` on a thread with a stack of that size and waits for it. Deep recursion, and dropping what it has built, would
/// otherwise end the process.
pub(super) fn deep<T: Send>(
    size: usize,
    work: impl FnOnce() -> Result<T, JqProblem> + Send,
) -> Result<T, JqProblem> {
    scope(|scope| {
        let thread = Builder::new().name("jq".to_owned()).stack_size(size).spawn_scoped(scope, work);
        let thread = thread.map_err(|error| {
            JqProblem::Failed(format!("no thread for it: {error}; the machine has too little memory"))
        })?;
        thread.join().unwrap_or(Err(JqProblem::Broken))
    })
}
