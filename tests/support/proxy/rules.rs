//! What is to happen to one request, and the handles by which a test follows it.

use std::collections::BTreeMap;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::wire::{ApiKey, Identity, Request};

/// Longer than anything that krest waits for before it sends a request again.
const LIMIT: Duration = Duration::from_secs(90);

/// A request that was sent on to the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    pub api: ApiKey,
    pub client: String,
    pub producer: Option<Identity>,
    /// Of EndTxn: commit (`true`) or abort.
    pub commit: Option<bool>,
    /// Whether the broker has answered.
    pub answered: bool,
    /// The answer's error code, where the proxy reads it (EndTxn, AddPartitionsToTxn, InitProducerId, FindCoordinator). 0: none.
    pub error: Option<i16>,
}

/// What becomes of the client's connection once an answer is swallowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// It is cut at once: the client knows that something is wrong.
    Cut,
    /// It stays open and the client waits.
    Silence,
}

/// Which request a rule is for. Asked in the order of the requests until it says yes.
pub(super) type When = Box<dyn FnMut(&Request) -> bool + Send>;

pub(super) struct Rule {
    pub(super) when: When,
    /// `None`: the request is held back.
    pub(super) swallow: Option<Then>,
    pub(super) phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Waiting,
    /// On which connection.
    Arrived(u64),
    Released,
    Discarded,
    /// With this error code, if it is known.
    Answered(Option<i16>),
    /// The broker's connection ended before it had answered.
    Lost,
}

/// What the proxy's threads and its commands share.
#[derive(Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) listening: bool,
    pub(super) refusing: bool,
    pub(super) frozen: bool,
    pub(super) closed: bool,
    pub(super) delay: Duration,
    pub(super) rules: BTreeMap<u64, Rule>,
    /// The clients' ends.
    pub(super) connections: BTreeMap<u64, TcpStream>,
    pub(super) passed: Vec<Passed>,
    pub(super) numbers: u64,
    /// An answer that the proxy could not read, and ought to.
    pub(super) unknown: Option<String>,
}

impl Shared {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.state());
        self.changed.notify_all();
        result
    }

    /// Waits as long as it takes: for the proxy's own threads.
    pub(super) fn wait_while(&self, condition: impl FnMut(&mut State) -> bool) -> MutexGuard<'_, State> {
        self.changed.wait_while(self.state(), condition).unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a condition: for tests, which fail if it does not come about.
    pub(super) fn wait_for(&self, what: &str, mut condition: impl FnMut(&State) -> bool) {
        let (state, waited) = self
            .changed
            .wait_timeout_while(self.state(), LIMIT, |state| !condition(state))
            .unwrap_or_else(PoisonError::into_inner);
        drop(state);
        assert!(!waited.timed_out(), "the proxy waited {LIMIT:?} in vain for {what}");
    }

    pub(super) fn add(self: &Arc<Self>, when: When, swallow: Option<Then>) -> Tracked {
        let rule = Rule { when, swallow, phase: Phase::Waiting };
        let number = self.change(|state| {
            state.numbers += 1;
            state.rules.insert(state.numbers, rule);
            state.numbers
        });
        Tracked { shared: Arc::clone(self), number }
    }
}

impl State {
    /// The rule for this request, if there is one; from now on it is for no other.
    pub(super) fn rule_for(&mut self, request: &Request, connection: u64) -> Option<u64> {
        let waiting = self.rules.iter_mut().filter(|(_, rule)| rule.phase == Phase::Waiting);
        let (number, rule) = waiting.into_iter().find_map(|(number, rule)| {
            let fits = (rule.when)(request);
            fits.then_some((*number, rule))
        })?;
        rule.phase = Phase::Arrived(connection);
        Some(number)
    }

    pub(super) fn phase(&self, rule: u64) -> Phase {
        self.rules.get(&rule).map_or(Phase::Discarded, |rule| rule.phase)
    }

    pub(super) fn move_to(&mut self, rule: Option<u64>, phase: Phase) {
        if let Some(rule) = rule.and_then(|rule| self.rules.get_mut(&rule)) {
            rule.phase = phase;
        }
    }

    pub(super) fn cut(&self, connection: u64) {
        if let Some(client) = self.connections.get(&connection) {
            // It may be gone already.
            let _ = client.shutdown(Shutdown::Both);
        }
    }
}

/// A rule that was given.
pub(super) struct Tracked {
    shared: Arc<Shared>,
    number: u64,
}

impl Tracked {
    fn phase(&self) -> Phase {
        self.shared.state().phase(self.number)
    }

    fn wait(&self, what: &str, mut condition: impl FnMut(Phase) -> bool) -> Phase {
        self.shared.wait_for(what, |state| condition(state.phase(self.number)));
        self.phase()
    }

    /// Waits until the broker has answered, or its connection has ended.
    fn answer(&self, what: &str) -> Option<i16> {
        let answered = |phase| matches!(phase, Phase::Answered(_) | Phase::Lost);
        if let Phase::Answered(error) = self.wait(what, answered) { error } else { None }
    }
}

/// A request that is held back, or will be. All that follows on its connection waits behind it. Dropped: thrown away.
pub struct Held(pub(super) Tracked);

impl Held {
    /// Waits until the request is here.
    pub fn arrived(&self) {
        self.0.wait("a request to be held", |phase| phase != Phase::Waiting);
    }

    pub fn is_here(&self) -> bool {
        matches!(self.0.phase(), Phase::Arrived(_))
    }

    /// Cuts the client's connection on which it came; the request stays here. To the client it may have arrived or not.
    pub fn cut(&self) {
        self.arrived();
        self.0.shared.change(|state| {
            if let Phase::Arrived(connection) = state.phase(self.0.number) {
                state.cut(connection);
            }
        });
    }

    /// Sends it to the broker, however old it is, and waits for the answer. Its error code, where the proxy reads it;
    /// `None` if the broker did not answer.
    pub fn release(self) -> Option<i16> {
        self.arrived();
        self.0.shared.change(|state| state.move_to(Some(self.0.number), Phase::Released));
        self.0.answer("the answer to a request that was held")
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.shared.change(|state| {
            if matches!(state.phase(self.0.number), Phase::Waiting | Phase::Arrived(_)) {
                state.move_to(Some(self.0.number), Phase::Discarded);
            }
        });
    }
}

/// An answer that is swallowed, or will be: the broker has done what it was asked for, and the client does not hear of it.
pub struct Swallowed(pub(super) Tracked);

impl Swallowed {
    pub fn has_happened(&self) -> bool {
        matches!(self.0.phase(), Phase::Answered(_))
    }

    /// Waits until the broker has answered. The answer's error code, where the proxy reads it.
    pub fn happened(&self) -> Option<i16> {
        self.0.answer("an answer to be swallowed")
    }
}
