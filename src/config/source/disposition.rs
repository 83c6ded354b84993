//! `write_disposition`: what a scan does to the topic.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::free::Free;

/// What a scan does to the topic; not given: `merge` where there is a `primary_key`, else `append`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "write_disposition")]
pub(crate) enum WriteDisposition {
    Word(DispositionWord),
    Full(DispositionMap),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "disposition_word", inline)]
pub(crate) enum DispositionWord {
    /// Changed records are published by their key.
    Merge,
    /// The scan is the whole truth: what it no longer shows is deleted.
    Replace,
    /// Every new record once.
    Append,
    /// The resource is not loaded.
    Skip,
}

/// The disposition with what a database would want to know; only the disposition has a meaning for a topic.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "disposition")]
#[expect(dead_code, reason = "options for databases are accepted and have no meaning for a topic")]
pub(crate) struct DispositionMap {
    pub disposition: DispositionWord,
    strategy: Option<Strategy>,
    deduplicated: Option<bool>,
    skip_unchanged_rows: Option<bool>,
    source_filter: Option<Free>,
    destination_scope: Option<Free>,
    active_record_timestamp: Option<Free>,
    boundary_timestamp: Option<Free>,
    row_version_column_name: Option<Free>,
    validity_column_names: Option<Free>,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "strategy", inline)]
pub(crate) enum Strategy {
    DeleteInsert,
    Scd2,
    Upsert,
    InsertOnly,
    Cdc,
}

impl WriteDisposition {
    pub(crate) fn word(self) -> DispositionWord {
        match self {
            Self::Word(word) => word,
            Self::Full(full) => full.disposition,
        }
    }
}
