//! Texts with placeholders: how they are read, what they become, and what is refused.

use crate::model::{CursorValue, Json, Parent, ResourceName, Span, Window};
use crate::template::{Binding, Cursor, JsonTemplate, Scope, Template, put_json};

const RECORD: &str = r#"{"id":7,"n":1.0,"big":12345678901234567890123,"name":"a b","t":true,"none":null,"o":{"k":[1, "x"]},"a.b":"dot","empty":""}"#;

pub(super) fn parent(record: &str) -> Parent {
    let span = Span { start: 0, end: u32::try_from(record.len()).unwrap() };
    Parent::new(ResourceName::new("posts"), record.to_owned().into(), span, "7".to_owned())
}

pub(super) fn cursor_value(text: &str) -> CursorValue {
    CursorValue::read(Json::trusted(text)).unwrap()
}

pub(super) fn template(text: &str) -> Template {
    let cursor = Cursor { cursor_path: "updated_at".to_owned(), lag: None };
    Template::parse(text, &Scope { cursor: Some(&cursor), ..Scope::default() }).unwrap()
}

fn render(text: &str) -> Result<String, String> {
    let parent = parent(RECORD);
    let window = Window { start: Some(cursor_value("\"2024-01-01\"")), ..Window::default() };
    let binding = Binding { parent: Some(&parent), window: Some(&window) };
    template(text).render(&binding).map_err(|error| error.to_string())
}

fn fault(text: &str) -> String {
    Template::parse(text, &Scope::default()).unwrap_err().to_string()
}

