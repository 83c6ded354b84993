//! One family's life in a session: wait until it is due, scan, report, again.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::connector::{Connector, Mode};
use super::event::{Event, Observer};
use super::instance::Instance;
use super::metadata::metadata_plan;
use super::resource::Resource;
use super::schedule::next_scan;
use super::session::Session;
use super::signals::{Errand, Notice, Office, Stage};
use super::tell::tell;
use super::trouble::Contact;
use crate::encode::{Encoder, LetterEncoder};
use crate::kafka::{self, Boundary, Cluster, Ended, Producer, Topic};
use crate::model::Redactor;
use crate::plan::{ConnectorPlan, Family, ResourcePlan, TaskPlan};
use crate::poll::Poller;
use crate::state::Standing;
use crate::sync::{self, Interrupted, Member, MemberReport, Registrar, SyncContext, SyncError};

/// A published resource of a family, with where it stands.
pub(super) struct Placed {
    /// Its place in the task.
    pub slot: usize,
    pub resource: Resource,
    pub standing: Standing,
    pub topic: Topic,
    /// Of its dead letters; `None` where a record that cannot be published fails the scan.
    pub letters: Option<Topic>,
    /// What a signal asks of its next scan.
    pub errand: Option<Errand>,
}

/// What the families of a session share.
pub(super) struct Surroundings {
    pub plan: Arc<ConnectorPlan>,
    pub poller: Poller,
    pub cluster: Cluster,
    pub producer: Arc<Producer>,
    pub task: TaskPlan,
    pub instance: Instance,
    /// The task's resources by their topics, as they were when the session began.
    pub topics: Vec<Topic>,
    pub mode: Mode,
    /// The session is over, or krest stops.
    pub over: CancellationToken,
    pub observer: Observer,
    pub office: Office,
    pub redactor: Redactor,
    pub registrar: Registrar,
    contact: Contact,
    /// Where a scan is one transaction, scans take turns.
    turn: Mutex<()>,
    /// Resources that were set aside are tried one after the other.
    pub apart: Mutex<()>,
}

impl Surroundings {
    pub(super) fn new(
        connector: &Connector,
        (task, instance, office): (&TaskPlan, &Instance, &Office),
        session: &Session,
        over: CancellationToken,
    ) -> Self {
        Self {
            plan: connector.plan.clone(),
            poller: connector.poller.clone(),
            cluster: session.cluster.clone(),
            producer: session.producer.clone(),
            task: task.clone(),
            instance: instance.clone(),
            topics: session.topics.clone(),
            mode: connector.mode,
            over,
            observer: connector.observer.clone(),
            office: office.clone(),
            redactor: session.cluster.settings().redactor.clone(),
            registrar: connector.registrar.clone(),
            contact: Contact::default(),
            turn: Mutex::new(()),
            apart: Mutex::new(()),
        }
    }

    /// By its place in the task.
    pub(super) fn resource(&self, slot: usize) -> Option<&ResourcePlan> {
        self.plan.resources.get(*self.task.resources.get(slot)?)
    }

    /// Where not forever, a resource is scanned once. One that is paused is not scanned at all.
    pub(super) fn is_done(&self, member: &Placed) -> bool {
        (self.mode != Mode::Forever && member.resource.scanned.is_some()) || self.is_paused(member)
    }

    /// A repair that read a log from its beginning would publish all of it once more.
    pub(super) fn leaves_out(&self, member: &Placed) -> bool {
        let is_table = || self.resource(member.slot).is_some_and(|plan| plan.upkeep.is_table());
        self.mode == Mode::Repair && !is_table()
    }

    pub(super) fn is_paused(&self, member: &Placed) -> bool {
        self.office.desk.is_paused(member.resource.place())
    }

    /// By its place in the listings.
    pub(super) fn listing(&self, member: &Placed) -> Option<usize> {
        self.resource(member.slot).map(|resource| resource.listing)
    }
}

