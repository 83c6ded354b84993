//! The ids that are known, and who is asking for one: of several who ask at the same time, one request is made.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Mutex as Turn;

use super::error::RegistryError;
use crate::model::{SchemaId, SchemaText};

/// Ids never change, so they are kept for ever; failures are told to who waits, and not kept.
#[derive(Default)]
pub(super) struct Ids {
    entries: Mutex<HashMap<(String, SchemaText), Arc<Entry>>>,
}

#[derive(Default)]
pub(super) struct Entry {
    rounds: std::sync::atomic::AtomicU64,
    turn: Turn<Option<Result<SchemaId, RegistryError>>>,
}

impl Ids {
    pub(super) fn entry(&self, subject: &str, schema: &SchemaText) -> Arc<Entry> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(entries.entry((subject.to_owned(), schema.clone())).or_default())
    }
}

impl Entry {
    /// The id; asked for with `ask` if it is not known, unless another one's question has just been answered.
    pub(super) async fn get(
        &self,
        ask: impl Future<Output = Result<SchemaId, RegistryError>>,
    ) -> Result<SchemaId, RegistryError> {
        use std::sync::atomic::Ordering::SeqCst;
        let seen = self.rounds.load(SeqCst);
        let mut last = self.turn.lock().await;
        match &*last {
            Some(Ok(id)) => return Ok(*id),
            Some(Err(error)) if self.rounds.load(SeqCst) != seen => return Err(error.clone()),
            Some(Err(_)) | None => {}
        }
        let result = ask.await;
        self.rounds.fetch_add(1, SeqCst);
        *last = Some(result.clone());
        result
    }
}
