//! The plan for people: a table, and with `-v` the changes below it.

use std::fmt::Write as _;
use std::io::Write as _;

use console::{Style, measure_text_width, style};

use super::changes::{Kind, fields, kind};
use crate::cli::report;
use crate::service::{Foreseen, ForeseenChange};
use crate::table::{shortened, shown};

/// A value that is longer is cut.
const LONGEST: usize = 120;

/// What a change without a difference is.
const SAME: &str = "the topic's message has no fingerprint, or another one";

pub(super) fn print(foreseen: &[Foreseen], verbose: bool) -> anyhow::Result<()> {
    let mut text = table(foreseen);
    for one in foreseen {
        if let Some(problem) = one.error.as_ref().or(one.undone.as_ref()) {
            let mark = if one.error.is_some() { style("failed").red() } else { style("note").yellow() };
            let _ = writeln!(text, "{}: {mark}: {}", shown(one.resource.as_str()), shown(problem));
        }
    }
    if verbose {
        foreseen.iter().for_each(|one| changes(one, &mut text));
    }
    report::written(std::io::stdout().write_all(text.as_bytes()))
}

fn table(foreseen: &[Foreseen]) -> String {
    let names: Vec<_> = foreseen.iter().map(|one| shown(one.resource.as_str())).collect();
    let width = names.iter().map(|name| measure_text_width(name)).chain([8]).max().unwrap_or_default();
    let mut text = String::new();
    let heads = ["upserts", "tombstones", "unchanged", "dead letters"];
    let _ = write!(text, "{:width$}", "resource");
    for head in heads {
        let _ = write!(text, "  {head:>10}");
    }
    text.push('\n');
    for (name, one) in names.iter().zip(foreseen) {
        let space = width - measure_text_width(name);
        let _ = write!(text, "{name}{:space$}", "");
        let counts = [one.upserts, one.tombstones, one.unchanged, one.dead_letters];
        let styles = [Style::new().green(), Style::new().red(), Style::new(), Style::new().yellow()];
        for ((count, head), style) in counts.iter().zip(heads).zip(styles) {
            let width = head.len().max(10);
            let style = if *count == 0 { Style::new() } else { style };
            let _ = write!(text, "  {}", style.apply_to(format!("{count:>width$}")));
        }
        text.push('\n');
    }
    text
}

fn changes(one: &Foreseen, text: &mut String) {
    if one.changes.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{}", style(shown(one.resource.as_str())).bold());
    one.changes.iter().for_each(|one| change(one, text));
    if one.left_out > 0 {
        let _ = writeln!(text, "  … and {} more", one.left_out);
    }
}

fn change(change: &ForeseenChange, text: &mut String) {
    let key = change.key.as_ref().map_or("(no key)".into(), |key| String::from_utf8_lossy(key));
    let key = shortened(&key, LONGEST);
    let whole = |bytes: &Option<bytes::Bytes>| {
        shortened(&String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()), LONGEST)
    };
    let _ = match kind(change) {
        Kind::New => {
            let (mark, value) = (style("+").green(), style(whole(&change.after)).green());
            writeln!(text, "  {mark} {key}  {value}")
        }
        Kind::Deleted => {
            let (mark, value) = (style("-").red(), style(whole(&change.before)).red());
            writeln!(text, "  {mark} {key}  {value}")
        }
        Kind::Changed => {
            let _ = writeln!(text, "  {} {key}", style("~").yellow());
            return differing(change, text);
        }
    };
}

fn differing(change: &ForeseenChange, text: &mut String) {
    let value = |value: Option<&str>| value.map_or("(none)".to_owned(), |value| shortened(value, LONGEST));
    let mut line = |field: &str, before: String, after: String| {
        let _ = writeln!(text, "      {field}{} → {}", style(before).red(), style(after).green());
    };
    match fields(change) {
        None => {
            let whole = |bytes: &Option<bytes::Bytes>| {
                bytes.as_deref().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
            };
            line("", value(whole(&change.before).as_deref()), value(whole(&change.after).as_deref()));
        }
        Some(fields) if fields.is_empty() => {
            let _ = writeln!(text, "      no field differs: {SAME}");
        }
        Some(fields) => {
            for one in fields {
                line(&format!("{}: ", shown(&one.field)), value(one.before), value(one.after));
            }
        }
    }
}
