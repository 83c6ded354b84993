//! What the families of a connector have been told to do, and not to do. It outlives sessions: while one is rebuilt, signals wait.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::kafka::{Paused, SignalPlace};
use crate::plan::{ConnectorPlan, Family};
use crate::sync::{ScanReport, Wish};

/// A scan of one resource that a signal asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::service) struct Errand {
    pub signal: SignalPlace,
    pub wish: Wish,
    /// What depends on the resource is scanned with it.
    pub with_dependents: bool,
}

impl Errand {
    /// Whether others are like it, and one walk shows each of them all that it would show it alone. What is rewound, or asked for in
    /// part, hides from those below what it does not show.
    fn shares_its_walk(&self) -> bool {
        !self.with_dependents && !self.wish.is_narrow()
    }
}

/// What became of an errand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Begun {
        signal: SignalPlace,
    },
    Done {
        signal: SignalPlace,
        place: usize,
        records: u64,
        published: u64,
    },
    /// A newer signal took it back.
    Dropped {
        signal: SignalPlace,
        place: usize,
    },
    /// It cannot be done, whenever it is tried.
    Refused {
        signal: SignalPlace,
        place: usize,
        reason: String,
    },
    /// The deletes that were allowed are done, or there were none.
    Allowed {
        signal: SignalPlace,
        place: usize,
    },
}

/// Shared by the signals' task and the families.
#[derive(Debug)]
pub(in crate::service) struct Desk {
    papers: Mutex<Papers>,
    changed: watch::Sender<()>,
    told: mpsc::UnboundedSender<Told>,
}

#[derive(Debug, Default)]
struct Papers {
    all_paused: bool,
    /// By place in the plan.
    paused: BTreeSet<usize>,
    errands: BTreeMap<usize, VecDeque<Waiting>>,
    allowed: BTreeMap<usize, Vec<Allowance>>,
    /// What the API asked to be left alone until then.
    held: BTreeMap<usize, Instant>,
    /// How many were asked for so far.
    number: u64,
    /// By the family's root: ends the scan that is under way.
    under_way: BTreeMap<usize, CancellationToken>,
}

#[derive(Debug)]
struct Waiting {
    errand: Errand,
    due: Instant,
    /// In the order in which signals came.
    number: u64,
}

#[derive(Debug)]
struct Allowance {
    signal: SignalPlace,
    /// A scan has begun that goes by it.
    known: bool,
}

impl Desk {
    /// As the offsets topic says.
    pub(super) fn new(plan: &ConnectorPlan, paused: &Paused) -> (Self, mpsc::UnboundedReceiver<Told>) {
        let (told, hears) = mpsc::unbounded_channel();
        let is_paused = |place: &usize| {
            plan.resources
                .get(*place)
                .is_some_and(|resource| paused.resources.contains(resource.name.as_str()))
        };
        let papers = Papers {
            all_paused: paused.connector,
            paused: (0..plan.resources.len()).filter(is_paused).collect(),
            ..Papers::default()
        };
        (Self { papers: Mutex::new(papers), changed: watch::Sender::new(()), told }, hears)
    }