#[test]
fn placeholders_become_the_text_of_their_values() {
    for (text, rendered) in [
        ("a{{b}}c", "a{b}c"),
        ("{{{resources.posts.id}}}", "{7}"),
        ("{resources.posts.id}-{resources.posts.n}", "7-1.0"),
        ("{resources.posts.big}", "12345678901234567890123"),
        ("{resources.posts.name}", "a b"),
        ("{resources.posts.t}", "true"),
        ("{resources.posts.o.k[1]}", "x"),
        ("{resources.posts.o}", r#"{"k":[1,"x"]}"#),
        ("{resources.posts.'a.b'}", "dot"),
        ("{resources.posts.o['k'][0]}", "1"),
        ("{resources.posts.id:03}", "007"),
        ("{resources.posts.id!s:>3}", "  7"),
        ("since {incremental.start_value}", "since 2024-01-01"),
        ("{incremental.cursor_path}:{incremental.lag}", "updated_at:0"),
        ("", ""),
        ("plain é", "plain é"),
    ] {
        assert_eq!(render(text), Ok(rendered.to_owned()), "{text}");
    }
}

#[test]
fn a_field_that_is_missing_or_null_is_named_with_its_record_and_its_neighbours() {
    assert_eq!(
        render("{resources.posts.none}").unwrap_err(),
        "{resources.posts.none}: the field is null in the record 7 of posts"
    );
    assert_eq!(
        render("{resources.posts.nope}").unwrap_err(),
        "{resources.posts.nope}: the record 7 of posts has no such field; it has id, n, big, name, t, none, o, a.b, empty"
    );
    let number = parent("5");
    let binding = Binding { parent: Some(&number), window: None };
    let error = template("{resources.posts.id}").render(&binding).unwrap_err();
    assert!(error.to_string().contains("it is no object but of the kind Number"), "{error}");
    let error = template("{resources.posts.id}").render(&Binding::default()).unwrap_err();
    assert!(error.to_string().contains("there is no record"), "{error}");
}

#[test]
fn a_cursor_value_that_is_not_there_yet_leaves_out_what_is_nothing_else() {
    let none = Binding::default();
    assert_eq!(template("{incremental.start_value}").render_if_set(&none), Ok(None));
    assert_eq!(template("x").render_if_set(&none), Ok(Some("x".to_owned())));
    let error = template(">{incremental.last_value}").render_if_set(&none).unwrap_err();
    assert_eq!(error.to_string(), "{incremental.last_value} has no value yet");
}

#[test]
fn what_is_no_template_is_refused_with_the_reason() {
    for (text, reason) in [
        ("a}b", "a single \"}\"; a brace is written twice"),
        ("a{b", "a single \"{\"; a brace is written twice"),
        (r#"{"a":{"b":1}}"#, "a single \"{\""),
        (r#"{"a":1}"#, r#""{\"a\":1}" is no known placeholder"#),
        ("{}", "\"{}\" is no known placeholder"),
        ("{id}", "\"{id}\" is no known placeholder"),
        ("{ resources.a.b }", "is no known placeholder"),
        ("{resources.posts}", "names no field"),
        ("{resources.posts.}", "names no field"),
        ("{resources..id}", "names no field"),
        ("{resources.posts.a[}", "a single \"{\""),
        ("{resources.posts.a..}", "\"{resources.posts.a..}\": the path \"a..\", character"),
        ("{resources.posts.id!r}", "the conversion \"!r\" is not supported"),
        ("{resources.posts.id:.2f}", "the format \".2f\" is not supported"),
        ("{incremental.start_value}", "the endpoint has no \"incremental\""),
    ] {
        assert!(fault(text).contains(reason), "{text}: {}", fault(text));
    }
    let cursor = Cursor::default();
    let scope = Scope { cursor: Some(&cursor), ..Scope::default() };
    let error = Template::parse("{incremental.strat_value}", &scope).unwrap_err();
    assert!(error.to_string().contains("of a cursor there are initial_value, start_value"), "{error}");
}

#[test]
fn what_came_out_of_a_variable_holds_no_placeholders_and_is_not_shown() {
    let text = "k={id}&{resources.posts.id}";
    let template =
        Template::parse(text, &Scope { expanded: std::slice::from_ref(&(2..6)), ..Scope::default() })
            .unwrap();
    let parent = parent(RECORD);
    let binding = Binding { parent: Some(&parent), window: None };
    assert_eq!(template.render(&binding).unwrap(), "k={id}&7");
    assert_eq!(template.shown(), "k=***&{resources.posts.id}");
    assert_eq!(format!("{template:?}"), r#"Template(["resources.posts.id"])"#);
}

#[test]
fn json_keeps_the_type_and_the_bytes_of_a_value_that_stands_alone() {
    let text = |text| JsonTemplate::Text(template(text));
    let body = JsonTemplate::Map(vec![
        (template("{resources.posts.name}"), text("{resources.posts.big}")),
        (
            template("a\"{{"),
            JsonTemplate::List(vec![text("{resources.posts.o}"), text("{resources.posts.none}")]),
        ),
        (template("s"), text("{resources.posts.n!s}")),
        (template("m"), text("n={resources.posts.n}")),
        (template("c"), text("{incremental.start_value}")),
        (template("f"), JsonTemplate::Fixed("1e5".to_owned())),
    ]);
    let parent = parent(RECORD);
    let rendered = body.render(&Binding { parent: Some(&parent), window: None }).unwrap();
    let expected = r#"{"a b":12345678901234567890123,"a\"{":[{"k":[1,"x"]},null],"s":"1.0","m":"n=1.0","c":null,"f":1e5}"#;
    assert_eq!(rendered, expected);
}

#[test]
fn a_cursor_value_is_of_the_type_that_it_has_in_json() {
    let window = Window {
        start: Some(cursor_value("1700000000")),
        end: Some(cursor_value("\"2024-01-01\"")),
        ..Window::default()
    };
    let binding = Binding { parent: None, window: Some(&window) };
    let list = ["{incremental.start_value}", "{incremental.end_value}", "{incremental.start_value!s}"];
    let list = list.map(|text| JsonTemplate::Text(template(text))).to_vec();
    assert_eq!(
        JsonTemplate::List(list).render(&binding).unwrap(),
        r#"[1700000000,"2024-01-01","1700000000"]"#
    );
}

#[test]
fn a_value_is_put_into_json_and_all_other_bytes_stay() {
    let path = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
    for (json, at, value, result) in [
        (r#"{"a":1.0,"b":[1]}"#, "b", "2", r#"{"a":1.0,"b":2}"#),
        (r#"{"a":1.0}"#, "p.page", "2", r#"{"a":1.0,"p":{"page":2}}"#),
        (r#"{"p":{"page":1,"x":1e9}}"#, "p.page", "2", r#"{"p":{"page":2,"x":1e9}}"#),
        (r#"{"p":"text"}"#, "p.page", "2", r#"{"p":{"page":2}}"#),
        ("", "p", "\"é\"", r#"{"p":"é"}"#),
    ] {
        assert_eq!(put_json(json, &path(at), value), result);
    }
}
