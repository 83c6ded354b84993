//! The hints of a resource that describe tables. dlt hands them to a database; of all of them a topic knows only which
//! columns are the primary key, and which one says that a record is deleted.

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
    /// Records in which it is true, or not null if it is no boolean, are deleted.
    pub hard_delete: Option<bool>,
    /// What the values are taken for.
    pub data_type: Option<DataType>,
    /// Whether the values may be null; they may if not given.
    pub nullable: Option<bool>,
    /// Of a decimal: how many digits it has; 38 if not given. Of a timestamp: how many of them are behind the seconds.
    #[schemars(range(min = 0))]
    pub precision: Option<u32>,
    /// Of a decimal: how many of its digits are behind the point; 9 if not given.
    #[schemars(range(min = 0))]
    pub scale: Option<u32>,
    /// For people.
    pub description: Option<String>,
    #[expect(dead_code, reason = "the shape of the hint; noted from the tree")]
    dedup_sort: Option<SortOrder>,
}

/// The same in a list.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "named_column", extend("additionalProperties" = {"$ref": "#/$defs/any"}))]
pub(crate) struct NamedColumn {
    pub name: String,
    #[serde(flatten)]
    pub column: Column,
}

/// dlt's types of columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "data_type")]
pub enum DataType {
    Text,
    Double,
    Bool,
    Timestamp,
    Bigint,
    Binary,
    Json,
    Decimal,
    Wei,
    Date,
    Time,
}

/// What a column says of the type of its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnHint {
    pub name: String,
    /// `None`: as they are.
    pub data_type: Option<DataType>,
    pub nullable: bool,
    pub precision: Option<u32>,
    pub scale: Option<u32>,
    pub description: Option<String>,
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

/// What columns say that has a meaning for a topic.
#[derive(Default)]
pub(crate) struct ColumnHints {
    /// The columns that make up the primary key, in their order.
    pub primary_key: Vec<String>,
    /// The columns that say whether a record is deleted.
    pub hard_delete: Vec<HardDelete>,
    /// Those that say something of the type of their values.
    pub types: Vec<ColumnHint>,
}

/// dlt's `hard_delete`: the field says whether its record is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HardDelete {
    pub name: String,
    /// `data_type: bool` was written: what stands there is taken for a boolean.
    pub boolean: bool,
}

impl Columns {
    pub(crate) fn into_hints(self) -> ColumnHints {
        let columns: Vec<(String, Column)> = match self {
            Self::ByName(columns) => columns.0.into_iter().collect(),
            Self::List(columns) => {
                columns.into_iter().map(|NamedColumn { name, column }| (name, column)).collect()
            }
        };
        let mut hints = ColumnHints::default();
        for (name, column) in columns {
            if column.hard_delete == Some(true) {
                let boolean = column.data_type == Some(DataType::Bool);
                hints.hard_delete.push(HardDelete { name: name.clone(), boolean });
            }
            hints.types.extend(column.type_hint(&name));
            if column.primary_key == Some(true) {
                hints.primary_key.push(name);
            }
        }
        hints
    }
}

impl Column {
    fn type_hint(&self, name: &str) -> Option<ColumnHint> {
        let says = self.data_type.is_some() || self.nullable == Some(false) || self.description.is_some();
        says.then(|| ColumnHint {
            name: name.to_owned(),
            data_type: self.data_type,
            nullable: self.nullable.unwrap_or(true),
            precision: self.precision,
            scale: self.scale,
            description: self.description.clone(),
        })
    }
}
