//! What an audit found, for people: a table, and below it each key that differs.

use std::fmt::Write as _;
use std::io::Write as _;

use console::{measure_text_width, style};

use super::Found;
use crate::cli::plan::changes::between;
use crate::cli::report;
use crate::service::{Audited, Deviation, How};
use crate::table::{shortened, shown};

/// A value that is longer is cut.
const LONGEST: usize = 120;

pub(super) fn print(found: &Found) -> anyhow::Result<()> {
    let mut text = String::new();
    tell(&found.found, &mut text);
    if let Some(after) = &found.after {
        text.push_str("\nafter the repair:\n");
        tell(after, &mut text);
    }
    report::written(std::io::stdout().write_all(text.as_bytes()))
}

fn tell(audited: &[Audited], text: &mut String) {
    table(audited, text);
    for one in audited {
        let name = shown(one.resource.as_str());
        if let Some(error) = &one.error {
            let _ = writeln!(text, "{name}: {}: {}", style("failed").red(), shown(error));
        }
        for note in &one.notes {
            let _ = writeln!(text, "{name}: {}: {}", style("note").yellow(), shown(note));
        }
        if one.paused {
            let note = style("note").yellow();
            let _ = writeln!(text, "{name}: {note}: it is paused, and no run publishes anything of it");
        }
        if one.changing > 0 {
            let note = style("note").yellow();
            let _ = writeln!(
                text,
                "{name}: {note}: {} rows changed while they were looked at, and were not judged",
                one.changing
            );
        }
    }
    for one in audited.iter().filter(|one| one.different > 0) {
        let _ = writeln!(text, "\n{}", style(shown(one.resource.as_str())).bold());
        one.differences.iter().for_each(|deviation| tell_one(deviation, text));
        let more = one.different - one.differences.len() as u64;
        if more > 0 {
            let _ = writeln!(text, "  … and {more} more");
        }
    }
}

fn table(audited: &[Audited], text: &mut String) {
    let names: Vec<_> = audited.iter().map(|one| shown(one.resource.as_str())).collect();
    let width = names.iter().map(|name| measure_text_width(name)).chain([8]).max().unwrap_or_default();
    let _ = writeln!(
        text,
        "{:width$}  {:>10}  {:>10}  {:>10}  {:>10}  {:>12}",
        "resource", "API", "topic", "cache", "differ", "dead letters"
    );
    for (name, one) in names.iter().zip(audited) {
        let space = width - measure_text_width(name);
        let cache = one.cache.map_or("-".to_owned(), |keys| keys.to_string());
        let differ = format!("{:>10}", one.different);
        let differ = if one.different == 0 { style(differ).green() } else { style(differ).red() };
        let letters = format!("{:>12}", one.dead_letters);
        let letters = if one.dead_letters == 0 { style(letters) } else { style(letters).yellow() };
        let (api, topic) = (one.api, one.topic);
        let _ =
            writeln!(text, "{name}{:space$}  {api:>10}  {topic:>10}  {cache:>10}  {differ}  {letters}", "");
    }
}

fn tell_one(deviation: &Deviation, text: &mut String) {
    let key = match deviation.key.as_ref() {
        b"" => "(a key that is known by its hash alone)".to_owned(),
        key => shortened(&String::from_utf8_lossy(key), LONGEST),
    };
    let _ = writeln!(text, "  {} {key}  {}", style("≠").red(), words(deviation.how));
    for one in between(deviation.topic.as_deref(), deviation.api.as_deref()).unwrap_or_default() {
        let value =
            |value: Option<&str>| value.map_or("(none)".to_owned(), |value| shortened(value, LONGEST));
        let (topic, api) = (style(value(one.before)).red(), style(value(one.after)).green());
        let _ = writeln!(text, "      {}: {topic} in the topic, {api} in the API", shown(&one.field));
    }
}

pub(super) fn words(how: How) -> &'static str {
    match how {
        How::Missing => "missing in the topic",
        How::Differs => "differs",
        How::OnlyInTopic => "only in the topic",
        How::Deleted => "deleted in the API, and still in the topic",
        How::Header => "header and value of the topic's message disagree",
        How::Cache => "cache and topic disagree",
    }
}
