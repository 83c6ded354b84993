//! Which page comes next, and when there is none: one file per kind of paginator.

mod answer;
mod asks;
mod auto;
mod auto_pages;
mod cursor;
mod find_next;
mod link;
mod link_header;
mod paging;
mod range;

pub(super) use answer::whole_number;
pub(super) use asks::Asks;
pub(super) use link_header::target as link_target;
pub(super) use paging::{End, PageView, PaginateError, Paging, Start, Step};
