//! Which page comes next, and when there is none: one file per paginator.

mod offset;
mod paging;
mod range;
mod single_page;

pub(super) use paging::{End, PageView, PaginateError, Paging, Start, Step};
