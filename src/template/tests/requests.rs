//! URLs with values in their paths.

use super::texts::{parent, template};
use crate::template::url::join_url;
use crate::template::{Binding, Scope, Template, UrlTemplate};

fn url(base: &str, path: &str, value: &str) -> Result<String, String> {
    let parent = parent(&format!("{{\"v\":{}}}", serde_json::Value::from(value)));
    let url = UrlTemplate::new(base, template(&path.replace("{v}", "{resources.posts.v}"))).unwrap();
    let binding = Binding { parent: Some(&parent), window: None };
    url.render(&binding).map(String::from).map_err(|error| error.to_string())
}

#[test]
fn base_and_path_are_joined_as_dlt_joins_them() {
    for (base, path, url) in [
        ("https://h", "p", "https://h/p"),
        ("https://h/", "/p", "https://h/p"),
        ("https://h//", "//p/", "https://h/p/"),
        ("https://h/v1/", "", "https://h/v1/"),
        ("https://h/v1", "p?x=1", "https://h/v1/p?x=1"),
        ("https://h", "http://o/p", "http://o/p"),
        ("", "https://o/p", "https://o/p"),
        ("https://h", "ftp://o/p", "https://h/ftp://o/p"),
    ] {
        assert_eq!(join_url(base, path), url, "{base} {path}");
    }
}

#[test]
fn a_value_cannot_leave_the_path_that_it_stands_in() {
    for (path, value, expected) in [
        ("p/{v}/c", "7", "https://h/p/7/c"),
        ("p/{v}/c", "a b?x=1#f%20", "https://h/p/a%20b%3Fx=1%23f%2520/c"),
        ("p/{v}", "é", "https://h/p/%C3%A9"),
        ("repos/{v}/issues", "octo/cat", "https://h/repos/octo/cat/issues"),
        ("projects/{v!u}/issues", "group/project", "https://h/projects/group%2Fproject/issues"),
        ("lookup/{v}", "http://o/x", "https://h/lookup/http://o/x"),
        ("p?since={v}", "2024-01-01T00:00+02:00&x", "https://h/p?since=2024-01-01T00%3A00%2B02%3A00%26x"),
        ("files/{v}", "/etc/x", "https://h/files//etc/x"),
    ] {
        assert_eq!(
            url("https://h", &path.replace("{v!u}", "{resources.posts.v!u}"), value).as_deref(),
            Ok(expected)
        );
    }
}

#[test]
fn a_link_of_the_api_is_taken_as_it_is() {
    for (path, value, expected) in [
        ("{v}", "/items/3?x=1", "https://h/v1/items/3?x=1"),
        ("{v}", "https://o/items/3?x=1", "https://o/items/3?x=1"),
        ("{v}/comments", "https://h/items/3", "https://h/items/3/comments"),
        ("api{v}", "/items/3?x=1", "https://h/v1/api/items/3?x=1"),
        ("https://{v}.example/x", "a-b", "https://a-b.example/x"),
    ] {
        assert_eq!(url("https://h/v1", path, value).as_deref(), Ok(expected), "{path}");
    }
}

#[test]
fn a_value_that_would_ask_for_another_path_is_an_error() {
    for (path, value) in [("p/{v}/c", ""), ("p/{v}/c", ".."), ("p/{v}", "a/../../x"), ("p/{v}", ".")] {
        let error = url("https://h", path, value).unwrap_err();
        assert!(error.contains("with which the path would be another one (record 7 of posts)"), "{error}");
    }
    assert!(url("https://h", "https://{v}.example/x", "o.evil/").unwrap_err().contains("no name of a host"));
}

#[test]
fn a_host_that_only_a_record_names_is_not_home() {
    let home = |base: &str, path: &str, url: &str| {
        let path = template(&path.replace("{v}", "{resources.posts.v}"));
        let url = url::Url::parse(url).unwrap();
        let home = UrlTemplate::new(base, path).unwrap().home(&url);
        home.is_some_and(|home| home.origin() == url.origin())
    };
    assert!(home("https://h/v1", "{v}", "https://h/x"));
    assert!(!home("https://h/v1", "{v}", "https://o/x"));
    assert!(!home("https://h/v1", "{v}", "http://h/x"));
    assert!(!home("", "{v}", "https://o/x"));
    assert!(home("https://h/v1", "https://o/{v}", "https://o/x"));
    assert!(home("https://h/v1", "https://{v}.o/", "https://a.o/x"));
}

#[test]
fn parameters_bound_to_a_path_are_taken_as_they_are() {
    let bound =
        [("id".to_owned(), template("{resources.posts.v}")), ("v".to_owned(), Template::open("v1/x"))];
    let scope = Scope { bound: &bound, ..Scope::default() };
    let path = Template::parse("{v}/{id}/c", &scope).unwrap();
    let parent = parent(r#"{"v":7}"#);
    let url = UrlTemplate::new("https://h", path).unwrap();
    let rendered = url.render(&Binding { parent: Some(&parent), window: None }).unwrap();
    assert_eq!(rendered.as_str(), "https://h/v1/x/7/c");
}
