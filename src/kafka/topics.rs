//! Topics: looked at before anything is fenced, created where they are missing, refused where they would break upserts.

use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::error::RDKafkaErrorCode;

use super::blocking::{Cancelled, blocking};
use super::cluster::{Cluster, PATIENCE};
use super::code::{Meaning, code_of, meaning};
use super::describe::Description;
use super::error::Error;
use super::log::Voice;
use super::topic_config::{self, Configs};

/// Kafka's own id of a topic, as its tools print it: another one under the same name is another topic. Empty where the broker
/// tells none (the in-process one, and brokers before 2.8).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TopicId(String);

impl TopicId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A topic that exists and has passed the checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    pub name: String,
    pub id: TopicId,
    pub partitions: i32,
    /// The largest record batch it takes; `None` if the broker did not say.
    pub max_message_bytes: Option<usize>,
    /// How long tombstones stay at least; `None` if the broker did not say.
    pub delete_retention: Option<Duration>,
}

impl Topic {
    /// One of which nothing is known but its name.
    pub fn unseen(name: &str) -> Self {
        let (id, partitions) = (TopicId::default(), 1);
        Self { name: name.to_owned(), id, partitions, max_message_bytes: None, delete_retention: None }
    }
}

/// What a topic is for, which decides how it must be cleaned up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TopicUse {
    /// The newest message of each key is its row: compacted, and nothing else.
    #[default]
    Table,
    /// Every message counts (`append`): not compacted.
    Log,
    /// Dead letters: not compacted, because many have no key.
    Letters,
    /// Signals and notifications: made not compacted; one that exists is taken as it is.
    Events,
}

/// What a topic is to be if it has to be created. A topic that exists is only checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicPlan {
    pub name: String,
    pub usage: TopicUse,
    /// `None`: the broker's default.
    pub partitions: Option<i32>,
    /// `None`: the broker's default.
    pub replication: Option<i32>,
    /// Topic settings by Kafka's names; `cleanup.policy` is added.
    pub configs: Vec<(String, String)>,
}

impl TopicPlan {
    /// The offsets topic: compacted, 25 partitions, as Connect's.
    pub fn offsets(name: &str) -> Self {
        Self { name: name.to_owned(), partitions: Some(25), ..Self::default() }
    }

    fn configs(&self) -> Configs {
        let policy = match self.usage {
            TopicUse::Table => "compact",
            TopicUse::Log | TopicUse::Letters | TopicUse::Events => "delete",
        };
        let policy = ("cleanup.policy".to_owned(), policy.to_owned());
        std::iter::once(policy).chain(self.configs.iter().cloned()).collect()
    }
}

/// How many partitions a topic of the in-process broker gets.
const PARTITIONS_IN_PROCESS: i32 = 3;

/// A broker's own `message.max.bytes`, which a new topic has.
const MESSAGES_BY_DEFAULT: usize = 1_048_588;

/// How long a new topic may take until all its partitions have leaders.
const ELECTION: Duration = Duration::from_secs(30);

/// A topic as it is: `None` if it does not exist. Never creates it. Refuses one that does not do for its use.
pub async fn look(cluster: &Cluster, name: &str, usage: TopicUse) -> Result<Option<Topic>, Error> {
    let Some(description) = describe(cluster, name).await? else {
        return Ok(None);
    };
    let configs = configs_of(cluster, name).await?;
    topic_config::check(cluster.servers(), (name, usage), &configs)?;
    Ok(Some(Topic {
        name: name.to_owned(),
        id: TopicId(description.id),
        partitions: description.partitions,
        max_message_bytes: topic_config::max_message_bytes(&configs),
        delete_retention: topic_config::delete_retention(&configs),
    }))
}

/// A topic's id and partition count alone: the cheap look that tells whether it is still the same topic.
pub async fn identity(cluster: &Cluster, name: &str) -> Result<Option<(TopicId, i32)>, Error> {
    let found = describe(cluster, name).await?;
    Ok(found.map(|description| (TopicId(description.id), description.partitions)))
}

/// The topic, created if it is missing. Another partition count than the plan's is no error: a topic keeps what it has.
pub async fn ensure(cluster: &Cluster, plan: &TopicPlan) -> Result<Topic, Error> {
    if let Some(topic) = look(cluster, &plan.name, plan.usage).await? {
        return Ok(topic);
    }
    topic_config::check(cluster.servers(), (&plan.name, plan.usage), &plan.configs())?;
    match (cluster.admin(), cluster.broker_in_process()) {
        (Some(admin), _) => create(cluster, admin, plan).await?,
        (None, Some(broker)) => {
            broker.create(&plan.name, plan.partitions.unwrap_or(PARTITIONS_IN_PROCESS))?;
        }
        (None, None) => {}
    }
    let (waiting, name) = (cluster.clone(), plan.name.clone());
    let led = blocking(move |cancelled| wait_for_leaders(&waiting, &name, cancelled)).await?;
    tracing::info!(topic = plan.name, partitions = led.partitions, "created topic");
    look(cluster, &plan.name, plan.usage)
        .await?
        .ok_or_else(|| Error::TopicMissing { topic: plan.name.clone() })
}