    /// Told whenever something changed.
    pub(in crate::service) fn watch(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    pub(in crate::service) fn is_paused(&self, place: usize) -> bool {
        let papers = self.papers();
        papers.all_paused || papers.paused.contains(&place)
    }

    /// When the first errand of a resource is due; a paused one has none.
    pub(in crate::service) fn due(&self, place: usize) -> Option<Instant> {
        if self.is_paused(place) {
            return None;
        }
        self.papers().errands.get(&place)?.iter().map(|waiting| waiting.due).min()
    }

    /// The errand that is to be run now: one that failed keeps those behind it waiting only until it is due again. It stays until it
    /// is done.
    pub(in crate::service) fn errand(&self, place: usize, now: Instant) -> Option<Errand> {
        if self.is_paused(place) {
            return None;
        }
        self.papers().first(place, now).map(|waiting| waiting.errand.clone())
    }

    /// Of the errands that are to be run now for resources of a family, the oldest, and those that can share its walk. By place.
    pub(in crate::service) fn together(&self, places: &[usize], now: Instant) -> BTreeMap<usize, Errand> {
        let open: Vec<usize> = places.iter().copied().filter(|place| !self.is_paused(*place)).collect();
        let papers = self.papers();
        let mut due: Vec<(usize, &Waiting)> =
            open.iter().filter_map(|place| Some((*place, papers.first(*place, now)?))).collect();
        due.sort_by_key(|(_, waiting)| waiting.number);
        let shares = due.first().is_some_and(|(_, oldest)| oldest.errand.shares_its_walk());
        let others = due.iter().skip(1).filter(|(_, waiting)| shares && waiting.errand.shares_its_walk());
        let those = due.first().into_iter().chain(others);
        those.map(|(place, waiting)| (*place, waiting.errand.clone())).collect()
    }

    pub(in crate::service) fn begun(&self, errand: &Errand) {
        self.tell(Told::Begun { signal: errand.signal });
    }

    /// The scan went well.
    pub(in crate::service) fn done(&self, place: usize, errand: &Errand, report: &ScanReport) {
        if self.take(place, errand) {
            let (signal, records, published) = (errand.signal, report.records, report.published);
            self.tell(Told::Done { signal, place, records, published });
        }
    }

    /// The scan failed: it is tried again then.
    pub(in crate::service) fn postpone(&self, place: usize, errand: &Errand, due: Instant) {
        let mut papers = self.papers();
        let waiting = papers.errands.entry(place).or_default().iter_mut();
        waiting.filter(|waiting| waiting.errand == *errand).for_each(|waiting| waiting.due = due);
    }

    /// It cannot be done, whenever it is tried.
    pub(in crate::service) fn refuse(&self, place: usize, errand: &Errand, reason: String) {
        if self.take(place, errand) {
            self.tell(Told::Refused { signal: errand.signal, place, reason });
        }
    }

    /// The API asks for a pause: none of the errands for these is run before.
    pub(in crate::service) fn hold(&self, places: &[usize], until: Instant) {
        let mut papers = self.papers();
        papers.held.extend(places.iter().map(|place| (*place, until)));
        let errands = papers.errands.iter_mut().filter(|(place, _)| places.contains(place));
        errands.flat_map(|(_, waiting)| waiting).for_each(|waiting| waiting.due = waiting.due.max(until));
    }

    /// A scan of the family begins; the token ends it.
    pub(in crate::service) fn begin(&self, family: &Family, cut: CancellationToken) {
        self.papers().under_way.insert(family.root, cut);
    }

    pub(in crate::service) fn end(&self, family: &Family) {
        self.papers().under_way.remove(&family.root);
    }

    /// Whether the scan of the resource that begins now may delete more than its limits say.
    pub(in crate::service) fn allows_deletes(&self, place: usize) -> bool {
        let mut papers = self.papers();
        let Some(allowed) = papers.allowed.get_mut(&place) else { return false };
        allowed.iter_mut().for_each(|allowance| allowance.known = true);
        !allowed.is_empty()
    }

    /// A scan of the resource has ended that could have deleted. What came while it was under way is for the next one.
    pub(in crate::service) fn deletes_were_allowed(&self, place: usize) {
        let mut papers = self.papers();
        let Some(allowed) = papers.allowed.get_mut(&place) else { return };
        for used in allowed.extract_if(.., |allowance| allowance.known) {
            self.tell(Told::Allowed { signal: used.signal, place });
        }
    }

    pub(super) fn add(&self, places: &[usize], errand: &Errand) {
        let mut papers = self.papers();
        papers.number += 1;
        let number = papers.number;
        for place in places {
            let now = Instant::now();
            let due = papers.held.get(place).map_or(now, |until| now.max(*until));
            let waiting = Waiting { errand: errand.clone(), due, number };
            papers.errands.entry(*place).or_default().push_back(waiting);
        }
        drop(papers);
        self.changed.send_replace(());
    }

    pub(super) fn allow_deletes(&self, places: &[usize], signal: SignalPlace) {
        let mut papers = self.papers();
        for place in places {
            papers.allowed.entry(*place).or_default().push(Allowance { signal, known: false });
        }
        drop(papers);
        self.changed.send_replace(());
    }

    /// Takes back the snapshots and rewinds that are waiting, and ends those that are under way. `None`: of all resources. How many
    /// there were.
    pub(super) fn stop_snapshots(&self, plan: &ConnectorPlan, places: Option<&[usize]>) -> usize {
        let mut papers = self.papers();
        let mut dropped = Vec::new();
        for (place, waiting) in &mut papers.errands {
            if places.is_none_or(|places| places.contains(place)) {
                dropped.extend(waiting.drain(..).map(|waiting| (*place, waiting.errand.signal)));
            }
        }
        let touched: Vec<usize> = dropped.iter().map(|(place, _)| *place).collect();
        papers.cut(plan, |family| family.resources.iter().any(|place| touched.contains(place)));
        drop(papers);
        let count = dropped.len();
        dropped.into_iter().for_each(|(place, signal)| self.tell(Told::Dropped { signal, place }));
        self.changed.send_replace(());
        count
    }

    /// `None`: the whole connector. Ends scans of families that have nothing left to scan. What is paused now.
    pub(super) fn pause(&self, plan: &ConnectorPlan, places: Option<&[usize]>) -> Paused {
        let mut papers = self.papers();
        match places {
            None => papers.all_paused = true,
            Some(places) => papers.paused.extend(places),
        }
        let (all, paused) = (papers.all_paused, papers.paused.clone());
        papers.cut(plan, |family| all || family.resources.iter().all(|place| paused.contains(place)));
        self.changed.send_replace(());
        papers.paused(plan)
    }

    /// The reverse. All of the connector resumes what was paused alone, too.
    pub(super) fn resume(&self, plan: &ConnectorPlan, places: Option<&[usize]>) -> Paused {
        let mut papers = self.papers();
        match places {
            None => {
                papers.all_paused = false;
                papers.paused.clear();
            }
            Some(places) => {
                if std::mem::take(&mut papers.all_paused) {
                    papers.paused.extend(0..plan.resources.len()); // all but these
                }
                papers.paused.retain(|place| !places.contains(place));
            }
        }
        self.changed.send_replace(());
        papers.paused(plan)
    }

    /// Whether it was still waiting.
    fn take(&self, place: usize, errand: &Errand) -> bool {
        let mut papers = self.papers();
        let waiting = papers.errands.entry(place).or_default();
        let found = waiting.iter().position(|waiting| waiting.errand == *errand);
        found.is_some_and(|index| waiting.remove(index).is_some())
    }

    fn tell(&self, told: Told) {
        let _ = self.told.send(told); // the signals' task has ended: krest stops
    }

    fn papers(&self) -> MutexGuard<'_, Papers> {
        self.papers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Papers {
    fn first(&self, place: usize, now: Instant) -> Option<&Waiting> {
        self.errands.get(&place)?.iter().find(|waiting| waiting.due <= now)
    }

    fn cut(&self, plan: &ConnectorPlan, has_to_end: impl Fn(&Family) -> bool) {
        for family in plan.families.iter().filter(|family| has_to_end(family)) {
            if let Some(scan) = self.under_way.get(&family.root) {
                scan.cancel();
            }
        }
    }

    fn paused(&self, plan: &ConnectorPlan) -> Paused {
        let name = |place: &usize| plan.resources.get(*place).map(|resource| resource.name.to_string());
        let resources = self.paused.iter().filter_map(name).collect();
        Paused::new(self.all_paused, resources)
    }
}