/// Members of a family in one walk.
pub(super) async fn scan_together(
    family: &Family,
    members: &mut [&mut Placed],
    around: &Surroundings,
) -> Result<(), Interrupted> {
    let _turn = match around.producer.boundary() {
        Boundary::Interval => None,
        Boundary::Poll => {
            Some(around.over.run_until_cancelled(around.turn.lock()).await.ok_or(Interrupted::Stopped)?)
        }
    };
    let started = Instant::now();
    let cut = around.over.child_token();
    if around.producer.boundary() == Boundary::Interval {
        around.office.desk.begin(family, cut.clone()); // a whole scan in one transaction cannot go on later
    }
    let scanning = members.iter_mut().filter_map(|member| member.scanning(around)).collect();
    let context = SyncContext {
        poller: &around.poller,
        producer: &around.producer,
        members: scanning,
        stop: &cut,
        now: SystemTime::now(),
    };
    let (reports, interrupted) = sync::scan(&around.plan, family, context).await;
    around.office.desk.end(family);
    match &interrupted {
        // A scan that was taken back has failed; it is not under way any more.
        Ok(()) | Err(Interrupted::Ended(Ended::Discarded)) => {}
        // A signal ended the scan: it goes on where it is once it may.
        Err(Interrupted::Stopped) if !around.over.is_cancelled() => return Ok(()),
        // After a lost session the scan goes on in the next one, at once.
        Err(Interrupted::Ended(_) | Interrupted::State(_) | Interrupted::Stopped) => return interrupted,
    }
    let next = Next::of_all(&reports, started, family.interval);
    leave_alone(&reports, (family, members), around);
    for report in &reports {
        if let Some(member) = members.iter_mut().find(|member| member.slot == report.resource) {
            member.after_scan(report, next, around);
        }
        tell(report, around);
    }
    for report in reports.iter().filter(|report| report.report.published > 0) {
        if let Some(member) = members.iter_mut().find(|member| member.slot == report.resource) {
            look_once_more(member, around).await?;
        }
    }
    interrupted
}

/// Until when the API asks for it, no signal and no interval brings a scan about.
fn leave_alone(
    reports: &[MemberReport],
    (family, members): (&Family, &mut [&mut Placed]),
    around: &Surroundings,
) {
    let Some(until) = reports.iter().filter_map(MemberReport::not_before).max() else { return };
    around.office.desk.hold(&family.resources, until);
    members.iter_mut().for_each(|member| member.resource.due = member.resource.due.max(until));
}

/// What a walk means for all that took part in it.
#[derive(Clone, Copy)]
pub(super) struct Next {
    /// When the family is scanned next.
    due: Instant,
    /// That is only to confirm what a scan missed: at once, unless the API asks for a pause.
    again: bool,
    /// All pages were read, of each of them.
    whole: bool,
}

impl Next {
    pub(super) fn of_all(reports: &[MemberReport], started: Instant, interval: Duration) -> Self {
        let not_before = reports.iter().filter_map(MemberReport::not_before).max();
        let again = not_before.is_none() && reports.iter().any(|report| report.report.confirm);
        let due = if again { Instant::now() } else { next_scan(started, interval, not_before) };
        let was_read =
            |report: &MemberReport| report.outcome.as_ref().err().is_none_or(SyncError::holds_back_deletes);
        Self { due, again, whole: reports.iter().all(was_read) }
    }
}

impl Placed {
    /// What its scan means for it. A scan that a signal asked for moves no other.
    pub(super) fn after_scan(&mut self, report: &MemberReport, next: Next, around: &Surroundings) {
        let Next { due, again, whole } = next;
        let (place, desk) = (self.resource.place(), &around.office.desk);
        if report.report.allowance_used {
            self.resource.allow_deletes = false;
            desk.deletes_were_allowed(place);
        }
        match self.errand.take() {
            // What depends on it has to go back with it: its own cursor does not stay there.
            Some(errand) if report.outcome.is_ok() && (whole || !errand.with_dependents) => {
                desk.done(place, &errand, &report.report);
                self.resource.due = if again { due } else { self.resource.due };
            }
            Some(errand) => match self.fault_of(&errand, report, around) {
                Some(reason) => desk.refuse(place, &errand, reason),
                None => desk.postpone(place, &errand, due),
            },
            None => {
                self.resource.scanned(report, (due, again));
                self.after_first_scan(report, around);
                if report.report.confirm && !again {
                    let resource = around.resource(self.slot).map(|plan| plan.name.to_string());
                    tracing::warn!(
                        connector = %around.plan.name, resource,
                        "what the scan did not show is not confirmed now, because the API asks to be left alone: nothing of it is deleted yet"
                    );
                }
            }
        }
    }

    /// Why a rewind fails, if it would each time.
    fn fault_of(&self, errand: &Errand, report: &MemberReport, around: &Surroundings) -> Option<String> {
        let what = report.outcome.as_ref().err().filter(|_| errand.with_dependents)?.of_its_start()?;
        Some(around.redactor.scrub(&format!("the scan that begins there fails: {what}")).into_owned())
    }

    fn before_first_scan(&mut self, name: &str, around: &Surroundings) {
        if self.resource.initial.is_none() {
            let id = if self.standing.is_first() { uuid::Uuid::new_v4().to_string() } else { String::new() };
            if !id.is_empty() {
                around.office.herald.tell(Notice::initial(&id, Stage::Started, name));
            }
            self.resource.initial = Some(id);
        }
    }

