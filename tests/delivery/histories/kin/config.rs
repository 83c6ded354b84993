//! Posts, their comments and the replies to these, as a connector: how each of them deletes, and what changes from start to start.

use fastrand::Rng;

use crate::delivery::seed::written;
use crate::support::{World, unique};

pub const NAMES: [&str; 3] = ["posts", "comments", "replies"];

/// How a deletion is learnt of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    None,
    Soft,
    Snapshot,
    Probe,
}

impl Mode {
    pub const ALL: [Self; 4] = [Self::None, Self::Soft, Self::Snapshot, Self::Probe];

    pub fn finds_missing(self) -> bool {
        match self {
            Self::Snapshot | Self::Probe => true,
            Self::None | Self::Soft => false,
        }
    }
}

/// One resource of a family.
#[derive(Clone, Copy, Debug)]
pub struct Level {
    pub mode: Mode,
    pub grace: u32,
    /// It is asked for from a cursor value on.
    pub cursor: bool,
    /// Rows of a page, of a listing that has several.
    page: Option<u32>,
}

impl Level {
    pub fn draw(mode: Mode, dice: &mut Rng) -> Self {
        let grace = if mode.finds_missing() && dice.u32(..4) == 0 { dice.u32(1..3) } else { 0 };
        let page = dice.bool().then(|| dice.u32(2..5));
        Self { mode, grace, cursor: false, page }
    }

    /// How many pages there are at least.
    pub fn pages(&self, rows: usize) -> usize {
        self.page.map_or(1, |limit| rows.div_ceil(usize::try_from(limit).expect("a few")).max(1))
    }

    /// With a cursor it comes on one page.
    pub fn with_cursor(&mut self) {
        (self.cursor, self.page) = (true, None);
    }

    fn deletes(&self, is_due: bool) -> String {
        let every = match (self.cursor, is_due) {
            (false, _) => "",
            (true, true) => ", every: 1ms",
            (true, false) => ", every: 1h",
        };
        match self.mode {
            Mode::None => "mode: none".to_owned(),
            Mode::Soft => "mode: soft, when: .gone".to_owned(),
            Mode::Snapshot => format!("mode: snapshot, max_share: 1.0, grace: {}{every}", self.grace),
            Mode::Probe => format!("mode: probe, max_share: 1.0, grace: {}{every}", self.grace),
        }
    }

    fn endpoint(&self, path: &str) -> String {
        let pages = self.page.map_or("single_page".to_owned(), |limit| {
            format!("{{type: offset, limit: {limit}, total_path: null}}")
        });
        let cursor = if self.cursor { ", incremental: {cursor_path: at, start_param: since}" } else { "" };
        format!("{{path: '{path}', paginator: {pages}{cursor}}}")
    }
}

/// What may change from one start to the next.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// What has a cursor and `deletes.every` is scanned whole.
    pub is_due: bool,
    pub interval: &'static str,
}

/// A new file. How much fits into the memory, and where a transaction ends, is drawn each time.
pub fn config(world: &World, levels: &[Level], start: Start, dice: &mut Rng) -> String {
    let paths = ["posts", "posts/{resources.posts.id}/comments", "comments/{resources.comments.id}/replies"];
    let all = || levels.iter().zip(NAMES).zip(paths);
    let resource = |((level, name), path): ((&Level, &str), &str)| {
        format!("    - {{name: {name}, endpoint: {}}}\n", level.endpoint(path))
    };
    let resources: String = all().map(resource).collect();
    let source = format!(
        "  resource_defaults: {{primary_key: id, endpoint: {{data_selector: data}}}}\n  resources:\n{resources}"
    );
    let over = |((level, name), _): ((&Level, &str), &str)| {
        format!("  {name}: {{deletes: {{{}}}}}\n", level.deletes(start.is_due))
    };
    let over: String = all().map(over).collect();
    let memory = if dice.u32(..4) == 0 { "state: {memory: 1KiB}\n" } else { "" };
    let more = format!(
        "overrides:\n{over}errors: {{max_shrink: 1.0}}\npoll: {{interval: {}}}\n{memory}\
         signal: {{kafka.topic: '${{NAME}}-signals'}}\nnotification: {{sink.topic.name: '${{NAME}}-notifications'}}",
        start.interval
    );
    let file = written(world, &format!("{}.yaml", unique("kin")), source.trim_end(), &more);
    if dice.u32(..6) == 0 {
        let text = std::fs::read_to_string(&file).expect("the file was written");
        std::fs::write(&file, text.replace("kafka: {boot", "kafka: {transaction.boundary: poll, boot"))
            .expect("the file is written");
    }
    file
}
