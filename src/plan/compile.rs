//! From the configuration to the plan. What the operator may have got wrong was said by `config`; nothing here fails but the
//! expressions, which `config` has compiled once already.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::auth::{access, auth};
use super::deletes::{Deletes, Guards};
use super::format::FormatPlan;
use super::identity::{request_hash, source_identity};
use super::incremental::{incremental, row_order};
use super::keys::key_form;
use super::paginator::paginator;
use super::probe::Probe;
use super::registry::registry_settings;
use super::request::{actions, headers, method};
use super::signals::SignalsPlan;
use super::steps::{deletion, key_fields, keys, steps};
use super::types::{FilePlan, LettersPlan, Listing, MostLetters, Publication, ShrinkRule, StatePlan, Upkeep};
use crate::config::{self, Config, DeleteMode, Disposition, Kind, MaxPerScan, PROPERTIES};
use crate::kafka::{Boundary, Delivery, Settings, TopicPlan, TopicUse};
use crate::model::{Redactor, ResourceName, RuleText};
use crate::poll::{Auth, HostLimits, MissingData, Rate, RetryPolicy, Source};
use crate::records::{Reader, Rule};
use crate::template::{JqError, JsonPath, JsonPathError};

/// An expression that does not compile. `config` has compiled it once already, so this does not happen.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    #[error(transparent)]
    JsonPath(#[from] JsonPathError),
    #[error(transparent)]
    Jq(#[from] JqError),
}

impl FilePlan {
    /// `file` is named in the notes.
    pub fn compile(file: &str, config: &Config, redactor: &Redactor) -> Result<Self, CompileError> {
        let resources = config.resources.iter().map(|resource| listing(config, resource, redactor));
        let mut resources: Vec<Listing> = resources.collect::<Result<_, _>>()?;
        depend(&mut resources, config);
        Ok(Self {
            name: config.name.clone(),
            resources,
            notes: config
                .notes
                .iter()
                .map(|note| format!("{file}:{}: note: {}", note.at, note.text))
                .collect(),
            tasks_max: config.tasks_max,
            kafka: config.kafka.as_ref().map(|kafka| settings(config, kafka, redactor)),
            registry: config.registry.as_ref().map(|registry| registry_settings(registry, redactor)),
            signals: SignalsPlan::of(config),
            state: StatePlan { dir: config.state.dir.clone(), memory: config.state.memory },
        })
    }
}

fn listing(
    config: &Config,
    resource: &config::Resource,
    redactor: &Redactor,
) -> Result<Listing, CompileError> {
    let source = source(config, resource)?;
    let form = key_form(&resource.settings.format);
    let keys = keys(resource)?.map(|keys| keys.in_form(form));
    let publication = publication(config, resource, &source, redactor)?;
    let parent = resource.parent.as_ref().and_then(|name| config.resource(name.as_str()));
    let parent_form = parent.map(|parent| key_form(&parent.settings.format)).unwrap_or_default();
    let probe = resource.probe.clone().map(|url| Probe::new(url, &source, resource, (form, parent_form)));
    Ok(Listing {
        probe,
        name: resource.name.clone(),
        tolerates: publication.as_ref().is_some_and(|publication| publication.letters.is_some()),
        publication,
        source: Arc::new(source),
        steps: steps(resource, keys.clone())?,
        incremental: incremental(resource)?,
        reader: Reader::new(resource.name.clone(), keys).in_form(form),
        format: FormatPlan::of(config, resource),
        deletion: deletion(resource)?,
        parent: None,
        children: Vec::new(),
        interval: resource.settings.poll.interval,
        boundary: resource.settings.boundary.map(boundary),
    })
}

/// Tells parents and children of each other.
fn depend(listings: &mut [Listing], config: &Config) {
    let names = config.resources.iter().enumerate().map(|(place, resource)| (&resource.name, place));
    let places: HashMap<&ResourceName, usize> = names.collect();
    for (child, resource) in config.resources.iter().enumerate() {
        let parent = resource.parent.as_ref().and_then(|name| places.get(name)).copied();
        if let Some(listing) = listings.get_mut(child) {
            listing.parent = parent;
        }
        if let Some(parent) = parent.and_then(|place| listings.get_mut(place)) {
            parent.children.push(child);
        }
    }
}

/// `None` where the resource is not published.
fn publication(
    config: &Config,
    resource: &config::Resource,
    source: &Source,
    redactor: &Redactor,
) -> Result<Option<Publication>, JsonPathError> {
    let upkeep = match resource.disposition {
        Disposition::Merge | Disposition::Replace => Upkeep::Table(deletes(&resource.settings.deletes)),
        Disposition::Append => Upkeep::Append { by_key: !resource.primary_key.is_empty() },
        Disposition::Skip => return Ok(None),
    };
    if !resource.selected {
        return Ok(None);
    }
    Ok(Some(Publication {
        source_identity: redactor.scrub(&source_identity(source)).into_owned(),
        request_hash: request_hash(source, &resource.steps),
        key_fields: key_fields(resource),
        upkeep,
        rule: rule(resource)?,
        shrink: shrink(&resource.settings.errors),
        topic: TopicPlan {
            name: resource.topic.clone(),
            usage: upkeep.topic_use(),
            partitions: config.topics.partitions,
            replication: config.topics.replication_factor,
            configs: config.topics.settings.clone(),
        },
        letters: resource.letters.as_ref().map(|topic| letters(config, resource, topic)),
    }))
}

/// What counts as a change. A record without a key of its own is its own key, whole.
fn rule(resource: &config::Resource) -> Result<Rule, JsonPathError> {
    if resource.primary_key.is_empty() {
        return Ok(Rule::default());
    }
    let config::Changes { ignore_fields, only_fields } = resource.settings.changes.clone();
    Rule::compile(RuleText::new(only_fields, ignore_fields))
}

fn deletes(deletes: &config::Deletes) -> Deletes {
    let guards = Guards {
        max_share: deletes.max_share,
        max_count: deletes.max_count,
        grace: deletes.grace,
        every: deletes.every,
    };
    match deletes.mode {
        None | Some(DeleteMode::None) => Deletes::None,
        Some(DeleteMode::Snapshot) => Deletes::Snapshot(guards),
        Some(DeleteMode::Soft) => Deletes::Soft,
        Some(DeleteMode::Probe) => Deletes::Probe(guards),
    }
}

fn letters(config: &Config, resource: &config::Resource, topic: &str) -> LettersPlan {
    let errors = &resource.settings.errors;
    LettersPlan {
        topic: TopicPlan {
            name: topic.to_owned(),
            usage: TopicUse::Letters,
            partitions: config.topics.partitions,
            // -1 is Kafka's own word for the broker's default, and that is what a topic plan means by it.
            replication: errors.dead_letter_replication.or(config.topics.replication_factor),
            configs: config.topics.settings.clone(),
        },
        context_headers: errors.context_headers,
        most: match errors.max_per_scan {
            MaxPerScan::Share(share) => MostLetters::Share(share),
            MaxPerScan::Count(count) => MostLetters::Count(count),
        },
    }
}

fn shrink(errors: &config::Errors) -> ShrinkRule {
    let fails = match errors.shrunk_scan {
        config::ShrunkScan::Warn => false,
        config::ShrunkScan::Fail => true,
    };
    ShrinkRule { max_share: errors.max_shrink, fails }
}

fn source(config: &Config, resource: &config::Resource) -> Result<Source, JsonPathError> {
    let auth = auth(resource.auth.as_ref());
    let mut secret_params = resource.secret_params.clone();
    if let Auth::ApiKeyQuery { name, .. } = &auth {
        secret_params.push(name.clone());
    }
    let retry = &resource.settings.retry;
    Ok(Source {
        resource: resource.name.clone(),
        url: resource.url.clone(),
        params: resource.params.clone(),
        headers: headers(config, resource),
        method: method(resource.method),
        body: resource.body.clone(),
        actions: actions(&resource.response_actions),
        auth,
        access: access(config),
        paginator: paginator(&resource.paginator)?,
        selector: resource.data_selector.as_deref().map(JsonPath::parse).transpose()?,
        single_entity: resource.single_entity,
        row_order: row_order(resource)?,
        missing_data: match resource.settings.errors.missing_data {
            config::MissingData::Warn => MissingData::Warn,
            config::MissingData::Fail => MissingData::Fail,
        },
        retry: RetryPolicy {
            max_retries: retry.max_retries,
            backoff_factor: retry.backoff_factor,
            initial: retry.initial,
            max_wait: retry.max_wait,
        },
        limits: limits(&resource.settings.limits),
        secret_params,
    })
}

fn limits(limits: &config::Limits) -> HostLimits {
    HostLimits {
        rate: limits.rate.map(|rate| Rate { requests: rate.requests, per: rate.per }),
        burst: limits.burst,
        in_flight: limits.in_flight as usize,
        body: limits.body,
        connect_timeout: limits.connect_timeout,
        timeout: limits.timeout,
    }
}

fn boundary(boundary: config::Boundary) -> Boundary {
    match boundary {
        config::Boundary::Interval => Boundary::Interval,
        config::Boundary::Poll => Boundary::Poll,
    }
}

fn settings(config: &Config, kafka: &config::Kafka, redactor: &Redactor) -> Settings {
    let mut settings = Settings::new(config.name.clone(), redactor.clone());
    settings.boundary = boundary(kafka.boundary);
    settings.delivery = match config.delivery {
        config::Delivery::ExactlyOnce => Delivery::ExactlyOnce,
        config::Delivery::AtLeastOnce => Delivery::AtLeastOnce,
    };
    settings.offsets_topic.clone_from(&kafka.offsets_topic);
    if let Some(interval) = kafka.boundary_interval {
        settings.commit.interval = interval;
    }
    for (name, value) in &kafka.properties {
        let secret = PROPERTIES.iter().any(|(known, kind)| known == name && matches!(kind, Kind::Secret));
        if name == "transaction.timeout.ms" {
            let timeout = value.expose().parse().map(Duration::from_millis);
            settings.transaction_timeout = timeout.unwrap_or(settings.transaction_timeout);
        } else if secret {
            settings.secrets.push((name.clone(), value.clone()));
        } else {
            settings.properties.push((name.clone(), value.expose().to_owned()));
        }
    }
    settings
}
