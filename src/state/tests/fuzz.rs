//! Fuzz target: a checkpoint as a disk may give it back. See fuzz/README.md.

use crate::fuzz::Target;
use crate::state::checkpoint::{Owner, decode, encode};

const OWNER: Owner<'_> = Owner { resource: "users", keyed: false };

#[test]
fn any_checkpoint_is_believed_whole_or_not_at_all() {
    Target { name: "checkpoint", runs: 4_000 }.holds(|input| {
        let read = match decode(input, OWNER) {
            Ok(read) => read,
            Err(why) => return assert!(!why.is_empty() && decode(input, OWNER) == Err(why)),
        };
        assert_eq!(decode(&encode(&read, OWNER), OWNER).as_ref(), Ok(&read));
        for other in [Owner { resource: "posts", ..OWNER }, Owner { keyed: true, ..OWNER }] {
            assert!(decode(input, other).is_err(), "{other:?} believes what is none of its own");
        }
        // What is cut short anywhere is not believed: only white space may stand behind it.
        let end = input.trim_ascii_end().len();
        for cut in (0..end).step_by(1 + end / 64) {
            assert!(decode(&input[..cut], OWNER).is_err(), "believed though it ends at byte {cut}");
        }
    });
}
