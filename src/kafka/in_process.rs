//! librdkafka's in-process cluster, for the demonstration: it needs nothing installed.
//!
//! It answers no admin requests, tells no topic ids, fences nobody, and shows aborted records to everyone; what it keeps is
//! bounded (5 MiB or 100 000 messages a partition). It proves nothing about delivery, and `run` never uses it.

use std::collections::HashMap;
use std::sync::mpsc::{self, Receiver, Sender};

use rdkafka::mocking::MockCluster;

use super::error::Error;

/// The cluster lives on a thread of its own (its handle is bound to one), until this is dropped.
#[derive(Debug)]
pub(super) struct InProcess {
    servers: String,
    requests: Sender<Request>,
}

enum Request {
    Create { topic: String, partitions: i32, reply: Sender<Result<(), String>> },
    Partitions { topic: String, reply: Sender<Option<i32>> },
}

impl InProcess {
    pub(super) fn start() -> Result<Self, Error> {
        let (requests, inbox) = mpsc::channel();
        let (started, start) = mpsc::channel();
        std::thread::spawn(move || match MockCluster::new(1) {
            Ok(cluster) => {
                let _ = started.send(Ok(cluster.bootstrap_servers()));
                serve(&cluster, &inbox);
            }
            Err(error) => drop(started.send(Err(error.to_string()))),
        });
        match start.recv() {
            Ok(Ok(servers)) => Ok(Self { servers, requests }),
            Ok(Err(reason)) => Err(Error::Settings(format!("the in-process kafka did not start: {reason}"))),
            Err(_) => Err(gone()),
        }
    }

    pub(super) fn servers(&self) -> &str {
        &self.servers
    }

    pub(super) fn create(&self, topic: &str, partitions: i32) -> Result<(), Error> {
        let (reply, answer) = mpsc::channel();
        let request = Request::Create { topic: topic.to_owned(), partitions, reply };
        self.requests.send(request).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?.map_err(|reason| {
            Error::Settings(format!("the in-process kafka did not make topic {topic}: {reason}"))
        })
    }

    pub(super) fn partitions(&self, topic: &str) -> Option<i32> {
        let (reply, answer) = mpsc::channel();
        self.requests.send(Request::Partitions { topic: topic.to_owned(), reply }).ok()?;
        answer.recv().ok().flatten()
    }
}

fn serve(
    cluster: &MockCluster<'static, rdkafka::producer::DefaultProducerContext>,
    inbox: &Receiver<Request>,
) {
    let mut topics = HashMap::new();
    while let Ok(request) = inbox.recv() {
        match request {
            Request::Create { topic, partitions, reply } => {
                let created = cluster.create_topic(&topic, partitions, 1).map_err(|error| error.to_string());
                if created.is_ok() {
                    topics.insert(topic, partitions);
                }
                let _ = reply.send(created);
            }
            Request::Partitions { topic, reply } => drop(reply.send(topics.get(&topic).copied())),
        }
    }
}

fn gone() -> Error {
    Error::Settings("the in-process kafka has stopped".to_owned())
}
