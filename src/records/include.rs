//! `include_from_parent`: fields of the parent's record in every record of the child, spliced in as text.

use memchr::memmem::Finder;

use super::Problem;
use super::body::Body;
use crate::model::{FieldName, Json, Kind, Parent};

/// The fields of one parent, ready to be put into records.
#[derive(Debug)]
pub(super) struct Included {
    fields: Vec<Field>,
    /// All of them: `"_posts_id":1,"_posts_name":"x"`.
    members: String,
    /// How the names begin: a record in which this stands nowhere has none of the fields.
    beginning: Finder<'static>,
}

#[derive(Debug)]
struct Field {
    name: String,
    /// With its name: `"_posts_id":1`.
    member: String,
}

impl Included {
    pub(super) fn of(parent: &Parent, include: &[String]) -> Result<Self, Problem> {
        let record = parent.record();
        let (resource, key) = (parent.resource.clone(), parent.key().to_owned());
        if record.kind() != Kind::Object {
            return Err(Problem::ParentNotAnObject { parent: resource, key, kind: record.kind() });
        }
        let missing: Vec<String> =
            include.iter().filter(|name| record.get(name).is_none()).cloned().collect();
        if !missing.is_empty() {
            let present = record.fields().map(|(name, _)| name.text().into_owned()).collect();
            return Err(Problem::MissingInParent { parent: resource, key, missing, present });
        }
        let found = include.iter().filter_map(|name| Some((name, record.get(name)?)));
        let fields: Vec<Field> = found.map(|(name, value)| Field::new(parent, name, value)).collect();
        let members: Vec<&str> = fields.iter().map(|field| field.member.as_str()).collect();
        let beginning = quoted(&format!("_{resource}_"));
        Ok(Self {
            members: members.join(","),
            beginning: Finder::new(beginning.trim_end_matches('"')).into_owned(),
            fields,
        })
    }

    /// How many bytes a record grows by.
    pub(super) fn len(&self) -> usize {
        self.members.len() + 1
    }

    /// Appends the record with the fields at its end, or in the place of those that have their names.
    pub(super) fn put_into(&self, record: Json<'_>, body: &mut Body) -> Result<(), Problem> {
        if record.kind() != Kind::Object {
            return Err(Problem::NoPlaceForParent(record.kind()));
        }
        if self.beginning.find(record.text().as_bytes()).is_some() {
            return body.push(&self.overwriting(record));
        }
        let open = record.text().strip_suffix('}').unwrap_or_default().trim_end();
        let comma = if open == "{" { "" } else { "," };
        body.push_parts(&[open, comma, &self.members, "}"])
    }

    fn overwriting(&self, record: Json<'_>) -> String {
        let mut members: Vec<String> = Vec::new();
        let mut written = vec![false; self.fields.len()];
        for (name, value) in record.fields() {
            let own = self.fields.iter().zip(&mut written).find(|(field, _)| name.is(&field.name));
            match own {
                Some((_, true)) => {}
                Some((field, first)) => {
                    *first = true;
                    members.push(field.member.clone());
                }
                None => members.push(member(name, value)),
            }
        }
        let rest = self.fields.iter().zip(written).filter(|(_, written)| !written);
        members.extend(rest.map(|(field, _)| field.member.clone()));
        format!("{{{}}}", members.join(","))
    }
}

impl Field {
    fn new(parent: &Parent, name: &str, value: Json<'_>) -> Self {
        let name = format!("_{}_{name}", parent.resource);
        Self { member: format!("{}:{}", quoted(&name), value.text()), name }
    }
}

fn member(name: FieldName<'_>, value: Json<'_>) -> String {
    format!("{}:{}", name.json().text(), value.text())
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