    fn after_first_scan(&mut self, report: &MemberReport, around: &Surroundings) {
        let Some(id) = self.resource.initial.as_mut().filter(|id| !id.is_empty() && report.outcome.is_ok())
        else {
            return;
        };
        if let Some(plan) = around.resource(self.slot) {
            let notice = Notice::initial(id, Stage::Completed, plan.name.as_str());
            let notice = notice.with("total_rows_scanned", &report.report.records);
            around.office.herald.tell(notice.with("published", &report.report.published));
        }
        id.clear();
    }

    /// Its part in a scan.
    pub(super) fn scanning<'m>(&'m mut self, around: &'m Surroundings) -> Option<Member<'m>> {
        let plan = around.resource(self.slot)?;
        self.before_first_scan(plan.name.as_str(), around);
        around.observer.tell(&Event::ScanStarted { resource: plan.name.clone() });
        let (partitions, keyed) = (self.topic.partitions, plan.has_keys());
        let encoder = Encoder { partitions, keyed, keys: self.resource.keys.clone() };
        let letters = self.letter_encoder(plan, around);
        let largest = around.cluster.settings().largest_message(&plan.name, &self.topic);
        let metadata_plan = metadata_plan(&around.plan, plan, (largest, &around.redactor));
        let wish = self.errand.as_ref().map(|errand| errand.wish.clone()).unwrap_or_default();
        let Self { slot, resource, standing, .. } = self;
        let place = resource.place();
        let Resource { cache, rules, values, allow_deletes, .. } = resource;
        let allow_deletes = *allow_deletes || around.office.desk.allows_deletes(place);
        let (resource, cache) = (*slot, cache.get()?);
        Some(Member {
            plan,
            resource,
            encoder,
            values,
            registrar: &around.registrar,
            largest,
            metadata_plan,
            letters,
            allow_deletes,
            cache,
            rules,
            standing,
            wish,
        })
    }

    /// Makes its dead letters, if it has any.
    fn letter_encoder(&self, plan: &ResourcePlan, around: &Surroundings) -> Option<LetterEncoder> {
        let (letters, topic) = plan.letters.as_ref().zip(self.letters.as_ref())?;
        Some(LetterEncoder {
            connector: around.plan.name.clone(),
            resource: plan.name.clone(),
            task: around.task.number,
            output: self.topic.name.clone(),
            topic: topic.name.clone(),
            partitions: topic.partitions,
            limit: around.cluster.settings().largest_with_headers(topic.max_message_bytes),
            context_headers: letters.context_headers,
            keys: self.resource.keys.clone(),
            redactor: around.redactor.clone(),
        })
    }
}

/// A topic deleted and created again takes messages happily, but holds nothing of what the cache says. Looked up before each
/// scan. Its resource is tried apart: there the topic is made and restored from anew. Whether it is another one, or none.
pub(super) async fn look_for_another_topic(
    member: &mut Placed,
    around: &Surroundings,
) -> Result<bool, Interrupted> {
    let Placed { topic, slot, resource, .. } = member;
    if around.mode == Mode::Rehearsal {
        return Ok(false); // which creates no topics
    }
    let asked = around.over.run_until_cancelled(kafka::identity(&around.cluster, &topic.name)).await;
    let Some(found) = around.contact.answer(&around.plan.name, asked.ok_or(Interrupted::Stopped)?) else {
        return Ok(false); // the scan goes on: what it publishes waits, or ends the session
    };
    if found.as_ref().is_some_and(|(id, partitions)| *id == topic.id && *partitions == topic.partitions) {
        return Ok(false);
    }
    tracing::warn!(
        connector = %around.plan.name, resource = around.resource(*slot).map(|plan| plan.name.as_str()),
        "topic {} was deleted, re-created or given more partitions; the resource is looked at apart from the others", topic.name
    );
    resource.set_aside();
    Ok(true)
}

/// After a scan that published: its pages may have gone into two topics, and `--once` has no next scan that would notice.
pub(super) async fn look_once_more(member: &mut Placed, around: &Surroundings) -> Result<(), Interrupted> {
    if look_for_another_topic(member, around).await? {
        (member.resource.due, member.resource.scanned) = (Instant::now(), None);
    }
    Ok(())
}

/// Now and then a cache is told where its topic ends. So one that nothing changes for days does not grow
/// too old to be believed, and what another writer put there is read before anything is compared with it.
pub(super) async fn confirm(member: &mut Placed, around: &Surroundings) -> Result<(), Interrupted> {
    let Placed { topic, resource, .. } = member;
    let now = SystemTime::now();
    if !resource.cache.get().is_some_and(|cache| cache.wants_confirmation(now)) {
        return Ok(());
    }
    let asked = around.over.run_until_cancelled(kafka::topic_ends(&around.cluster, topic)).await;
    let Some(ends) = around.contact.answer(&around.plan.name, asked.ok_or(Interrupted::Stopped)?) else {
        return Ok(()); // asked again before the next scan
    };
    Ok(resource.cache.get().map_or(Ok(()), |cache| cache.confirm(&ends, now))?)
}
