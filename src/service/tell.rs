//! What a scan came to, for the log and for those who watch.

use super::connector::Mode;
use super::event::Event;
use super::family::Surroundings;
use crate::kafka::Boundary;
use crate::plan::ResourcePlan;
use crate::sync::{MemberReport, ScanReport};

/// Tells who watches, and the log, what a scan came to. A rehearsal has published nothing that the log could tell of.
pub(super) fn tell(MemberReport { resource, report, outcome }: &MemberReport, around: &Surroundings) {
    let Some(plan) = around.resource(*resource) else { return };
    let (name, report) = (plan.name.clone(), report.clone());
    let logs = around.mode != Mode::Rehearsal;
    if logs {
        tell_letters(plan, &report, around);
    }
    match outcome {
        Ok(()) => {
            if logs {
                tell_success(plan, &report, around);
            }
            around.observer.tell(&Event::ScanFinished { resource: name, report });
        }
        Err(error) => {
            let hint = if plan.letters.is_none() && error.is_about_a_record() {
                "; or have such records set aside as dead letters (errors.tolerance: all)"
            } else {
                ""
            };
            let all_read = error.holds_back_deletes();
            let error = around.redactor.scrub(&format!("{error}{hint}")).into_owned();
            if logs {
                tell_failure(plan, &report, (&error, all_read), around);
            }
            around.observer.tell(&Event::ScanFailed { resource: name, report, error });
        }
    }
}

/// What a scan that went well may yet leave undone.
pub(super) fn left_undone(plan: &ResourcePlan, report: &ScanReport) -> Option<String> {
    let (_, reason) = plan.upkeep.of_missing().zip(report.partial).filter(|_| report.tombstones == 0)?;
    Some(format!("nothing was deleted, because the scan is no complete one: {reason}"))
}

fn tell_success(plan: &ResourcePlan, report: &ScanReport, around: &Surroundings) {
    let took_ms = u64::try_from(report.took.as_millis()).unwrap_or(u64::MAX);
    let mut summary = report.summary();
    if let Some(undone) = left_undone(plan, report) {
        summary.push_str(&format!("; {undone}"));
    }
    // An unchanged scan every few seconds is no news.
    if report.published > 0 || report.resumed || around.mode != Mode::Forever {
        tracing::info!(
            connector = %around.plan.name, resource = %plan.name, scan = report.scan, pages = report.pages,
            records = report.records, published = report.published, unchanged = report.unchanged, took_ms, "{summary}"
        );
    } else {
        tracing::debug!(connector = %around.plan.name, resource = %plan.name, scan = report.scan, took_ms, "{summary}");
    }
}

/// Once a scan, and not for letters that were sent before.
fn tell_letters(plan: &ResourcePlan, report: &ScanReport, around: &Surroundings) {
    let Some((letters, first)) = plan.letters.as_ref().zip(report.first_dead.as_ref()) else { return };
    if report.letters_sent == 0 {
        return;
    }
    tracing::warn!(
        connector = %around.plan.name, resource = %plan.name, scan = report.scan, dead_letters = report.dead_letters,
        "{} of {} records cannot be published, {} of them new: dead letters in topic {}; the first: {}",
        report.dead_letters, report.records, report.letters_sent, letters.topic.name, around.redactor.scrub(first)
    );
}

fn tell_failure(
    plan: &ResourcePlan,
    report: &ScanReport,
    (error, all_read): (&str, bool),
    around: &Surroundings,
) {
    let left = match around.producer.boundary() {
        Boundary::Interval | Boundary::Poll if all_read => "everything else that was read is published",
        Boundary::Interval => "what was read before is published, and the next scan goes on from there",
        Boundary::Poll => {
            "nothing of it is published (transaction.boundary: poll), and the next scan starts over"
        }
    };
    tracing::error!(
        connector = %around.plan.name, resource = %plan.name, scan = report.scan, pages = report.pages,
        records = report.records, published = report.published,
        "scan {} failed: {error}; {left}", report.scan
    );
}
