//! Single expressions: what they become, in jq and in YAML, and what is lost of them.

use krest::import::{Request, Settings, import};

/// What a value becomes that stands under `initial_value`, with these lines before the source.
fn folded(before: &str, value: &str) -> String {
    let text = format!(
        "{before}\nrest_api_source({{'client': {{'base_url': 'https://a.example'}}, 'resources': [{{'name': 'a', 'endpoint': {{'incremental': {{'cursor_path': 'c', 'initial_value': {value}}}}}}}]}})\n"
    );
    line_with(&text, "initial_value:")
}

/// What a function becomes under this key of a processing step.
fn step(key: &str, function: &str) -> String {
    let text = format!(
        "def keep(x):\n    'Keeps.'\n    return x['on'] is True or x['n'] == 1\ndef two(x):\n    x['a'] = 1\n    return x\nrest_api_source({{'client': {{'base_url': 'https://a.example'}}, 'resources': [{{'name': 'a', 'processing_steps': [{{'{key}': {function}}}]}}]}})\n"
    );
    line_with(&text, &format!("{key}:"))
}

fn line_with(text: &str, key: &str) -> String {
    let request = Request { text, file: "a.py", settings: &Settings::default(), source: None };
    let yaml = import(request).unwrap_or_else(|error| panic!("{error}: {text}"));
    let lines = || yaml.lines().map(|line| line.trim_start_matches([' ', '-']));
    match lines().find_map(|line| line.strip_prefix(key)) {
        Some(value) => value.trim().to_owned(),
        None if lines().any(|line| line.contains("not carried over")) => "lost".to_owned(),
        None => panic!("no {key} in\n{yaml}"),
    }
}

#[test]
fn constant_expressions_are_folded() {
    for (before, value, expected) in [
        ("", "'a' + \"b\" 'c'", "abc"),
        ("A = 'x'", "f'{A}-{1 + 2 * 3}-{True}'", "x-7-True"),
        ("", "-1_000", "-1000"),
        ("", "0x10 - 1", "15"),
        ("", "1.50", "1.5"),
        ("", "-2e-7", "-2e-7"),
        ("", "True", "true"),
        ("", "None", "null"),
        ("", "'yes'", "\"yes\""),
        ("", "'1'", "\"1\""),
        ("", "'2024-01-01'", "\"2024-01-01\""),
        ("", "'{}/{b}'.format(1, b='c')", "\"1/c\""),
        ("", "'/a/'.strip('/').upper()", "A"),
        ("", "', '.join(['a', 'b'])", "\"a, b\""),
        ("A = {'b': ['c', 'd']}", "A['b'][-1]", "d"),
        ("A = {'b': 1}", "A.get('c', 'e')", "e"),
        ("A = None", "A or 'b'", "b"),
        ("A = ['x']", "'v' if 'x' in A else 'w'", "v"),
        ("def f(a, b='c'):\n    return a + b", "f('b')", "bc"),
        ("import os", "os.environ['A_B']", "\"${env:A_B}\""),
        ("from os import getenv as g", "g('A_B', 'secret')", "\"${env:A_B}\""),
        ("from dlt import secrets", "secrets['a.b-c']", "\"${env:A__B_C}\""),
        ("import dlt", "dlt.config.get('x.y') + '/z'", "\"${env:X__Y}/z\""),
        ("a, b = 'c', 'd'", "b", "d"),
        ("a = 'b'\na += 'c'", "a", "bc"),
        ("a = ['b']\nb = a\nb.append('c')", "a[1]", "c"),
        ("a = 'b'\nfor a in ['c', 'd']:\n    pass", "a", "d"),
        ("try:\n    a = 'b'\nexcept KeyError:\n    a = 'c'", "a", "b"),
    ] {
        assert_eq!(folded(before, value), expected, "{before}\n{value}");
    }
}

