//! What an expression gives, what it keeps, and where it is stopped.

use super::{Jq, JqProblem};
use crate::model::Json;

const RECORD: &str = r#"{"z":1,"big":12345678901234567890123,"dec":1.10,"exp":1E400,"neg":-0,"s":"\u00e9\"\n\ud800x","l":[{"a":1},{"a":2}],"href":"http://h/items/42","n":null}"#;

fn run(expression: &str) -> Vec<String> {
    outputs(expression).unwrap()
}

fn outputs(expression: &str) -> Result<Vec<String>, JqProblem> {
    let jq = Jq::compile(expression).unwrap_or_else(|error| panic!("{error}"));
    jq.run(Json::trusted(RECORD)).map_err(|error| error.problem().clone())
}

fn fault(expression: &str) -> String {
    Jq::compile(expression).unwrap_err().to_string()
}

#[test]
fn what_is_not_computed_with_keeps_its_text_and_its_order() {
    let same = RECORD.replace("\\u00e9", "é");
    assert_eq!(run("."), [same]);
    assert_eq!(run("[.big, .dec, .exp, .neg]"), ["[12345678901234567890123,1.10,1E400,-0]"]);
    assert_eq!(run("{s, z, big}"), [r#"{"s":"é\"\n\ud800x","z":1,"big":12345678901234567890123}"#]);
    assert_eq!(run(".big + 1"), ["12345678901234567890124"]);
}

#[test]
fn a_number_of_the_expression_is_written_as_json_has_it() {
    for (expression, expected) in [
        ("007.50", "7.50"),
        ("00000e30", "0e30"),
        ("0.10", "0.10"),
        ("[-007.5, -0.0, 00, 000.0]", "[-7.5,-0.0,0,0.0]"),
        ("1.00E+2", "1.00E+2"),
    ] {
        let outputs = Jq::compile(expression).unwrap().run(Json::trusted("null")).unwrap();
        assert_eq!(outputs, [expected], "{expression}");
    }
}

#[test]
fn every_output_counts() {
    assert_eq!(run(".l[]"), [r#"{"a":1}"#, r#"{"a":2}"#]);
    assert!(run("empty").is_empty());
    assert_eq!(run(".href | split(\"/\") | last"), [r#""42""#]);
    assert_eq!(run(r#".href | capture("/(?<id>[0-9]+)$").id | tonumber"#), ["42"]);
    assert_eq!(run("[range(3)], [range(0; 10; 4)], [range(3; 0; -1)]"), ["[0,1,2]", "[0,4,8]", "[3,2,1]"]);
    assert_eq!(run(r#""[1,{\"a\":2.0}]" | fromjson"#), [r#"[1,{"a":2.0}]"#]);
    assert_eq!(run("[.l[] | select(.a > 1)] | map(.a) | add"), ["2"]);
    assert_eq!(run("with_entries(select(.key == \"z\")), (.l | group_by(.a) | length)"), [r#"{"z":1}"#, "2"]);
    assert_eq!(run("@base64 \"\\(.z)\", (\"2024-05-01T00:00:00Z\" | fromdate)"), [r#""MQ==""#, "1714521600"]);
}

#[test]
fn truth_is_jqs_and_several_answers_are_none() {
    let is_true = |expression: &str| Jq::compile(expression).unwrap().is_true(Json::trusted(RECORD));
    assert_eq!(is_true(".z == 1"), Ok(true));
    assert_eq!(is_true("0"), Ok(true));
    assert_eq!(is_true("false"), Ok(false));
    assert_eq!(is_true(".n"), Ok(false));
    assert_eq!(is_true(".missing"), Ok(false));
    assert_eq!(is_true("select(.z == 2)"), Ok(false));
    assert_eq!(is_true(".l[].a == 1").unwrap_err().problem(), &JqProblem::Outputs(2));
    assert_eq!(is_true("any(.l[]; .a == 1)"), Ok(true));
}

#[test]
fn a_wrong_expression_is_named_with_its_place() {
    for (expression, told) in [
        (".a |", "character 5: expected term, found the end"),
        ("{\"é\": .a, b: }", r#"character 14: expected term, found "}""#),
        ("{é: .a}", "character 2: expected token"),
        (". | fooo(1)", r#"character 5: the function "fooo" with 1 argument is unknown"#),
        ("fooo", r#"character 1: the function "fooo" is unknown"#),
        ("$x", r#"character 1: the variable "$x" is unknown"#),
        ("[1, 2", r#"no end of what begins with "[""#),
        (".a ; \"x", r#"no end of what begins with "\"""#),
        (".a &", "character 4: expected token"),
        ("", "character 1: expected term, found the end"),
        (". ]", r#"expected token"#),
        ("1 1", r#"character 3: expected the end, found "1""#),
        ("include \"x\"; .", "modules cannot be included"),
        ("import \"x\" as x; .", "modules cannot be included"),
    ] {
        let message = fault(expression);
        assert!(message.contains(told), "{message}");
    }
    assert!(fault(".a |").starts_with(r#"the jq expression ".a |", character 5"#));
    assert!(fault(&format!("{}|", ".a|".repeat(100))).contains('…'));
    assert!(fault(&".".repeat(40_000)).contains("longer than 32768 bytes"));
}

#[test]
fn nothing_beyond_the_record_can_be_reached() {
    let removed = [
        "$ENV",
        "env",
        "env.PATH",
        "now",
        "input",
        "inputs",
        "debug",
        "debug(1)",
        "stderr",
        "halt",
        "halt(1)",
        "halt_error",
        "localtime",
        "strflocaltime(\"%Z\")",
        "$__loc__",
        "input_filename",
        "tobytes",
    ];
    for expression in removed {
        let message = fault(expression);
        assert!(message.contains("not available here"), "{expression}: {message}");
    }
}

#[test]
fn a_run_that_would_not_end_is_stopped() {
    for endless in [
        "def f: f; f",
        "repeat(1)",
        "[range(1; 0; 0)]",
        "last(range(infinite))",
        "def f: [.] | f; f",
        "[limit(1e12; repeat(1))]",
    ] {
        let problem = outputs(endless).unwrap_err();
        assert!(matches!(problem, JqProblem::Endless(_)), "{endless}: {problem:?}");
    }
    assert_eq!(outputs("def f: 1 + f; f").unwrap_err(), JqProblem::TooDeep);
    assert_eq!(run("[range(100000)] | length"), ["100000"]);
    assert_eq!(run("def f: if . < 5000 then . + 1 | 1 + f else 0 end; 0 | f"), ["5000"]);
}

#[test]
fn nothing_that_is_nested_deeply_ends_the_process() {
    for (open, inner, close) in
        [("[", "1", "]"), ("(", "1", ")"), ("-", "1", ""), (".|", ".", ""), ("try ", ".", "")]
    {
        let times = 20_000 / open.len();
        let text = format!("{}{inner}{}", open.repeat(times), close.repeat(times));
        if let Ok(jq) = Jq::compile(text.get(..32_000).unwrap_or(&text)) {
            let _ = jq.run(Json::trusted(RECORD));
        }
    }
    let nested = "reduce range(100000) as $i (.; [.]) |";
    assert!(matches!(outputs(&format!("{nested} .")).unwrap_err(), JqProblem::NotJson(_)));
    assert_eq!(run(&format!("{nested} tojson | length > 1")), ["true"]);
    assert_eq!(run(&format!("{nested} . == .")), ["true"]);
    let text = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let jq = Jq::compile("fromjson").unwrap();
    let record = serde_json::Value::from(text.as_str()).to_string();
    assert!(jq.run(Json::trusted(&record)).is_err());
    assert_eq!(jq.run(Json::trusted(&text)).unwrap_err().problem(), &JqProblem::Nested(128));
}

#[test]
fn a_path_of_any_length_ends_on_any_stack() {
    for path in [".a", "[]?", "[1:2]?", "[0]?", ".a?"] {
        for times in [190, 1_000, 32_000 / path.len()] {
            let long = path.repeat(times);
            for expression in [format!(".{long}"), format!("path(.{long})"), format!(".{long} |= 1")] {
                if let Ok(jq) = Jq::compile(&expression) {
                    let _ = jq.run(Json::trusted("null"));
                }
            }
        }
    }
}

#[test]
fn a_value_that_the_expression_nests_deeply_ends_on_any_stack() {
    let uses = [
        "(.. |= .)",
        "tojson | length",
        "{(.): 1}",
        "\"\\(.)\"",
        ".a",
        "try .a catch .",
        "error",
        "path(..)",
        "[..] | length",
        "[., .] | sort",
        "contains(.)",
        "{a: .} * {a: .}",
        "flatten",
    ];
    // On each of the stacks: in a few steps, in some thousand, in hundreds of thousands.
    for (loops, levels) in [(1, 150), (1, 195), (1, 3_800), (60, 4_000)] {
        let (lists, objects) = (("[", levels, "]"), ("{a:", levels / 3, "}"));
        for (open, levels, close) in [lists, objects] {
            let nested = format!("{}.{}", open.repeat(levels), close.repeat(levels));
            // Jq's own time goes with the square of the depth in some.
            for then in uses.iter().take(if loops > 1 { 3 } else { uses.len() }) {
                let text = format!("reduce range({loops}) as $i (1; {nested}) | {then}");
                let _ = Jq::compile(&text).unwrap().run(Json::trusted(RECORD));
            }
        }
    }
}

#[test]
fn what_json_cannot_hold_is_an_error() {
    for expression in
        ["nan", "infinite", "[-infinite]", "{(1|tostring): nan}", "{(1): 2}", "\"gA==\" | @base64d"]
    {
        let problem = outputs(expression).unwrap_err();
        assert!(matches!(problem, JqProblem::NotJson(_)), "{expression}: {problem:?}");
    }
}

#[test]
fn an_error_holds_nothing_of_the_record_but_what_the_expression_says_itself() {
    for (expression, told) in [
        (".href.x", "cannot index a string with a string"),
        (".l + .z", "cannot calculate a list + a number"),
        (".z | error", "it raised an error without a message"),
        (r#"error("no \(.z)")"#, "no 1"),
        (".href | fromjson", "cannot read the string as JSON"),
        (".href | tonumber", "cannot read the string as JSON"),
    ] {
        assert_eq!(outputs(expression).unwrap_err(), JqProblem::Failed(told.to_owned()), "{expression}");
    }
}

#[test]
fn an_expression_is_shared_between_threads() {
    fn shared<T: Send + Sync + Clone>(_: &T) {}
    shared(&Jq::compile(".").unwrap());
}

#[test]
fn only_the_fields_that_are_looked_at_are_read_and_nothing_changes_by_it() {
    let some = |names: &[&str]| Some(names.iter().map(ToString::to_string).collect::<Vec<_>>());
    for (expression, looked_at) in [
        (".z == 1", some(&["z"])),
        (".l[0].a // .\"big\" + 1", some(&["l", "big"])),
        ("{z, dec, $__, x: .href}", some(&["z", "dec", "href"])),
        ("{z, \"dec\", x: .href, (.s): 1, \"a\\(.n)\": 2}", some(&["z", "dec", "href", "s", "n"])),
        (".z as $z | .l[] | {$z, a: .a}", some(&["z", "l"])),
        (".l as [$a, $b] | [$a, .z]", some(&["l", "z"])),
        (".z as $z | [., $z]", None),
        (".href | split(\"/\") | last", some(&["href"])),
        ("any(.l[]; .a == 1) and (.n | not)", some(&["l", "a", "n"])),
        ("try .z.x catch \"\\(.)\"", some(&["z"])),
        ("if .z > 0 then .s elif .n then .dec else -.z end", some(&["z", "s", "n", "dec"])),
        ("if .z > 0 then .s end", None),
        (".l[.z]", some(&["l", "z"])),
        (".[\"z\"]", some(&["z"])),
        (".[.s]?", None),
        ("[.[]?]", None),
        ("[.l[1:.z][]]", some(&["l", "z"])),
        (". | .z", None),
        ("del(.s)", None),
        (".z = 2", None),
        (".z |= . + 1", None),
        ("keys", None),
        ("select(.z == 1)", None),
        ("reduce .l[] as $x (0; . + $x.a)", None),
        ("def f: .; f", None),
        ("[..] | length", None),
        (". as {z: $z} | $z", None),
        ("label $out | .l[] | if .a == 1 then ., break $out else . end", some(&["l"])),
        ("@base64 \"\\(.z)\"", some(&["z"])),
        ("1, [], {}", some(&[])),
        ("length", None),
        ("first(.l[]), isempty(.n), range(.z), error(.s)?", some(&["l", "n", "z", "s"])),
    ] {
        assert_eq!(super::fields::fields(expression), looked_at, "{expression}");
        let Ok(jq) = Jq::compile(expression) else { continue };
        let whole = jq.reading_everything().run(Json::trusted(RECORD));
        assert_eq!(jq.run(Json::trusted(RECORD)), whole, "{expression}");
    }
}
