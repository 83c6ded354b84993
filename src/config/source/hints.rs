//! The hints of a resource that describe tables. dlt hands them to a database; of all of them a topic knows only which
//! columns are the primary key.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::free::Free;
use crate::config::ordered::Ordered;

/// Columns by their names, or as a list.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "columns")]
pub(crate) enum Columns {
    ByName(Ordered<Column>),
    List(Vec<NamedColumn>),
}

/// What is known of a column. Any other key is accepted, as in dlt.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "column", extend("additionalProperties" = {"$ref": "#/$defs/any"}))]
pub(crate) struct Column {
    /// The column is, or is part of, the primary key.
    pub primary_key: Option<bool>,
    #[expect(dead_code, reason = "the shape of the hint; noted from the tree")]
    hard_delete: Option<bool>,
    #[expect(dead_code, reason = "the shape of the hint; noted from the tree")]
    dedup_sort: Option<SortOrder>,
}

/// The same in a list.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "named_column", extend("additionalProperties" = {"$ref": "#/$defs/any"}))]
pub(crate) struct NamedColumn {
    pub name: String,
    /// The column is, or is part of, the primary key.
    pub primary_key: Option<bool>,
    #[expect(dead_code, reason = "the shape of the hint; noted from the tree")]
    hard_delete: Option<bool>,
    #[expect(dead_code, reason = "the shape of the hint; noted from the tree")]
    dedup_sort: Option<SortOrder>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "sort_order", inline)]
pub(crate) enum SortOrder {
    Asc,
    Desc,
}

/// What a database does when the shape of records changes.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "schema_contract")]
#[expect(dead_code, reason = "the shape of a hint that has no meaning for a topic")]
pub(crate) enum SchemaContract {
    Mode(ContractMode),
    ByEntity(ContractModes),
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "contract_modes")]
#[expect(dead_code, reason = "the shape of a hint that has no meaning for a topic")]
pub(crate) struct ContractModes {
    tables: Option<ContractMode>,
    columns: Option<ContractMode>,
    data_type: Option<ContractMode>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "contract_mode", inline)]
pub(crate) enum ContractMode {
    Evolve,
    DiscardValue,
    Freeze,
    DiscardRow,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "table_format", inline)]
pub(crate) enum TableFormat {
    Iceberg,
    Delta,
    Hive,
    Native,
}

/// A mapping with anything in it.
pub(crate) type FreeMap = BTreeMap<String, Free>;

impl Columns {
    /// The names of the columns that make up the primary key, in their order.
    pub(crate) fn into_primary_key(self) -> Vec<String> {
        let columns: Vec<(String, Option<bool>)> = match self {
            Self::ByName(columns) => {
                columns.0.into_iter().map(|(name, column)| (name, column.primary_key)).collect()
            }
            Self::List(columns) => {
                columns.into_iter().map(|column| (column.name, column.primary_key)).collect()
            }
        };
        columns.into_iter().filter(|(_, key)| *key == Some(true)).map(|(name, _)| name).collect()
    }
}
