//! Sizes, headers, and `mod.rs` as a table of contents.

use syn::spanned::Spanned as _;
use syn::visit::Visit;
use syn::{FnArg, Item};

use super::sources::{Source, hold, sources};

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 50;
/// Nine functions of ten are no longer than this.
const MOST_FUNCTION_LINES: usize = 30;
const PARAMETERS: usize = 4;

fn headers(source: &Source) -> Vec<String> {
    let has = source.text.starts_with("//! ");
    (!has)
        .then(|| format!("{}: the file does not begin with what it is for (`//! …`)", source.path))
        .into_iter()
        .collect()
}

fn file_length(source: &Source) -> Vec<String> {
    let lines = source.text.lines().count();
    (lines > FILE_LINES)
        .then(|| format!("{}: {lines} lines, at most {FILE_LINES}", source.path))
        .into_iter()
        .collect()
}

struct Function {
    name: String,
    lines: usize,
    parameters: usize,
}

#[derive(Default)]
struct Functions(Vec<Function>);

impl Functions {
    fn add(&mut self, signature: &syn::Signature, whole: proc_macro2::Span) {
        let parameters = signature.inputs.iter().filter(|input| matches!(input, FnArg::Typed(_))).count();
        let lines = whole.end().line - signature.span().start().line + 1;
        self.0.push(Function { name: signature.ident.to_string(), lines, parameters });
    }

    fn of(source: &Source) -> Vec<Function> {
        let mut functions = Self::default();
        functions.visit_file(&source.file);
        functions.0
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.sig, item.span());
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add(&item.sig, item.span());
        syn::visit::visit_impl_item_fn(self, item);
    }
}

fn functions(source: &Source) -> Vec<String> {
    let mut objections = Vec::new();
    for Function { name, lines, parameters } in Functions::of(source) {
        if lines > FUNCTION_LINES {
            objections
                .push(format!("{}: fn {name} has {lines} lines, at most {FUNCTION_LINES}", source.path));
        }
        if parameters > PARAMETERS {
            objections.push(format!(
                "{}: fn {name} has {parameters} parameters, at most {PARAMETERS}",
                source.path
            ));
        }
    }
    objections
}

fn contents(source: &Source) -> Vec<String> {
    // A bench is one file; what two of them share has no other place than a folder's mod.rs.
    if !source.path.ends_with("/mod.rs") || source.path.starts_with("benches/") {
        return Vec::new();
    }
    let logic = source.file.items.iter().filter(|item| match item {
        Item::Use(_) => false,
        Item::Mod(module) => module.content.is_some(),
        _ => true,
    });
    let line = |item: &Item| item.span().start().line;
    logic
        .map(|item| {
            format!("{}:{}: a mod.rs lists modules and what they offer, no more", source.path, line(item))
        })
        .collect()
}

fn globs(source: &Source) -> Vec<String> {
    struct Globs(Vec<usize>);
    impl<'ast> Visit<'ast> for Globs {
        fn visit_use_glob(&mut self, glob: &'ast syn::UseGlob) {
            self.0.push(glob.span().start().line);
        }
        fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
            if module.ident != "tests" {
                syn::visit::visit_item_mod(self, module);
            }
        }
    }
    if source.is_test() {
        return Vec::new();
    }
    let mut globs = Globs(Vec::new());
    globs.visit_file(&source.file);
    globs.0.iter().map(|line| format!("{}:{line}: a glob hides where names come from", source.path)).collect()
}

#[test]
fn every_file_says_what_it_is_for() {
    hold(headers);
}

#[test]
fn files_and_functions_stay_small() {
    hold(file_length);
    hold(functions);
}

#[test]
fn nine_functions_of_ten_fit_on_a_screen() {
    let program = sources().into_iter().filter(Source::is_program);
    let mut lines: Vec<usize> = program.flat_map(|source| Functions::of(&source)).map(|f| f.lines).collect();
    lines.sort_unstable();
    let most = lines[lines.len() * 9 / 10];
    assert!(
        most <= MOST_FUNCTION_LINES,
        "nine functions of ten have up to {most} lines, not {MOST_FUNCTION_LINES}"
    );
}

#[test]
fn mod_rs_is_a_table_of_contents() {
    hold(contents);
}

#[test]
fn names_come_from_somewhere() {
    hold(globs);
}

#[test]
fn planted_shapes_are_caught() {
    let long = format!("//! x\nfn f() {{\n{}}}\n", "    g();\n".repeat(49));
    let source = |path: &str, text: &str| Source::parse(path, text);
    assert_eq!(functions(&source("src/a.rs", &long)).len(), 1);
    assert_eq!(functions(&source("src/a.rs", &long.replacen("    g();\n", "", 1))).len(), 0);
    assert_eq!(
        functions(&source("src/a.rs", "impl A { fn f(&self, a: u8, b: u8, c: u8, d: u8) {} }")).len(),
        0
    );
    assert_eq!(
        functions(&source("src/a.rs", "impl A { fn f(a: u8, b: u8, c: u8, d: u8, e: u8) {} }")).len(),
        1
    );
    assert_eq!(file_length(&source("src/a.rs", &"// x\n".repeat(401))).len(), 1);
    assert_eq!(headers(&source("src/a.rs", "// no header\n")).len(), 1);
    assert_eq!(
        contents(&source("src/a/mod.rs", "//! x\nmod b;\npub use b::C;\nfn f() {}\nmod d { }\n")).len(),
        2
    );
    assert_eq!(globs(&source("src/a.rs", "use b::*;\nmod tests { use super::*; }\n")).len(), 1);
}
