//! Places where a test can make krest die, stand still or fail: before and after everything that has an effect.
//!
//! They exist only with the feature `failpoints`, which tests turn on for themselves. Without it, as users build krest, a
//! failpoint is nothing: no code, no text.

#[cfg(feature = "failpoints")]
mod armed;
#[cfg(feature = "failpoints")]
mod points;

#[cfg(feature = "failpoints")]
pub use armed::{VARIABLE, hit};
#[cfg(feature = "failpoints")]
pub use points::POINTS;

/// `failpoint!("kafka::before_commit")`; with a second argument, what the function returns when a test lets it fail here.
macro_rules! failpoint {
    ($name:literal) => {
        #[cfg(feature = "failpoints")]
        $crate::failpoint::hit($name);
    };
    ($name:literal, $failure:expr) => {
        #[cfg(feature = "failpoints")]
        if $crate::failpoint::hit($name) {
            return $failure;
        }
    };
}
