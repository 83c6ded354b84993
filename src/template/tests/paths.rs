//! Paths: how dlt's dialect is rewritten, what they find, that it keeps its bytes, and what is refused.

use serde_json::json;

use crate::model::Json;
use crate::template::{JsonPath, dialect};

const DOCUMENT: &str = r#"{"data":{"z":1.0,"id":12345678901234567890123,"a":[1, 2 ]},
 "list":[{"x":true,"name":"caf\u00e9","n":1e999},{"x":false,"id":[7]},[5,6]],
 "@odata.count":4,"a-b":"\ud800","id":1,"id":-0.0,"n":null}"#;

fn find(path: &str) -> Vec<&'static str> {
    let document = Json::parse(DOCUMENT.as_bytes()).unwrap();
    JsonPath::parse(path).unwrap().find(document).into_iter().map(Json::text).collect()
}

#[test]
fn simple_paths_find_values_with_their_own_bytes() {
    let cases: [(&str, &[&str]); 15] = [
        ("data.id", &["12345678901234567890123"]),
        ("$.data.z", &["1.0"]),
        ("data.a", &["[1, 2 ]"]),
        ("data.a[-1]", &["2"]),
        ("data.a[-2]", &["1"]),
        ("data.a[-3]", &[]),
        ("data.a[2]", &[]),
        ("'@odata.count'", &["4"]),
        ("a-b", &[r#""\ud800""#]),
        ("id", &["-0.0"]),
        ("list[0].name", &[r#""caf\u00e9""#]),
        ("n", &["null"]),
        ("n.x", &[]),
        ("data[0]", &[]),
        ("list[*].x", &["true", "false"]),
    ];
    for (path, expected) in cases {
        assert_eq!(find(path), expected, "{path}");
    }
    assert_eq!(find("$"), [DOCUMENT]);
}

#[test]
fn a_name_does_not_descend_into_a_list() {
    assert!(find("list.x").is_empty());
    assert!(find("list.id").is_empty());
}

#[test]
fn other_paths_find_the_same_bytes_by_way_of_a_dom() {
    let cases: [(&str, &[&str]); 12] = [
        ("list[?(@.x==true)].n", &["1e999"]),
        ("list[?@.x==true].name", &[r#""caf\u00e9""#]),
        ("list[?(@.name=='café')].x", &["true"]),
        ("list[?(@.x==false)]", &[r#"{"x":false,"id":[7]}"#]),
        ("list[0:2].x", &["true", "false"]),
        ("list[-1:]", &["[5,6]"]),
        ("list[2][0,1]", &["5", "6"]),
        ("list[2][-1,0,0]", &["5", "5", "6"]),
        ("data['id','z']", &["1.0", "12345678901234567890123"]),
        ("$..id", &["12345678901234567890123", "[7]", "-0.0"]),
        ("data..*", &["1.0", "12345678901234567890123", "[1, 2 ]", "1", "2"]),
        ("list[?(@.none==1)]", &[]),
    ];
    for (path, expected) in cases {
        assert_eq!(find(path), expected, "{path}");
    }
}

#[test]
fn every_value_comes_in_document_order_and_of_duplicates_the_last() {
    assert_eq!(find("data.*"), ["1.0", "12345678901234567890123", "[1, 2 ]"]);
    let document = Json::parse(br#"{"b":1,"a":2,"b":3}"#).unwrap();
    for path in ["*", "$[*]"] {
        let found = JsonPath::parse(path).unwrap().find(document);
        assert_eq!(found.into_iter().map(Json::text).collect::<Vec<_>>(), ["3", "2"], "{path}");
    }
}

#[test]
fn the_first_match_is_the_first_in_the_document() {
    let document = Json::parse(DOCUMENT.as_bytes()).unwrap();
    let first = |path| JsonPath::parse(path).unwrap().first(document).map(Json::text);
    assert_eq!(first("$..x"), Some("true"));
    assert_eq!(first("$..none"), None);
}

#[test]
fn a_path_that_does_not_compile_names_itself_the_place_and_the_reason() {
    for (path, parts) in [
        ("data.`len`", ["\"data.`len`\"", "character 6", "backquotes"]),
        ("a|b", ["\"a|b\"", "character 2", "union"]),
        ("l[?(@..x==1)]", ["\"l[?(@..x==1)]\"", "RFC 9535", "not supported"]),
    ] {
        let message = JsonPath::parse(path).unwrap_err().to_string();
        for part in parts {
            assert!(message.contains(part), "{message}");
        }
    }
    assert_eq!(JsonPath::parse("a[0].b").unwrap().text(), "a[0].b");
}

#[test]
fn a_document_of_any_depth_is_searched_without_a_crash() {
    let text = format!("{}{{\"x\":1}}{}", "[".repeat(100_000), "]".repeat(100_000));
    let document = Json::parse(text.as_bytes()).unwrap();
    assert!(JsonPath::parse("$..x").unwrap().find(document).is_empty());
}

#[test]
fn many_matches_cost_one_walk_each_way() {
    let text = format!("[{}]", vec![r#"{"x":1,"pad":"................................"}"#; 50_000].join(","));
    let document = Json::parse(text.as_bytes()).unwrap();
    let started = std::time::Instant::now();
    assert_eq!(JsonPath::parse("$[?(@.x==1)]").unwrap().find(document).len(), 50_000);
    // One walk of the text per match would take half a minute.
    assert!(started.elapsed() < std::time::Duration::from_secs(3));
}

#[test]
fn names_with_quotes_backslashes_and_controls_are_found_on_both_routes() {
    let name = "it's \\ \"x\"\n\u{e9}";
    let text = serde_json::to_string(&json!({"o": {name: 1, "other": 2}})).unwrap();
    let document = Json::parse(text.as_bytes()).unwrap();
    let quoted = name.replace('\\', "\\\\").replace('\'', "\\'");
    for path in [format!("o.'{quoted}'"), format!("$..'{quoted}'")] {
        assert_eq!(JsonPath::parse(&path).unwrap().first(document).map(Json::text), Some("1"), "{path}");
    }
}

fn rewritten(path: &str) -> String {
    dialect::rfc9535(&dialect::read(path).unwrap_or_else(|error| panic!("{path}: {error:?}")))
}

#[test]
fn the_dialect_becomes_rfc_9535() {
    for (dlt, rfc) in [
        ("$", "$"),
        ("@", "$"),
        ("data", "$['data']"),
        ("$.data.items", "$['data']['items']"),
        (" data . a ", "$['data']['a']"),
        ("a-b", "$['a-b']"),
        ("0", "$['0']"),
        ("é", "$['é']"),
        ("'@odata.count'", "$['@odata.count']"),
        ("@odata.count", "$['@odata']['count']"),
        ("@.x", "$['x']"),
        ("$.'k'", "$['k']"),
        ("\"a b\".c", "$['a b']['c']"),
        ("'it\\'s \\\\'", "$['it\\'s \\\\']"),
        ("'a\nb'", "$['a\\u000ab']"),
        ("['a']", "$['a']"),
        ("$['a-b'][\"c\"]", "$['a-b']['c']"),
        ("$[data].['a']", "$['data']['a']"),
        ("list[-1]", "$['list'][-1]"),
        ("list.[ 0 ]", "$['list'][0]"),
        ("[0]", "$[0]"),
        ("list[0, 1]", "$['list'][0,1]"),
        ("data['a','b']", "$['data']['a','b']"),
        ("data.a,b", "$['data']['a','b']"),
        ("list[1:3]", "$['list'][1:3]"),
        ("list[::-1]", "$['list'][::-1]"),
        ("list[-2:]", "$['list'][-2:]"),
        ("list[*].id", "$['list'][*]['id']"),
        ("*", "$[*]"),
        ("data.*", "$['data'][*]"),
        ("$..id", "$..['id']"),
        ("a..*", "$['a']..[*]"),
        ("a..[0]", "$['a']..[0]"),
    ] {
        assert_eq!(rewritten(dlt), rfc, "{dlt}");
    }
}

#[test]
fn filters_become_rfc_9535() {
    for (dlt, rfc) in [
        ("l[?(@.x==true)]", "$['l'][?(@['x']==true)]"),
        ("l[?@.x==true]", "$['l'][?@['x']==true]"),
        ("l[?x == 1.5e3]", "$['l'][?@['x']==1.5e3]"),
        ("l[?(x = -1)].id", "$['l'][?(@['x']==-1)]['id']"),
        ("l[?(@.'a b' != \"it's\")]", "$['l'][?(@['a b']!='it\\'s')]"),
        ("l[?(@.a[0]>=1 & @.b<2 && !@.c)]", "$['l'][?(@['a'][0]>=1&&@['b']<2&&!@['c'])]"),
        ("l[?(@.a==null || @==$.b)]", "$['l'][?(@['a']==null||@==$['b'])]"),
        ("l[?(@.a)]", "$['l'][?(@['a'])]"),
        ("l[?(@.truely==false)]", "$['l'][?(@['truely']==false)]"),
    ] {
        assert_eq!(rewritten(dlt), rfc, "{dlt}");
    }
}

#[test]
fn what_is_not_read_is_refused_with_its_place() {
    for (path, place, word) in [
        ("", 1, "empty"),
        ("data.a|b", 7, "union"),
        ("data.`len`", 6, "backquotes"),
        ("data[\\x]", 6, "sorting"),
        ("data[/x]", 6, "sorting"),
        ("data.a+1", 7, "arithmetic"),
        ("data where a", 6, "where"),
        ("l[?(@.x=~'1')]", 8, "regular expression"),
        ("l[?(@.x==1 | @.y==1)]", 12, "||"),
        ("l[?(length(@.x)>1)]", 11, "functions"),
        ("a b", 3, "quoted"),
        ("a.", 3, "name is missing"),
        ("'a", 1, "not closed"),
        ("a[0", 4, "not closed"),
        ("a[?(@.x==1)", 12, "not closed"),
        ("a[1-2]", 3, "no index"),
        ("..x", 1, "not expected"),
        (&"a[?(".repeat(100), 66, "inside each other"),
        (&format!("a[?{}x{}]", "(".repeat(100), ")".repeat(100)), 35, "inside each other"),
    ] {
        let error = dialect::read(path).unwrap_err();
        assert_eq!(error.place, place, "{path}: {error:?}");
        assert!(error.problem.contains(word), "{path}: {error:?}");
    }
}
