//! The demo's world: a thousand monitors and their incidents, which change from round to round. Seeded: every run of the
//! demo sees the same story.

use serde::Serialize;

use super::monitor::{Monitor, Status, time_of};

/// Monitors at the start.
const MONITORS: u32 = 1000;

/// One step of the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// Counted from 1: the world as it is before the first step.
    pub number: u32,
    pub changed: Vec<StatusChange>,
    /// The id of the monitor that was added.
    pub appeared: Option<u32>,
    /// The id of the monitor that is no longer listed.
    pub vanished: Option<u32>,
}

/// A monitor whose status is another one now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusChange {
    pub id: u32,
    pub before: &'static str,
    pub after: &'static str,
    /// The monitor is byte for byte what it was before the last round: A→B→A.
    pub reverted: bool,
}

/// A time in which a monitor was down. Its key has two fields.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Incident {
    monitor_id: u32,
    number: u32,
    state: &'static str,
    cause: &'static str,
    opened_at: String,
    closed_at: Option<String>,
}

/// All that the API serves.
#[derive(Debug)]
pub(super) struct World {
    round: u32,
    monitors: Vec<Monitor>,
    incidents: Vec<Incident>,
    random: fastrand::Rng,
    next_id: u32,
    /// The last round's first change, as the monitor was before it: the next round takes it back.
    to_revert: Option<Monitor>,
}

impl World {
    pub(super) fn new() -> Self {
        let mut random = fastrand::Rng::with_seed(7);
        let monitors: Vec<Monitor> = (1..=MONITORS).map(|id| Monitor::new(id, &mut random)).collect();
        let incidents =
            monitors.iter().filter(|monitor| monitor.is_down()).map(Incident::of_history).collect();
        Self { round: 1, monitors, incidents, random, next_id: MONITORS + 1, to_revert: None }
    }

    pub(super) fn round(&self) -> u32 {
        self.round
    }

    pub(super) fn monitors(&self) -> &[Monitor] {
        &self.monitors
    }

    pub(super) fn incidents(&self) -> &[Incident] {
        &self.incidents
    }

    /// One round on: three monitors change their status and one appears; from round 3 on, one of the three goes back to
    /// exactly what it was, and one monitor vanishes.
    pub(super) fn advance(&mut self) -> Round {
        self.round += 1;
        let mut changed: Vec<StatusChange> = self.revert().into_iter().collect();
        let vanished = changed.first().map(|reverted| reverted.id).and_then(|kept| self.vanish(kept));
        while changed.len() < 3 {
            match self.flip(&changed) {
                Some(change) => changed.push(change),
                None => break,
            }
        }
        let appeared = Some(self.appear());
        Round { number: self.round, changed, appeared, vanished }
    }

    /// Puts the monitor back as it was, byte for byte.
    fn revert(&mut self) -> Option<StatusChange> {
        let before = self.to_revert.take()?;
        let place = self.monitors.iter().position(|monitor| monitor.id == before.id)?;
        let monitor = self.monitors.get_mut(place)?;
        let change = StatusChange {
            id: before.id,
            before: monitor.status.text(),
            after: before.status.text(),
            reverted: true,
        };
        *monitor = before;
        let after = monitor.clone();
        self.keep_incidents(&after);
        Some(change)
    }

    /// Another status for a monitor that has not changed in this round.
    fn flip(&mut self, changed: &[StatusChange]) -> Option<StatusChange> {
        let place = loop {
            let place = self.random.usize(0..self.monitors.len());
            let id = self.monitors.get(place)?.id;
            if changed.iter().all(|change| change.id != id) {
                break place;
            }
        };
        let monitor = self.monitors.get_mut(place)?;
        let before = monitor.clone();
        monitor.flip(self.round, &mut self.random);
        let after = monitor.clone();
        self.keep_incidents(&after);
        let change = StatusChange {
            id: after.id,
            before: before.status.text(),
            after: after.status.text(),
            reverted: false,
        };
        self.to_revert.get_or_insert(before);
        Some(change)
    }

    fn appear(&mut self) -> u32 {
        let id = self.next_id;
        self.next_id += 1;
        self.monitors.push(Monitor::added(id, self.round, &mut self.random));
        id
    }

