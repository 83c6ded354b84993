//! Words that stay out, and words that have to be there.

use syn::visit::Visit;

use super::sources::{Source, hold, texts};

/// In no file of the package. Split, so that this list does not name itself.
const NOWHERE: &[(&str, &str)] = &[
    (concat!("/", "root", "/"), "a path of one machine"),
    (concat!("/", "Users", "/"), "a path of one machine"),
    (concat!("/", "work", "/"), "a path of one machine"),
    (concat!("TO", "DO"), "an issue is the place for what is to be done"),
    (concat!("FIX", "ME"), "an issue is the place for what is to be done"),
    (concat!("DELIV", "ERY"), "a page that is not in the package: say what it says"),
    (concat!("CONTR", "ACT"), "a page that is not in the package: say what it says"),
    (concat!("todo", "!("), "unfinished"),
    (concat!("unimplemented", "!("), "unfinished"),
];

fn forbidden(path: &str, text: &str) -> Vec<String> {
    let lines = text.lines().zip(1..);
    let found = lines.flat_map(|(line, number)| {
        let words = NOWHERE.iter().filter(move |(word, _)| line.contains(word));
        words.map(move |(word, reason)| format!("{path}:{number}: {word:?}: {reason}"))
    });
    found.collect()
}

/// What is told by attributes: reasons, error texts, the names of tests.
#[derive(Default)]
struct Attributes {
    objections: Vec<String>,
}

impl Attributes {
    fn of(source: &Source) -> Vec<String> {
        let mut attributes = Self::default();
        attributes.visit_file(&source.file);
        attributes.objections.iter().map(|objection| format!("{}: {objection}", source.path)).collect()
    }
}

impl<'ast> Visit<'ast> for Attributes {
    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        let syn::Meta::List(list) = &attribute.meta else { return };
        let text = list.tokens.to_string();
        if (list.path.is_ident("allow") || list.path.is_ident("expect")) && !text.contains("reason") {
            self.objections.push(format!("an exception without a reason: {text}"));
        }
        if list.path.is_ident("error")
            && let Some(text) = text.strip_prefix('"').and_then(|text| text.split('"').next())
        {
            let mut letters = text.chars();
            // A capital and then a small letter: a sentence. Two capitals are a name such as HTTP.
            let sentence = letters.next().is_some_and(char::is_uppercase)
                && letters.next().is_some_and(char::is_lowercase);
            if sentence || text.ends_with('.') {
                self.objections
                    .push(format!("an error's text is no sentence: lower-case, no full stop: {text}"));
            }
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        let name = item.sig.ident.to_string();
        let is_test = item
            .attrs
            .iter()
            .any(|attribute| attribute.path().segments.last().is_some_and(|s| s.ident == "test"));
        if is_test && name.starts_with("test_") {
            self.objections.push(format!("a test's name is a sentence: {name}"));
        }
        syn::visit::visit_item_fn(self, item);
    }
}

#[test]
fn no_file_holds_unfinished_work_or_a_machines_paths() {
    let objections: Vec<String> = texts().iter().flat_map(|(path, text)| forbidden(path, text)).collect();
    assert!(objections.is_empty(), "{}", objections.join("\n"));
}

#[test]
fn exceptions_have_reasons_and_texts_have_their_form() {
    hold(Attributes::of);
}

#[test]
fn planted_words_are_caught() {
    for (word, _) in NOWHERE {
        assert_eq!(forbidden("a.md", &format!("before {word} after")).len(), 1, "{word}");
    }
    let objections = |text: &str| Attributes::of(&Source::parse("src/a.rs", text)).len();
    assert_eq!(objections("#[allow(dead_code)] fn f() {}"), 1);
    assert_eq!(objections("#[expect(dead_code)] fn f() {}"), 1);
    assert_eq!(objections("#[allow(dead_code, reason = \"x\")] fn f() {}"), 0);
    assert_eq!(objections("enum E { #[error(\"The page failed\")] A }"), 1);
    assert_eq!(objections("enum E { #[error(\"the page failed.\")] A }"), 1);
    assert_eq!(objections("enum E { #[error(\"HTTP {0}\")] A, #[error(\"a page\")] B }"), 0);
    assert_eq!(objections("#[test] fn test_a() {}"), 1);
}