#[test]
fn what_only_python_knows_is_lost_and_never_guessed() {
    for (before, value) in [
        ("", "compute()"),
        ("from .a import b", "b"),
        ("", "1 / 2"),
        ("", "f'{1:>5}'"),
        ("", "float('inf')"),
        ("", "1e999"),
        ("if x():\n    a = 'b'\nelse:\n    a = 'c'", "a"),
        ("a = 'b'\nif x():\n    a = 'c'", "a"),
        ("a = ['b']\nif x():\n    a[0] = 'c'", "a[0]"),
        ("a = 'b'\nfor c in x():\n    a = c", "a"),
        ("a = 'b'\nwhile x():\n    a = 'c'", "a"),
        ("a = ['b']\na.reverse()", "a[0]"),
        ("a = {'b': 'c'}\na.clear()", "a['b']"),
        ("def f():\n    if x():\n        return 'a'\n    return 'b'", "f()"),
        ("@decorated\ndef f():\n    return 'a'", "f()"),
        ("class A:\n    b = 'c'", "A.b"),
        ("", "'${env:PATH}'"),
        ("a = 'b'\nfor c in [1, 2]:\n    if x():\n        continue\n    a = 'd'", "a"),
    ] {
        assert_eq!(folded(before, value), "lost", "{before}\n{value}");
    }
}

#[test]
fn simple_functions_become_jq() {
    for (key, function, expected) in [
        ("filter", "lambda x: x['n'] > 18", "\".n > 18\""),
        ("filter", "lambda x: x['s'] == 'open'", "'.s == \"open\"'"),
        ("filter", "lambda x: not x['s'] == 'open'", "'(.s == \"open\") | not'"),
        ("filter", "lambda x: x['a']['b'] is None or x.get('c') != 1", "\"(.a.b == null) or (.c != 1)\""),
        ("filter", "lambda x: x['t'] in ('a', 'b')", "'.t == \"a\" or .t == \"b\"'"),
        ("filter", "lambda x: 'k' in x and 'l' not in x", "'has(\"k\") and (has(\"l\") | not)'"),
        ("filter", "lambda x: len(x['items']) >= 2", "\"(.items | length) >= 2\""),
        ("filter", "lambda x: x['n'].startswith('a b')", "'.n | startswith(\"a b\")'"),
        ("filter", "lambda x: x['active']", "'.active | . and . != 0 and . != \"\" and . != [] and . != {}'"),
        ("filter", "keep", "\"(.on == true) or (.n == 1)\""),
        ("map", "lambda x: {'id': x['id'], 'a b': x['c d']['e']}", "'{id: .id, \"a b\": (.[\"c d\"].e)}'"),
        ("map", "lambda x: {**x, 'a': x['b'] == 1}", "\". + {a: (.b == 1)}\""),
        ("map", "lambda x: x['payload']", "\".payload\""),
        ("map", "lambda x: [x['a'], -1]", "\"[.a, (-1)]\""),
        (
            "map",
            "lambda x: {'a': x['b'] if x['c'] == 2 else None}",
            "\"{a: (if .c == 2 then .b else null end)}\"",
        ),
        ("yield_map", "lambda x: x['lines']", "\".lines[]\""),
    ] {
        assert_eq!(step(key, function), expected, "{key}: {function}");
    }
}

#[test]
fn other_functions_are_left_to_the_operator() {
    for (key, function) in [
        ("filter", "two"),
        ("filter", "keep_all"),
        ("filter", "lambda x, y=1: x['a']"),
        ("filter", "lambda x: x['a'].lower() == 'b'"),
        ("filter", "lambda x: 'a' in x['b']"),
        ("filter", "lambda x: x['a'] < x['b'] < 3"),
        ("filter", "lambda x: y['a'] == 1"),
        ("map", "lambda x: {**x, 'a': x['b'] + 1}"),
        ("map", "lambda x: x.get('a', 1)"),
        ("map", "lambda x: x.pop('a')"),
        ("map", "lambda x: x['a'] and x['b']"),
        ("yield_map", "lambda x: [x, x]"),
        ("yield_map", "lambda x: x"),
    ] {
        assert_eq!(step(key, function), "lost", "{key}: {function}");
    }
}
