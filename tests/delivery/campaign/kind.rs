//! The resources of the connector: what krest does with each, how it is paged, and how it learns of deletions.

use fastrand::Rng;

pub const GROUPS: usize = 5;

/// A resource of the connector, by what krest does with it and how it is paged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `merge`, by offset: rows move from page to page while they are read.
    Monitors,
    /// `replace`, by a link to the rows behind the last one: no row is passed over.
    Checks,
    /// `merge` with a cursor, by a token, newest first: a change moves a row to the front.
    Incidents,
    /// `append` with a cursor and without a key: rows come, and never change.
    Events,
    /// Parents: rows change and never go.
    Groups,
    /// What depends on them, by page number.
    Members,
    /// The same with a cursor for each parent, by a token, oldest first: a change moves a row to the end.
    Notes,
    /// What depends on the log, two to each of its rows: they come with it, and never change.
    Remarks,
}

impl Kind {
    pub const ALL: [Self; 8] = [
        Self::Monitors,
        Self::Checks,
        Self::Incidents,
        Self::Events,
        Self::Groups,
        Self::Members,
        Self::Notes,
        Self::Remarks,
    ];

    /// How many first pages are asked for in a scan.
    pub fn parents(self) -> usize {
        match self {
            Self::Members | Self::Notes => GROUPS,
            Self::Remarks => 0,
            Self::Monitors | Self::Checks | Self::Incidents | Self::Events | Self::Groups => 1,
        }
    }

    /// What keys begin with, and what stands around the parent's key in a path, where pages are asked for by a token below a parent.
    pub fn under(self) -> Option<(char, &'static str, &'static str)> {
        match self {
            Self::Notes => Some(('n', "groups/", "/notes")),
            Self::Remarks => Some(('r', "events/", "/remarks")),
            _ => None,
        }
    }

    /// The resource's name and, but for what depends on groups, its path.
    pub fn name(self) -> &'static str {
        match self {
            Self::Monitors => "monitors",
            Self::Checks => "checks",
            Self::Incidents => "incidents",
            Self::Events => "events",
            Self::Groups => "groups",
            Self::Members => "members",
            Self::Notes => "notes",
            Self::Remarks => "remarks",
        }
    }

    /// How deletions may be learnt of, drawn. What changes moves to pages that have been read, so a listing of incidents cannot be
    /// trusted to show all that is there.
    pub fn deletes(self, random: &mut Rng) -> Deletes {
        let all: &[Deletes] = match self {
            Self::Checks => &[Deletes::Snapshot],
            Self::Events | Self::Groups | Self::Remarks => &[Deletes::None],
            Self::Incidents => &[Deletes::None, Deletes::Soft, Deletes::Probe, Deletes::Probe],
            Self::Monitors | Self::Members | Self::Notes => {
                &[Deletes::None, Deletes::Soft, Deletes::Probe, Deletes::Snapshot]
            }
        };
        *random.choice(all).expect("there are some")
    }

    pub fn has_cursor(self) -> bool {
        match self {
            Self::Incidents | Self::Events | Self::Notes | Self::Remarks => true,
            Self::Monitors | Self::Checks | Self::Groups | Self::Members => false,
        }
    }
}

/// How krest learns of deletions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletes {
    None,
    Soft,
    Probe,
    Snapshot,
}

impl Deletes {
    pub fn finds_missing(self) -> bool {
        match self {
            Self::Snapshot | Self::Probe => true,
            Self::None | Self::Soft => false,
        }
    }

    /// krest's words for it. `every`: how often a resource with a cursor is scanned whole.
    pub fn words(self, every: Option<u32>) -> String {
        let every = every.map(|every| format!(", every: {every}ms")).unwrap_or_default();
        match self {
            Self::None => "mode: none".to_owned(),
            Self::Soft => "mode: soft, when: .gone".to_owned(),
            Self::Probe => format!("mode: probe, max_share: 1.0{every}"),
            Self::Snapshot => format!("mode: snapshot, max_share: 1.0{every}"),
        }
    }
}
