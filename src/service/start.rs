//! The start order: checks that harm nobody, then the producers, which fence their
//! predecessors, then what the topics say, and only then the API. Once for the connector, and for one task whenever its session
//! was lost.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::instance::Instance;
use super::keys;
use super::refusals::{refuse_contradictions, refuse_takeover};
use super::rules::unwritten;
use super::schemas::refuse_unreadable;
use crate::kafka::{
    self, Claim, Cluster, Disposition, Ended, Fence, NewRule, Producer, StoredOffsets, Topic, TopicPlan,
    TopicUse, Writer,
};
use crate::model::ResourceName;
use crate::plan::{ConnectorPlan, ResourcePlan, TaskPlan};
use crate::registry::RegistryError;

/// What a task's session begins with: a producer that has fenced its predecessor, and what the offsets topic said after that.
pub(super) struct Opening {
    pub cluster: Cluster,
    pub producer: Producer,
    /// With the partitions that are used.
    pub offsets: Topic,
    /// Those of the task's resources, in its order.
    pub topics: Vec<Topic>,
    /// Of their dead letters; `None` where a record that cannot be published fails the scan.
    pub letters: Vec<Option<Topic>>,
    pub stored: Arc<StoredOffsets>,
    /// Resources that cannot be published now, by their places in the plan, and why.
    pub unfit: Vec<(usize, String)>,
}

/// Why a session did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Kafka(#[from] kafka::Error),
    #[error("{0}")]
    Contradiction(String),
    /// Of one resource, by its place in the plan: others may be well.
    #[error("{problem}")]
    Unfit { place: usize, problem: String },
    #[error(
        "resource {resource}: by which schema the keys of topic {topic} are written is to be asked: {error}"
    )]
    Registry { resource: String, topic: String, error: Box<RegistryError> },
    #[error(
        "another instance has taken over connector {connector}: {instance}{} (generation {generation}); this one stops and does not fight. \
         If both are to run, give them different names (`name:`)",
        at_host(host)
    )]
    TakenOver { connector: String, instance: String, host: String, generation: u64 },
}

fn at_host(host: &str) -> String {
    if host.is_empty() { String::new() } else { format!(" on {host}") }
}

impl StartError {
    /// Whether trying again may help.
    pub(super) fn passes(&self) -> bool {
        match self {
            Self::Kafka(error) => match error.disposition() {
                Disposition::Retry | Disposition::Rebuild | Disposition::Fenced => true,
                Disposition::Refuse => false,
            },
            Self::Registry { error, .. } => matches!(**error, RegistryError::Away { .. }),
            Self::Contradiction(_) | Self::Unfit { .. } | Self::TakenOver { .. } => false,
        }
    }
}

/// Starts the connector: fences whoever ran it before, with however many tasks, and claims it. Gives an opening for each task,
/// in their order.
pub(super) async fn start(
    plan: &ConnectorPlan,
    cluster: Cluster,
    instance: &mut Instance,
) -> Result<Vec<Opening>, StartError> {
    let all: Vec<usize> = (0..plan.resources.len()).collect();
    let (ground, known) = Ground::prepare(plan, &all, cluster, instance).await?;
    let Some((first, others)) = plan.tasks.split_first() else { return Ok(Vec::new()) };

    // Who has the first task's transactional id may claim the connector, and nobody else: from here on its owner is known.
    let first = ground.open(first).await?;
    ground.fence(1..tasks_of(&known)).await?; // nothing that a predecessor left open holds the offsets topic back
    let mut stored = ground.read(instance).await?;
    let (before, now) = (tasks_of(&stored), tasks_in(plan));
    let claimed = ground.claim(&first, instance, (&mut stored, before.max(now))).await?;

    // Once more, now that the claim can be read: a predecessor that rebuilt a task meanwhile has fenced the one before it.
    let others = ground.open_all(others).await?;
    ground.fence(now..before).await?;
    if before > now {
        ground.claim(&first, instance, (&mut stored, now)).await?; // only now they need not be fenced any more
    }
    if claimed || before.max(now) > 1 {
        // What the fenced tasks had committed counts, too.
        stored = ground.read(instance).await?;
    }
    let stored = Arc::new(stored);
    let producers = std::iter::once(first).chain(others);
    let tasks = plan.tasks.iter().zip(producers);
    Ok(tasks.map(|(task, producer)| ground.opening(task, producer, (instance, &stored))).collect())
}

