//! The schema of a page is learned at once, and nothing is decided otherwise than record by record.

use super::{Arc, Plan, Rules};
use crate::encode::{KeyCodec, Metadata, Values};
use crate::model::Record;

thread_local! {
    /// How often a whole schema was written.
    pub(in crate::encode) static FRONTS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// What is learned of a page, and which records fit; how often the schema was written for that.
fn decided(page: &[String], largest: usize, at_once: bool) -> (Values, Vec<bool>, usize) {
    let rules = Rules { name: "shop.users.Value".to_owned(), ..Rules::default() };
    let mut values = Values::learning(&Arc::new(Plan { rules, given: None }));
    FRONTS.set(0);
    let record = |raw| Record { key: "".into(), raw, deleted: false };
    let records: Vec<Record<'_>> = page.iter().map(|raw| record(raw)).collect();
    let (keys, metadata) = (KeyCodec::Text, Metadata::default());
    let mut scale = values.scale((&keys, &metadata), if at_once { &records } else { &[] }, largest);
    if !at_once {
        scale.learned = false;
    }
    let fits = |record| scale.measure(record, largest).is_ok_and(|bytes| bytes <= largest);
    let fit = records.iter().map(fits).collect();
    (values, fit, FRONTS.get())
}

#[test]
fn a_page_is_learned_at_once_and_what_of_it_does_not_fit_is_found_in_few_steps() {
    let plain: Vec<String> = (0..500).map(|n| format!(r#"{{"f{n:03}":{n}}}"#)).collect();
    let (values, fit, fronts) = decided(&plain, usize::MAX, true);
    assert!(fit.iter().all(|fits| *fits) && fronts == 1, "{fronts}");
    assert_eq!(values.schema(), decided(&plain, usize::MAX, false).0.schema());

    let mut bad = plain.clone();
    (bad[100], bad[400]) = (r#"{"f050":"x"}"#.to_owned(), r#"{"new":1,"f300":[]}"#.to_owned());
    let (values, fit, fronts) = decided(&bad, usize::MAX, true);
    let (alone, expected, _) = decided(&bad, usize::MAX, false);
    assert_eq!((values.schema(), &fit), (alone.schema(), &expected));
    assert!(!fit[100] && !fit[400] && fronts < 40, "{fronts}");

    let large = 2_000;
    let (values, fit, _) = decided(&plain, large, true);
    let (alone, expected, _) = decided(&plain, large, false);
    assert_eq!((values.schema(), &fit), (alone.schema(), &expected));
    assert!(fit[0] && !fit[499]);
}
