//! `row_order`: a walk that ends before the API's last page, because what follows cannot belong to it.

use crate::model::{CursorRef, Json, Side, Window};
use crate::template::JsonPath;

/// In which order the API lists records, by their cursor values.
#[derive(Clone, Debug)]
pub struct RowOrder {
    /// Where the cursor value stands in a record as the API sends it.
    pub path: JsonPath,
    pub order: Order,
}

/// `Ascending` is towards newer values, whether those are larger or smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Ascending,
    Descending,
}

impl RowOrder {
    /// Whether no page after this one is needed: newest first, and a record is older than the walk's start; or oldest first, and
    /// one is beyond its end. The page itself is processed whole. A record whose value is missing or of another kind says
    /// nothing: what is wrong with it shows when it is read.
    pub fn ends_after<'p>(&self, mut records: impl Iterator<Item = Json<'p>>, window: &Window) -> bool {
        let beyond = match self.order {
            Order::Ascending => Side::BeyondEnd,
            Order::Descending => Side::BeforeStart,
        };
        records.any(|record| {
            let value = self.path.first(record).and_then(|value| CursorRef::read(value).ok());
            value.is_some_and(|value| window.range.side(&value) == Ok(beyond))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CursorValue, Direction, Edge, Edges, Range};

    fn value(json: &str) -> Option<CursorValue> {
        Some(CursorValue::read(Json::trusted(json)).unwrap())
    }

    fn ends(order: Order, range: &Range, body: &str) -> bool {
        let order = RowOrder { path: JsonPath::parse("at").unwrap(), order };
        let window = Window { range: range.clone(), ..Window::default() };
        order.ends_after(Json::parse(body.as_bytes()).unwrap().elements(), &window)
    }

    #[test]
    fn newest_first_ends_below_the_start_and_oldest_first_beyond_the_end() {
        let range = Range { start: value("10"), end: value("20"), edges: Edges::default() };
        let page = |values: &[i64]| {
            let rows: Vec<String> = values.iter().map(|value| format!(r#"{{"at":{value}}}"#)).collect();
            format!("[{}]", rows.join(","))
        };
        for (values, descending, ascending) in [
            (&[12, 11, 10][..], false, false),
            (&[12, 9, 8], true, false),
            (&[21, 12], false, true),
            (&[12, 20], false, true),
            (&[], false, false),
        ] {
            assert_eq!(ends(Order::Descending, &range, &page(values)), descending, "{values:?}");
            assert_eq!(ends(Order::Ascending, &range, &page(values)), ascending, "{values:?}");
        }
        let open = Range { edges: Edges { start: Edge::Open, end: Edge::Closed, ..range.edges }, ..range };
        assert!(ends(Order::Descending, &open, &page(&[10])));
        assert!(!ends(Order::Ascending, &open, &page(&[20])));
        let down = Edges { direction: Direction::Min, ..Edges::default() };
        let down = Range { start: value("20"), end: value("10"), edges: down };
        assert!(ends(Order::Descending, &down, &page(&[15, 21])));
        assert!(ends(Order::Ascending, &down, &page(&[15, 10])));
    }

    #[test]
    fn what_cannot_be_placed_ends_nothing() {
        let range = Range { start: value("10"), ..Range::default() };
        for body in [r#"[{"at":null},{},7]"#, r#"[{"at":"9"}]"#, r#"[{"at":[1]}]"#] {
            assert!(!ends(Order::Descending, &range, body), "{body}");
        }
        assert!(!ends(Order::Descending, &Range::default(), r#"[{"at":1}]"#), "the first walk has no start");
        assert!(!ends(Order::Ascending, &range, r#"[{"at":1}]"#), "without an end nothing is beyond it");
    }
}
