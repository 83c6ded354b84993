//! One client's connection: a thread for each direction, frame by frame.

use std::collections::HashMap;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::rules::{Passed, Phase, Shared, State, Then};
use super::wire::{ApiKey, Request, correlation, error_code, read_frame, readdressed, write_frame};
use crate::support::within;

/// How long the broker may take to answer what is on its way when the client has gone.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

pub(super) struct Relay {
    pub(super) shared: Arc<Shared>,
    pub(super) number: u64,
    /// The proxy's own, which stands in the answers instead of the broker's.
    pub(super) port: u16,
    in_flight: Mutex<HashMap<i32, Sent>>,
}

/// A request that the broker has not answered.
struct Sent {
    api: ApiKey,
    version: i16,
    rule: Option<u64>,
    swallow: Option<Then>,
    /// Its place in the log.
    place: usize,
}

/// Relays until either side ends.
pub(super) fn relay(shared: &Arc<Shared>, (client, broker): (TcpStream, TcpStream), port: u16) {
    let _ = client.set_nodelay(true);
    let _ = broker.set_nodelay(true);
    let (Ok(answers_to), Ok(answers_from), Ok(listed)) =
        (client.try_clone(), broker.try_clone(), client.try_clone())
    else {
        return;
    };
    let number = shared.change(|state| {
        state.numbers += 1;
        state.connections.insert(state.numbers, listed);
        state.numbers
    });
    let relay = Arc::new(Relay { shared: Arc::clone(shared), number, port, in_flight: Mutex::default() });
    let back = Arc::clone(&relay);
    std::thread::spawn(move || back.answers(answers_from, answers_to));
    std::thread::spawn(move || relay.requests(client, broker));
}

impl Relay {
    fn requests(&self, mut client: TcpStream, mut broker: TcpStream) {
        while let Ok(frame) = read_frame(&mut client) {
            let Some(request) = Request::read(frame) else { break };
            if !self.may_pass() {
                break;
            }
            let rule = self.shared.change(|state| state.rule_for(&request, self.number));
            if rule.is_some_and(|rule| !self.held_until_released(rule)) {
                break;
            }
            self.note(&request, rule);
            if write_frame(&mut broker, &request.frame).is_err() {
                break;
            }
        }
        // What was sent is done, whoever waits for the answer: the broker's end stays until it has answered.
        let _ = within(LAST_ANSWERS, || self.in_flight().is_empty().then_some(()));
        let _ = broker.shutdown(Shutdown::Both);
    }

    fn answers(&self, mut broker: TcpStream, mut client: TcpStream) {
        while let Ok(frame) = read_frame(&mut broker) {
            let Some(sent) = correlation(&frame).and_then(|key| self.in_flight().remove(&key)) else { break };
            if !self.may_pass() {
                break;
            }
            let error = error_code(sent.api, sent.version, &frame);
            self.shared.change(|state| self.answered(state, &sent, error));
            if sent.swallow.is_some() {
                continue;
            }
            let Some(frame) = readdressed(sent.api, sent.version, frame, self.port) else {
                let unknown = format!("{:?} in version {}", sent.api, sent.version);
                self.shared.change(|state| state.unknown = Some(unknown));
                break;
            };
            // A client that has gone: the broker's other answers are still taken note of.
            let _ = write_frame(&mut client, &frame);
        }
        let _ = client.shutdown(Shutdown::Both);
        let unanswered: Vec<Sent> = self.in_flight().drain().map(|(_, sent)| sent).collect();
        self.shared.change(|state| {
            unanswered.iter().for_each(|sent| state.move_to(sent.rule, Phase::Lost));
            state.connections.remove(&self.number);
        });
    }

    /// Waits while nothing passes. Whether the proxy is still there.
    fn may_pass(&self) -> bool {
        let delay = self.shared.state().delay;
        if !delay.is_zero() {
            std::thread::sleep(delay);
        }
        !self.shared.wait_while(|state| state.frozen && !state.closed).closed
    }

    /// Whether the request is to go on: at once, if it is only its answer that the rule is for.
    fn held_until_released(&self, rule: u64) -> bool {
        let holds = |state: &State| state.rules.get(&rule).is_some_and(|rule| rule.swallow.is_none());
        let state = self.shared.wait_while(|state| {
            holds(state) && matches!(state.phase(rule), Phase::Arrived(_)) && !state.closed
        });
        !state.closed && (!holds(&state) || state.phase(rule) == Phase::Released)
    }

    fn note(&self, request: &Request, rule: Option<u64>) {
        let Request { api, version, producer, commit, .. } = *request;
        let passed =
            Passed { api, client: request.client.clone(), producer, commit, answered: false, error: None };
        let (place, swallow) = self.shared.change(|state| {
            state.passed.push(passed);
            let swallow = rule.and_then(|rule| state.rules.get(&rule)?.swallow);
            (state.passed.len() - 1, swallow)
        });
        self.in_flight().insert(request.correlation, Sent { api, version, rule, swallow, place });
    }

    fn answered(&self, state: &mut State, sent: &Sent, error: Option<i16>) {
        if let Some(passed) = state.passed.get_mut(sent.place) {
            (passed.answered, passed.error) = (true, error);
        }
        state.move_to(sent.rule, Phase::Answered(error));
        if sent.swallow == Some(Then::Cut) {
            state.cut(self.number);
        }
    }

    fn in_flight(&self) -> std::sync::MutexGuard<'_, HashMap<i32, Sent>> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
