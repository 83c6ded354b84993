//! Which rules a schema breaks, out of what registries say: Confluent's list of objects that are no JSON, Apicurio's one line.

use serde_json::Value as Json;

use crate::model::Redactor;

/// More rules than this are only counted.
const MOST: usize = 10;
const LONGEST: usize = 500;

/// From the answer to a compatibility check.
pub(super) fn of_check(body: &Json, redactor: &Redactor) -> Vec<String> {
    let listed = body.get("messages").and_then(Json::as_array);
    let listed: Vec<&str> = listed.into_iter().flatten().filter_map(Json::as_str).collect();
    let reason = body.get("reason").and_then(Json::as_str);
    let told: Vec<String> = listed.iter().copied().flat_map(errors).collect();
    if !told.is_empty() {
        return shown(told, redactor);
    }
    // What the old schema was and what level holds is said elsewhere.
    let about = |text: &&str| {
        ["{oldSchema", "{validateFields", "{compatibility"].iter().any(|start| text.starts_with(start))
    };
    let plain = listed.into_iter().filter(|text| !about(text)).chain(reason).map(plain);
    shown(plain.collect(), redactor)
}

/// From the message of a registration that was rejected.
pub(super) fn of_message(message: &str, redactor: &Redactor) -> Vec<String> {
    let told: Vec<String> = errors(message).collect();
    shown(if told.is_empty() { vec![plain(message)] } else { told }, redactor)
}

/// `{errorType:'A', description:'b', additionalInfo:'c'}`, as often as it stands there. Quotes inside are not escaped.
fn errors(text: &str) -> impl Iterator<Item = String> {
    text.split("{errorType:'").skip(1).map(|rest| {
        let (kind, rest) = rest.split_once('\'').unwrap_or((rest, ""));
        let described = rest.split_once("description:'").map(|(_, rest)| rest);
        match described
            .and_then(|rest| rest.split_once("', additionalInfo").or_else(|| rest.split_once("'}")))
        {
            Some((description, _)) => format!("{kind}: {description}"),
            None => kind.to_owned(),
        }
    })
}

/// Without the name of a Java class, and only the causes where they are told by themselves.
fn plain(text: &str) -> String {
    let text = match text.split_once(": ") {
        Some((class, rest)) if class.contains('.') && !class.contains(' ') => rest,
        Some(_) | None => text,
    };
    text.rsplit_once(" Causes: ").map_or(text, |(_, causes)| causes).to_owned()
}

fn shown(told: Vec<String>, redactor: &Redactor) -> Vec<String> {
    let more = told.len().saturating_sub(MOST);
    let cut = |text: String| {
        let text = redactor.scrub(&text).into_owned();
        if text.chars().count() <= LONGEST {
            text
        } else {
            text.chars().take(LONGEST).chain(['…']).collect()
        }
    };
    let mut shown: Vec<String> = told.into_iter().take(MOST).map(cut).collect();
    if more > 0 {
        shown.push(format!("and {more} more"));
    }
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn confluents_objects_become_rules_and_where_they_are_broken() {
        let body = json!({"is_compatible": false, "messages": [
            "{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'The field 'y' at path '/fields/1' in the new schema has no default value and is missing in the old schema', additionalInfo:'y'}",
            "{oldSchemaVersion: 1}",
            "{oldSchema: '{\"type\":\"record\"}'}",
            "{validateFields: 'false', compatibility: 'BACKWARD'}",
        ]});
        let rule = "READER_FIELD_MISSING_DEFAULT_VALUE: The field 'y' at path '/fields/1' in the new schema has no default value and is \
                    missing in the old schema";
        assert_eq!(of_check(&body, &Redactor::default()), [rule]);
        let message = "Schema being registered is incompatible with an earlier schema for subject \"s\", details: [{errorType:'TYPE_MISMATCH', \
                       description:'The type differs', additionalInfo:'reader: STRING'}, {oldSchemaVersion: 1}, {compatibility: 'FULL'}]";
        assert_eq!(of_message(message, &Redactor::default()), ["TYPE_MISMATCH: The type differs"]);
    }

    #[test]
    fn apicurios_line_is_cut_to_its_causes() {
        let line = "io.apicurio.registry.rules.RuleViolationException: Incompatible artifact: s1 [AVRO], num of incompatible diffs: {1}, list \
                    of diff types: [y at /fields/1] Causes: y at /fields/1";
        assert_eq!(of_message(line, &Redactor::default()), ["y at /fields/1"]);
        let body = json!({"is_compatible": false, "reason": &line[51..]});
        assert_eq!(of_check(&body, &Redactor::default()), ["y at /fields/1"]);
    }

    #[test]
    fn other_words_stay_as_they_are_and_many_are_counted() {
        assert_eq!(of_message("no: not like this", &Redactor::default()), ["no: not like this"]);
        let body = json!({"messages": (0..13).map(|n| format!("rule {n}")).collect::<Vec<_>>()});
        let told = of_check(&body, &Redactor::default());
        assert_eq!((told.len(), told[0].as_str(), told[10].as_str()), (11, "rule 0", "and 3 more"));
    }
}
