//! Bodies with placeholders. In JSON a string that is one placeholder becomes the value itself, with its type and its own bytes.

use super::binding::{Binding, TemplateError};
use super::placeholder::Value;
use super::text::{Part, Template};
use crate::model::Json;

/// What a request carries.
#[derive(Clone, Debug, Default)]
pub enum BodyTemplate {
    #[default]
    None,
    /// An object.
    Json(JsonTemplate),
    /// `application/x-www-form-urlencoded`, in this order.
    Form(Vec<(Template, Template)>),
    /// As it is, without a content type.
    Text(Template),
}

/// A JSON document with placeholders in its strings and names.
#[derive(Clone, Debug)]
pub enum JsonTemplate {
    /// JSON text without placeholders.
    Fixed(String),
    Text(Template),
    List(Vec<Self>),
    Map(Vec<(Template, Self)>),
}

impl JsonTemplate {
    /// JSON text, without spaces.
    pub fn render(&self, binding: &Binding<'_>) -> Result<String, TemplateError> {
        let mut text = String::new();
        self.write(&mut text, binding)?;
        Ok(text)
    }

    /// For hashes: placeholders by their names, what came out of `${…}` as `***`.
    pub fn shown(&self) -> String {
        match self {
            Self::Fixed(text) => text.clone(),
            Self::Text(template) => quoted(&template.shown()),
            Self::List(items) => format!("[{}]", joined(items.iter().map(Self::shown))),
            Self::Map(entries) => {
                let entry =
                    |(name, value): &(Template, Self)| format!("{}:{}", quoted(&name.shown()), value.shown());
                format!("{{{}}}", joined(entries.iter().map(entry)))
            }
        }
    }

    fn write(&self, done: &mut String, binding: &Binding<'_>) -> Result<(), TemplateError> {
        match self {
            Self::Fixed(text) => done.push_str(text),
            Self::Text(template) => done.push_str(&value(template, binding)?),
            Self::List(items) => {
                done.push('[');
                for (index, item) in items.iter().enumerate() {
                    separate(done, index);
                    item.write(done, binding)?;
                }
                done.push(']');
            }
            Self::Map(entries) => {
                done.push('{');
                for (index, (name, value)) in entries.iter().enumerate() {
                    separate(done, index);
                    done.push_str(&quoted(&name.render(binding)?));
                    done.push(':');
                    value.write(done, binding)?;
                }
                done.push('}');
            }
        }
        Ok(())
    }
}

impl BodyTemplate {
    /// For hashes, as [`Template::shown`].
    pub fn shown(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Json(json) => json.shown(),
            Self::Text(text) => text.shown(),
            Self::Form(fields) => {
                let field =
                    |(name, value): &(Template, Template)| format!("{:?}={:?}", name.shown(), value.shown());
                joined(fields.iter().map(field))
            }
        }
    }
}

fn value(template: &Template, binding: &Binding<'_>) -> Result<String, TemplateError> {
    if let [Part::Value(placeholder)] = template.parts()
        && placeholder.is_bare()
    {
        return Ok(match placeholder.value(binding)? {
            Value::Field(json) => json.compact().into_owned(),
            Value::Cursor(value) => value.json().into_owned(),
            Value::Unset => "null".to_owned(),
        });
    }
    template.render(binding).map(|text| quoted(&text))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn separate(done: &mut String, index: usize) {
    if index > 0 {
        done.push(',');
    }
}

fn joined(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(",")
}

/// `text` with `value` at this path of names. Maps are made on the way; whatever else stood there gives way. All other
/// bytes stay as they are.
pub fn put_json(text: &str, path: &[String], value: &str) -> String {
    let Some((name, rest)) = path.split_first() else { return value.to_owned() };
    let mut found = false;
    let mut fields: Vec<String> = Vec::new();
    for (field, old) in Json::trusted(text).fields() {
        let mut new = old.text().to_owned();
        if field.is(name) {
            found = true;
            new = put_json(old.text(), rest, value);
        }
        fields.push(format!("{}:{new}", field.json().text()));
    }
    if !found {
        fields.push(format!("{}:{}", quoted(name), put_json("", rest, value)));
    }
    format!("{{{}}}", fields.join(","))
}
