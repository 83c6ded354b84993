//! What a run may use up. jaq has no budget of its own, but asks for its table of terms at every step: there the steps and
//! the stack are counted, and a run that goes beyond its bounds is unwound.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use jaq_core::data::HasLut;
use jaq_core::{DataT, Lut};
use jaq_json::Val;

use super::JqProblem;

/// The kind of data that krest's programs work on.
pub(super) struct Jaq;

/// What is there while a program runs.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub lut: &'a Lut<Jaq>,
    pub meter: &'a Meter,
}

impl DataT for Jaq {
    type V<'a> = Val;
    type Data<'a> = Run<'a>;
}

impl<'a> HasLut<'a, Jaq> for Run<'a> {
    fn lut(&self) -> &'a Lut<Jaq> {
        self.meter.step();
        self.lut
    }
}

/// The bounds of one run.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub steps: u64,
    /// Bytes below where the run began.
    pub stack: usize,
}

pub(super) struct Meter {
    bounds: Bounds,
    used: Cell<u64>,
    start: usize,
}

/// The payload of the unwinding.
struct Stopped(JqProblem);

impl Meter {
    /// Counts one step.
    pub(super) fn step(&self) {
        let used = self.used.get();
        if used >= self.bounds.steps {
            // Not a panic: no hook is called, and `metered` is always above.
            resume_unwind(Box::new(Stopped(JqProblem::Endless(self.bounds.steps))));
        }
        if self.start.abs_diff(here()) > self.bounds.stack {
            resume_unwind(Box::new(Stopped(JqProblem::TooDeep)));
        }
        self.used.set(used + 1);
    }
}

/// Runs `work` within bounds.
pub(super) fn metered<T>(
    bounds: Bounds,
    work: impl FnOnce(&Meter) -> Result<T, JqProblem>,
) -> Result<T, JqProblem> {
    let meter = Meter { bounds, used: Cell::new(0), start: here() };
    // What is unwound is dropped and never looked at again.
    catch_unwind(AssertUnwindSafe(|| work(&meter))).unwrap_or_else(|payload| {
        Err(payload.downcast::<Stopped>().map_or(JqProblem::Broken, |stopped| stopped.0))
    })
}

/// About where the stack ends now.
#[inline(always)]
fn here() -> usize {
    let marker = 0_u8;
    std::hint::black_box(std::ptr::from_ref(&marker)).addr()
}
