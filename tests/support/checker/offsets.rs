//! The offset law: what a connector's records on the offsets topic may say, one after the other.

use serde_json::Value;

use super::Seen;

/// The source offsets of one resource, in order.
pub fn positions(messages: &[Seen], connector: &str, resource: &str) -> Vec<Value> {
    let key = serde_json::json!([connector, { "resource": resource }]).to_string();
    let own = messages.iter().filter(|message| message.key_text() == key);
    own.map(|message| serde_json::from_str(message.value_text().unwrap_or("null")).unwrap_or(Value::Null))
        .collect()
}

/// Every objection to a resource's source offsets. Each transaction writes one, so that two equal ones are one too many;
/// scans are counted upwards, and within a scan the position only moves on.
pub fn offset_law(positions: &[Value]) -> Vec<String> {
    let mut objections: Vec<String> = positions
        .iter()
        .filter(|offset| scan(offset).is_none())
        .map(|bad| format!("no scan number: {bad}"))
        .collect();
    for start in 0..positions.len() {
        let rest = &positions[start..];
        let [before, after, ..] = rest else { continue };
        if scan(after) < scan(before) {
            objections.push(format!("the scan number went back: {before} then {after}"));
        }
        let stood_still = reached(after) == reached(before);
        let doubts = before.get("shrunk") != after.get("shrunk");
        let may_stand = stood_still && (doubts || is_left_unfinished(after, rest.get(2)));
        if scan(after) == scan(before) && reached(after) <= reached(before) && !may_stand {
            objections.push(format!("within one scan the position did not move on: {before} then {after}"));
        }
    }
    objections
}

/// The same for any paginator whose positions hold a number that grows, and for cursors: neither a scan's number, nor a position
/// within a scan, nor a cursor ever goes back. `parent`: what others depend on stands at a page until they are read, at the first
/// one without a position.
pub fn monotone(positions: &[Value], parent: bool) -> Vec<String> {
    let mut objections = Vec::new();
    for pair in positions.windows(2) {
        let [before, after] = pair else { continue };
        let at_first = parent && before["position"].is_null();
        let back = scan(after) < scan(before)
            || (!at_first
                && scan(after) == scan(before)
                && last_number(&after["position"]) < last_number(&before["position"]))
            || last_number(&after["cursor"]["value"]) < cursor(before);
        if back {
            objections.push(format!("an offset record went back: {before} then {after}"));
        }
    }
    objections
}

fn cursor(offset: &Value) -> u64 {
    let value = &offset["cursor"]["value"];
    if value.is_null() { 0 } else { last_number(value) }
}

/// The last run of digits in a position; its end is beyond all numbers.
fn last_number(value: &Value) -> u64 {
    if value.is_null() {
        return u64::MAX;
    }
    let text = value.to_string();
    let mut digits = text.rsplit(|character: char| !character.is_ascii_digit()).filter(|run| !run.is_empty());
    digits.next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// A page that says nothing good of the next one is published, and stays the place where the scan goes on; the scan gets no
/// further than that.
fn is_left_unfinished(offset: &Value, next: Option<&Value>) -> bool {
    let further = |next: &Value| scan(next) == scan(offset) && reached(next) != u64::MAX;
    reached(offset) != u64::MAX && !next.is_some_and(further)
}

fn scan(offset: &Value) -> Option<u64> {
    offset.get("scan")?.as_u64()
}

/// How far a scan has come: a row or a page, whatever its paginator stores; its end is beyond all of them.
fn reached(offset: &Value) -> u64 {
    let position = offset.get("position").unwrap_or(&Value::Null);
    let position = position.get("at").unwrap_or(position);
    if position.is_null() {
        return u64::MAX;
    }
    let number = ["offset", "page"].into_iter().find_map(|name| position.get(name)?.as_u64());
    let text = ["cursor", "link"].into_iter().find_map(|name| position.get(name)?.as_str());
    let last_digits = text.and_then(|text| text.rsplit(|c: char| !c.is_ascii_digit()).next()?.parse().ok());
    number.or(last_digits).unwrap_or(0)
}
