//! Runs a scenario: a folder with `config.yaml`, `api.yaml` (what the API serves at first) and `expected.yaml` (the steps).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::support::api::Answer;
use crate::support::checker::Seen;
use crate::support::{World, add_partitions, create_topic, delete_topic};

/// One thing that happens, and what is expected of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Step {
    /// krest runs to its end.
    Run(RunStep),
    /// The API's content changes.
    Change(ChangeStep),
    /// The API's scripted answers are replaced.
    Answers(Vec<Answer>),
    /// A topic is made, by somebody else. `${NAME}.` is put before its name.
    CreateTopic {
        name: String,
        partitions: i32,
        settings: BTreeMap<String, String>,
    },
    DeleteTopic {
        name: String,
    },
    AddPartitions {
        name: String,
        total: usize,
    },
    /// krest's directory is empty from now on.
    FreshDirectory {},
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ChangeStep {
    path: String,
    put: Vec<(String, String)>,
    remove: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunStep {
    /// Not given: `run ${CONFIG} --once`.
    #[serde(default)]
    arguments: Option<Vec<String>>,
    exit: i32,
    /// Texts on stderr, in whatever case.
    #[serde(default)]
    says: Vec<String>,
    /// The whole of stdout.
    #[serde(default)]
    stdout: Option<String>,
    /// Path → requests of this run.
    #[serde(default)]
    requests: BTreeMap<String, usize>,
    /// The other host was not asked at all. (It never sees the secret, whatever stands here.)
    #[serde(default)]
    elsewhere_is_left_alone: bool,
    /// Resource → its topic after this run.
    #[serde(default)]
    topics: BTreeMap<String, TopicExpectation>,
}

/// A topic after a run. The checker has read it, and objects by itself to whatever is not exactly once.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TopicExpectation {
    /// The path whose records the topic is to mirror. `None`: not compared (a scan that failed on the way).
    #[serde(default)]
    mirrors: Option<String>,
    /// Messages that this run has published; with 0, not even a transaction has touched the topic.
    new: usize,
    /// Key → value, byte for byte, of the last message of these keys.
    #[serde(default)]
    last: BTreeMap<String, String>,
}

/// Runs `tests/scenarios/<name>`.
pub fn run(name: &str) {
    let folder = folder().join(name);
    let read = |file: &str| {
        fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{name}/{file}: {error}"))
    };
    let world = World::new(name).serving(&read("api.yaml"));
    let config = world.file("config.yaml", &read("config.yaml"));
    let expected = world.expand(&read("expected.yaml")).replace("${CONFIG}", &config);
    let steps: Vec<Step> =
        serde_saphyr::from_str(&expected).unwrap_or_else(|error| panic!("{name}/expected.yaml: {error}"));
    let mut topics = BTreeMap::new();
    for (number, step) in steps.into_iter().enumerate() {
        // Shown only when the scenario fails.
        eprintln!("{name}, step {}: {step:?}", number + 1);
        step.take(&world, &config, &mut topics);
    }
}

/// Where the scenarios are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

/// Topic → the messages of its last reading, and where its partitions ended.
type Readings = BTreeMap<String, (Vec<Seen>, BTreeMap<i32, i64>)>;

impl Step {
    fn take(self, world: &World, config: &str, topics: &mut Readings) {
        match self {
            Self::Run(run) => run.take(world, config, topics),
            Self::Change(change) => world.api.change(&change.path, |collection| {
                change.put.iter().for_each(|(key, text)| collection.put(key, text));
                change.remove.iter().for_each(|key| collection.remove(key));
            }),
            Self::Answers(answers) => world.api.answers(answers),
            Self::CreateTopic { name, partitions, settings } => {
                let settings: Vec<_> =
                    settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
                create_topic(world.bootstrap(), &world.topic(&name), partitions, &settings);
            }
            Self::DeleteTopic { name } => {
                delete_topic(world.bootstrap(), &world.topic(&name));
                topics.remove(&name);
                world.api.forget_served();
            }
            Self::AddPartitions { name, total } => {
                add_partitions(world.bootstrap(), &world.topic(&name), total);
            }
            Self::FreshDirectory {} => world.fresh_directory(),
        }
    }
}

impl RunStep {
    fn take(self, world: &World, config: &str, topics: &mut Readings) {
        world.api.forget_requests();
        let once = || ["run", config, "--once"].map(str::to_owned).to_vec();
        let arguments = self.arguments.unwrap_or_else(once);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let says: Vec<&str> = self.says.iter().map(String::as_str).collect();
        let finished = world.run(&arguments).exits(self.exit).says(&says);
        if let Some(stdout) = &self.stdout {
            assert_eq!(finished.stdout.trim_end(), stdout.trim_end());
        }
        for (path, requests) in &self.requests {
            assert_eq!(world.api.requests(path), *requests, "requests for {path}:\n{}", finished.stderr);
        }
        let elsewhere = world.elsewhere.log();
        assert!(elsewhere.is_empty() || !self.elsewhere_is_left_alone, "{elsewhere:?}");
        assert!(!format!("{elsewhere:?}").contains(&world.canary), "the other host was told the secret");
        for (resource, expectation) in self.topics {
            expectation.hold(world, &resource, topics);
        }
    }
}

impl TopicExpectation {
    fn hold(self, world: &World, resource: &str, topics: &mut Readings) {
        let messages = match &self.mirrors {
            Some(path) => world.checked(resource, path),
            None => world.read(resource),
        };
        // After the reading, which waits for the transactions to end: their markers are written after the commit is known.
        let ends = world.end_offsets(resource);
        let before = topics.get(resource);
        let new = messages.len() - before.map_or(0, |(messages, _)| messages.len());
        assert_eq!(new, self.new, "new messages of {resource}");
        if let (0, Some((_, before))) = (self.new, before) {
            assert_eq!(&ends, before, "nothing was published to {resource}, and yet its topic was touched");
        }
        for (key, value) in &self.last {
            let last = messages.iter().rev().find(|message| message.key_text() == key);
            assert_eq!(last.and_then(Seen::value_text), Some(value.as_str()), "the value of {key}");
        }
        topics.insert(resource.to_owned(), (messages, ends));
    }
}
