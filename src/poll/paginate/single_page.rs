//! `single_page`: one request, one page.

use super::paging::{End, Step, Turn};

pub(super) fn turn() -> Turn {
    Turn { step: Step::End(End::SinglePage), total: None }
}