    /// Takes a monitor off the list, but not the one that this round is about.
    fn vanish(&mut self, kept: u32) -> Option<u32> {
        let place = self.random.usize(0..self.monitors.len());
        let id = self.monitors.get(place)?.id;
        if id == kept {
            return None;
        }
        self.monitors.remove(place);
        Some(id)
    }

    /// Opens an incident for a monitor that went down, closes the open one of a monitor that came up.
    fn keep_incidents(&mut self, monitor: &Monitor) {
        let now = time_of(self.round);
        let of_this = self.incidents.iter_mut().filter(|incident| incident.monitor_id == monitor.id);
        let mut number = 1;
        for incident in of_this {
            number = incident.number + 1;
            if incident.closed_at.is_none() {
                incident.state = "closed";
                incident.closed_at = Some(now.clone());
            }
        }
        if monitor.status == Status::Down {
            self.incidents.push(Incident::open(monitor.id, number, now));
        }
    }
}

impl Incident {
    fn open(monitor_id: u32, number: u32, opened_at: String) -> Self {
        let cause = match monitor_id % 4 {
            0 => "connection refused",
            1 => "certificate expired",
            2 => "status 500",
            3.. => "time-out",
        };
        Self { monitor_id, number, state: "open", cause, opened_at, closed_at: None }
    }

    fn of_history(monitor: &Monitor) -> Self {
        Self::open(monitor.id, 1, monitor.status_since.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(world: &World) -> Vec<String> {
        world.monitors.iter().map(|monitor| serde_json::to_string(monitor).unwrap()).collect()
    }

    #[test]
    fn every_run_sees_the_same_story() {
        let (mut one, mut other) = (World::new(), World::new());
        for _ in 0..5 {
            assert_eq!(text(&one), text(&other));
            assert_eq!(one.advance(), other.advance());
        }
    }

    #[test]
    fn a_monitor_keeps_the_text_of_its_numbers_and_may_be_null() {
        let world = World::new();
        insta::assert_snapshot!(text(&world)[24], @r#"{"id":25,"name":"docs Portland","url":"https://docs.example.com/1","status":"up","response_ms":387,"uptime_ratio":99.440,"region":"us-west","owner":"payments","tags":["sla-99.9"],"status_since":"2026-02-22T10:43:18Z"}"#);
        assert!(text(&world).iter().any(|monitor| monitor.contains(r#""response_ms":null"#)));
    }

    #[test]
    fn the_second_round_changes_three_monitors_and_adds_one() {
        let mut world = World::new();
        let before = text(&world);
        let round = world.advance();
        let after = text(&world);
        assert_eq!((round.number, round.changed.len(), round.vanished), (2, 3, None));
        assert_eq!(before.iter().zip(&after).filter(|(old, new)| old != new).count(), 3);
        assert_eq!((round.appeared, after.len()), (Some(1001), 1001));
    }

    #[test]
    fn from_the_third_round_on_one_change_is_taken_back_and_one_monitor_vanishes() {
        let mut world = World::new();
        let first = text(&world);
        let second = world.advance();
        let third = world.advance();
        let reverted = &third.changed[0];
        assert!(reverted.reverted);
        assert_eq!((reverted.id, reverted.before), (second.changed[0].id, second.changed[0].after));
        let place = world.monitors.iter().position(|monitor| monitor.id == reverted.id).unwrap();
        assert!(first.contains(&text(&world)[place]));
        let vanished = third.vanished.unwrap();
        assert!(world.monitors.iter().all(|monitor| monitor.id != vanished));
        assert_ne!(vanished, reverted.id);
    }

    #[test]
    fn a_monitor_that_is_down_has_one_open_incident_and_no_other_has_one() {
        let mut world = World::new();
        for _ in 0..50 {
            world.advance();
        }
        for monitor in &world.monitors {
            let open = world.incidents.iter().filter(|i| i.monitor_id == monitor.id && i.closed_at.is_none());
            assert_eq!(open.count(), usize::from(monitor.is_down()), "monitor {}", monitor.id);
        }
        let mut keys: Vec<_> = world.incidents.iter().map(|i| (i.monitor_id, i.number)).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), world.incidents.len());
    }
}