/// Starts one task again, while the others go on. A resource whose topic has come to be refused meanwhile stops no other, as it
/// would not while the session lives. Whether the connector is still ours is read before the task is fenced and
/// after: a zombie would un-fence itself otherwise.
pub(super) async fn restart(
    plan: &ConnectorPlan,
    task: &TaskPlan,
    cluster: Cluster,
    instance: &Instance,
) -> Result<Opening, StartError> {
    let (mut fit, mut unfit) = (task.resources.clone(), Vec::new());
    loop {
        match start_again((plan, task), &fit, cluster.clone(), instance).await {
            Err(StartError::Unfit { place, problem }) if fit.contains(&place) => {
                fit.retain(|other| *other != place);
                unfit.push((place, problem));
            }
            opening => return Ok(Opening { unfit, ..opening? }),
        }
    }
}

async fn start_again(
    (plan, task): (&ConnectorPlan, &TaskPlan),
    fit: &[usize],
    cluster: Cluster,
    instance: &Instance,
) -> Result<Opening, StartError> {
    let (ground, _) = Ground::prepare(plan, fit, cluster, instance).await?;
    let producer = ground.open(task).await?;
    let stored = Arc::new(ground.read(instance).await?);
    Ok(ground.opening(task, producer, (instance, &stored)))
}

fn tasks_in(plan: &ConnectorPlan) -> u32 {
    u32::try_from(plan.tasks.len()).unwrap_or(u32::MAX)
}

/// How many transactional ids the owner may have used.
fn tasks_of(stored: &StoredOffsets) -> u32 {
    stored.owner.as_ref().map_or(0, |owner| owner.tasks)
}

/// What a start stands on once nothing that is there refuses it.
pub(super) struct Ground<'p> {
    plan: &'p ConnectorPlan,
    cluster: Cluster,
    /// With the partitions of it that are used: as many as it had at first.
    pub(super) offsets: Topic,
    /// The same as it is.
    whole_offsets: Topic,
    /// By the resource's place in the plan.
    pub(super) topics: BTreeMap<usize, Topic>,
    /// The same, of dead letters.
    pub(super) letters: BTreeMap<usize, Topic>,
}

impl<'p> Ground<'p> {
    /// Everything that can refuse these resources comes before anything is created or fenced: a start that is refused leaves
    /// no trace and harms no healthy instance. Gives what the offsets topic said, too.
    pub(super) async fn prepare(
        plan: &'p ConnectorPlan,
        resources: &[usize],
        cluster: Cluster,
        instance: &Instance,
    ) -> Result<(Self, StoredOffsets), StartError> {
        let name = cluster.settings().offsets_topic.clone();
        let known = survey(plan, resources, &cluster, instance).await?;
        let resources = || resources.iter().filter_map(|place| Some((*place, plan.resources.get(*place)?)));
        let offsets = kafka::ensure(&cluster, &TopicPlan::offsets(&name)).await?;
        let (mut topics, mut letters) = (BTreeMap::new(), BTreeMap::new());
        for (place, resource) in resources() {
            let made = make(&cluster, resource).await;
            let (topic, of_letters) = made.map_err(|error| of_one(place, error))?;
            topics.insert(place, topic);
            letters.extend(of_letters.map(|topic| (place, topic)));
        }
        let whole_offsets = offsets.clone();
        let offsets = Topic { partitions: used(&known, &offsets)?, ..offsets };
        Ok((Self { plan, cluster, offsets, whole_offsets, topics, letters }, known))
    }

    /// The task's producer; whoever had its transactional id is fenced.
    async fn open(&self, task: &TaskPlan) -> Result<Producer, kafka::Error> {
        open(self.cluster.clone(), task.clone(), self.targets(task), self.offsets.clone()).await
    }

    /// The same for several at once, in their order.
    async fn open_all(&self, tasks: &[TaskPlan]) -> Result<Vec<Producer>, kafka::Error> {
        let mut opening = JoinSet::new();
        for task in tasks {
            let (cluster, offsets, targets) =
                (self.cluster.clone(), self.offsets.clone(), self.targets(task));
            let task = task.clone();
            let number = task.number;
            opening.spawn(async move { Ok((number, open(cluster, task, targets, offsets).await?)) });
        }
        let mut producers = all(opening).await?;
        producers.sort_by_key(|(number, _)| *number);
        Ok(producers.into_iter().map(|(_, producer)| producer).collect())
    }