/// The topic, or what would be made where it is missing: that has no id, since nobody made it. Creates nothing.
pub async fn foresee(cluster: &Cluster, plan: &TopicPlan) -> Result<Topic, Error> {
    if let Some(topic) = look(cluster, &plan.name, plan.usage).await? {
        return Ok(topic);
    }
    let configs = plan.configs();
    topic_config::check(cluster.servers(), (&plan.name, plan.usage), &configs)?;
    Ok(Topic {
        name: plan.name.clone(),
        id: TopicId::default(),
        partitions: plan.partitions.unwrap_or(1),
        max_message_bytes: topic_config::max_message_bytes(&configs).or(Some(MESSAGES_BY_DEFAULT)),
        delete_retention: topic_config::delete_retention(&configs),
    })
}

async fn describe(cluster: &Cluster, name: &str) -> Result<Option<Description>, Error> {
    let (cluster, name) = (cluster.clone(), name.to_owned());
    blocking(move |_| cluster.describe(&name, PATIENCE)).await
}

async fn create(cluster: &Cluster, admin: &AdminClient<Voice>, plan: &TopicPlan) -> Result<(), Error> {
    let configs = plan.configs();
    let replication = TopicReplication::Fixed(plan.replication.unwrap_or(-1));
    let mut new = NewTopic::new(&plan.name, plan.partitions.unwrap_or(-1), replication);
    for (name, value) in &configs {
        new = new.set(name, value);
    }
    let options = AdminOptions::new().request_timeout(Some(PATIENCE)).operation_timeout(Some(PATIENCE));
    failpoint!("kafka::before_create_topic");
    let results = admin
        .create_topics(&[new], &options)
        .await
        .map_err(|error| refused(cluster, plan, code_of(&error)))?;
    for result in results {
        match result {
            Ok(_) => {}
            // Someone else was faster: it is checked like any other.
            Err((_, code)) if meaning(code) == Meaning::TopicExists => {}
            Err((_, code)) => return Err(refused(cluster, plan, code)),
        }
    }
    failpoint!("kafka::after_create_topic");
    Ok(())
}

/// Why a broker does not make a topic. What waiting may cure is `Away`.
fn refused(cluster: &Cluster, plan: &TopicPlan, code: RDKafkaErrorCode) -> Error {
    let topic = plan.name.clone();
    match meaning(code) {
        Meaning::Forbidden => {
            Error::Forbidden { action: "creating", what: format!("topic {topic}"), reason: code.to_string() }
        }
        Meaning::TopicInvalid | Meaning::BadData => Error::Topic {
            topic,
            problem: format!("could not be created: {code}"),
            fix: "change topics.name or topics.creation.default.*, or create the topic yourself with cleanup.policy=compact"
                .to_owned(),
        },
        Meaning::Fenced
        | Meaning::Credentials
        | Meaning::TopicMissing
        | Meaning::TopicExists
        | Meaning::OffsetGone
        | Meaning::TooLarge
        | Meaning::Clock
        | Meaning::TransactionTimeout
        | Meaning::Fatal
        | Meaning::Trouble => cluster.failure(code, &format!("create topic {topic}: {code}")),
    }
}

/// A topic's settings; empty where the broker may not or cannot say (then nothing is judged).
async fn configs_of(cluster: &Cluster, name: &str) -> Result<Configs, Error> {
    let Some(admin) = cluster.admin() else {
        return Ok(Configs::new());
    };
    let options = AdminOptions::new().request_timeout(Some(PATIENCE));
    let asked = admin.describe_configs(&[ResourceSpecifier::Topic(name)], &options).await;
    let code = match asked.map(|resources| resources.into_iter().next()) {
        Ok(Some(Ok(resource))) => {
            let known = resource.entries.into_iter().filter_map(|entry| Some((entry.name, entry.value?)));
            return Ok(known.collect());
        }
        Ok(Some(Err(code))) => code,
        Ok(None) => RDKafkaErrorCode::Fail,
        Err(error) => code_of(&error),
    };
    if meaning(code) == Meaning::TopicMissing {
        return Err(Error::TopicMissing { topic: name.to_owned() });
    }
    if meaning(code) != Meaning::Forbidden {
        return Err(cluster.failure(code, &format!("read the settings of topic {name}: {code}")));
    }
    tracing::warn!(
        topic = name,
        "kafka does not let krest read the settings of topic {name}; whether it is compacted was not checked"
    );
    Ok(Configs::new())
}

fn wait_for_leaders(cluster: &Cluster, topic: &str, cancelled: &Cancelled) -> Result<Description, Error> {
    let start = Instant::now();
    while start.elapsed() < ELECTION && !cancelled.is_set() {
        if let Some(description) = cluster.describe(topic, PATIENCE)?
            && description.partitions > 0
            && description.leaderless == 0
        {
            return Ok(description);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(Error::Away {
        servers: cluster.servers().to_owned(),
        reason: format!("topic {topic} was created but has partitions without a leader"),
    })
}