    /// Nothing more can be committed under these tasks' transactional ids by those that have them.
    async fn fence(&self, tasks: Range<u32>) -> Result<(), kafka::Error> {
        let mut fencing = JoinSet::new();
        for task in tasks {
            let cluster = self.cluster.clone();
            fencing.spawn(async move {
                let (task, apart) = (Writer::Task(task), Writer::Apart(task));
                tokio::try_join!(kafka::fence(&cluster, task), kafka::fence(&cluster, apart)).map(drop)
            });
        }
        all(fencing).await.map(drop)
    }

    /// The offsets topic to its end; refuses what contradicts it.
    pub(super) async fn read(&self, instance: &Instance) -> Result<StoredOffsets, StartError> {
        let stored =
            instance.overlook(self.plan, kafka::read_offsets(&self.cluster, &self.whole_offsets).await?);
        if used(&stored, &self.whole_offsets)? != self.offsets.partitions {
            let reason =
                format!("how many partitions of topic {} are used was said meanwhile", self.offsets.name);
            return Err(kafka::Error::from(Ended::Abandoned { reason }).into());
        }
        let topics = self.topics.iter().map(|(place, topic)| (*place, Some(topic)));
        refuse_contradictions(self.plan, topics, &stored)?;
        refuse_takeover(self.plan, instance, stored.owner.as_ref())?;
        Ok(stored)
    }

    /// The first transaction of a start: from here on whoever rebuilds a producer of the predecessor reads that it was replaced.
    /// Whether the offsets topic knows more after it than who owns the connector: what another connector may have claimed at the same
    /// moment, or rules.
    async fn claim(
        &self,
        producer: &Producer,
        instance: &mut Instance,
        (stored, tasks): (&mut StoredOffsets, u32),
    ) -> Result<bool, StartError> {
        let newest = stored.owner.as_ref().map_or(0, |owner| owner.generation);
        let owner = instance.owner(newest, tasks);
        let generation = owner.generation;
        let names = self.topics.values().map(|topic| topic.name.clone());
        let unowned: Vec<String> = names.filter(|topic| !stored.topics.contains_key(topic)).collect();
        let rules = unwritten(self.plan, stored)?;
        let partitions = if stored.partitions.is_none() { Some(self.offsets.partitions) } else { None };
        let claimed = !unowned.is_empty() || partitions.is_some() || !rules.is_empty();
        failpoint!("service::before_claim");
        let claim = Claim { owner, topics: unowned, rules, partitions };
        let outcome = producer.claim(&claim).await;
        if matches!(outcome, Ok(()) | Err(Ended::Doubtful { .. })) {
            // Committed in both cases; a doubtful commit only asks for a new producer.
            instance.generation = Some(generation);
        }
        outcome.map_err(kafka::Error::from)?;
        failpoint!("service::after_claim");
        stored.partitions = stored.partitions.or(claim.partitions);
        stored.topics.extend(claim.topics.into_iter().map(|topic| (topic, self.plan.name.clone())));
        for NewRule { resource, id, text } in claim.rules {
            stored.rules.entry(resource).or_default().insert(id, text);
        }
        Ok(claimed)
    }

    fn targets(&self, task: &TaskPlan) -> Vec<(ResourceName, Topic)> {
        // Of a resource that is not fit, nothing but its place among the others is needed.
        let target = |place: &usize| {
            let resource = self.plan.resources.get(*place)?;
            let topic = self.topics.get(place).cloned();
            Some((resource.name.clone(), topic.unwrap_or_else(|| Topic::unseen(&resource.topic.name))))
        };
        task.resources.iter().filter_map(target).collect()
    }

    fn opening(
        &self,
        task: &TaskPlan,
        producer: Producer,
        (instance, stored): (&Instance, &Arc<StoredOffsets>),
    ) -> Opening {
        producer.keep_alive(&instance.owner(0, tasks_in(self.plan)));
        let topics = self.targets(task).into_iter().map(|(_, topic)| topic).collect();
        let letters = task.resources.iter().map(|place| self.letters.get(place).cloned()).collect();
        let (cluster, offsets, unfit) = (self.cluster.clone(), self.offsets.clone(), Vec::new());
        Opening { cluster, producer, offsets, topics, letters, stored: Arc::clone(stored), unfit }
    }
}

/// How many partitions of the offsets topic are used.
fn used(stored: &StoredOffsets, topic: &Topic) -> Result<i32, StartError> {
    match stored.partitions {
        Some(used) if used > topic.partitions => Err(StartError::Contradiction(format!(
            "the offsets topic {} had {used} partitions and now has {}: records of krest are missing; create it as it was, or delete it \
             to have every resource read from its beginning",
            topic.name, topic.partitions
        ))),
        used => Ok(used.unwrap_or(topic.partitions)),
    }
}

/// A resource's topic as it is, `None` if it is not there. Its dead letters' topic is looked at, too.
async fn look_at(cluster: &Cluster, resource: &ResourcePlan) -> Result<Option<Topic>, kafka::Error> {
    let topic = kafka::look(cluster, &resource.topic.name, resource.topic.usage).await?;
    if let Some(letters) = &resource.letters {
        kafka::look(cluster, &letters.topic.name, letters.topic.usage).await?;
    }
    Ok(topic)
}

/// A resource's topic and that of its dead letters, made where they are missing.
async fn make(cluster: &Cluster, resource: &ResourcePlan) -> Result<(Topic, Option<Topic>), kafka::Error> {
    let topic = kafka::ensure(cluster, &resource.topic).await?;
    match &resource.letters {
        Some(letters) => Ok((topic, Some(kafka::ensure(cluster, &letters.topic).await?))),
        None => Ok((topic, None)),
    }
}

/// What is wrong with a resource's topics, as the resource's own trouble if it is that.
fn of_one(place: usize, error: kafka::Error) -> StartError {
    if error.is_of_one_topic() {
        StartError::Unfit { place, problem: error.to_string() }
    } else {
        StartError::Kafka(error)
    }
}

/// Looks at everything that may refuse these resources. Gives what the offsets topic says; nothing where there is none yet.
pub(super) async fn survey(
    plan: &ConnectorPlan,
    resources: &[usize],
    cluster: &Cluster,
    instance: &Instance,
) -> Result<StoredOffsets, StartError> {
    let mut found = Vec::new();
    for place in resources {
        let Some(resource) = plan.resources.get(*place) else { continue };
        let topic = look_at(cluster, resource).await;
        found.push((*place, topic.map_err(|error| of_one(*place, error))?));
    }
    let found = || found.iter().map(|(place, topic)| (*place, topic.as_ref()));
    let offsets = kafka::look(cluster, &cluster.settings().offsets_topic, TopicUse::Table).await?;
    let known = match offsets {
        Some(offsets) => instance.overlook(plan, kafka::look_at_offsets(cluster, &offsets).await?),
        None => StoredOffsets::default(),
    };
    refuse_contradictions(plan, found(), &known)?;
    unwritten(plan, &known)?;
    refuse_unreadable(plan, &known)?;
    refuse_takeover(plan, instance, known.owner.as_ref())?;
    for topic in found() {
        keys::recall((plan, cluster), topic, &known).await?;
    }
    Ok(known)
}

/// A task's producer. Whoever had its transactional id is fenced, and then whoever tries its resources apart: in this order,
/// because that one asks, once it has its own transactional id, whether its task still has the other.
async fn open(
    cluster: Cluster,
    task: TaskPlan,
    targets: Vec<(ResourceName, Topic)>,
    offsets: Topic,
) -> Result<Producer, kafka::Error> {
    let (number, boundary) = (task.number, task.boundary);
    let starting = Producer::start(&cluster, (Writer::Task(number), boundary), &targets, &offsets);
    let (producer, apart) = tokio::try_join!(starting, Fence::prepare(&cluster, Writer::Apart(number)))?;
    apart.fence().await?;
    Ok(producer)
}

/// What all of these give, or the first error.
async fn all<T: Send + 'static>(
    mut running: JoinSet<Result<T, kafka::Error>>,
) -> Result<Vec<T>, kafka::Error> {
    let mut done = Vec::with_capacity(running.len());
    while let Some(joined) = running.join_next().await {
        done.push(joined.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?);
    }
    Ok(done)
}
