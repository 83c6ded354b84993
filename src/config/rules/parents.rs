//! Which resource depends on which: one parent each, known, and no circle.

use std::collections::{HashMap, HashSet};

use super::templates::Reference;
use crate::config::report::{Report, quoted};
use crate::config::suggest::did_you_mean;
use crate::config::tree::Place;

/// One resource and the parents that its placeholders name.
pub(super) struct Child<'c> {
    pub name: &'c str,
    pub at: Place,
    pub references: &'c [Reference],
    /// Where `include_from_parent` stands, if it names anything.
    pub includes: Option<Place>,
}

/// The parent of each resource that has one. `names`: of all resources, those that are wrong among them.
pub(super) fn parents(
    children: &[Child<'_>],
    names: &[&str],
    report: &mut Report,
) -> HashMap<String, String> {
    let mut parents = HashMap::new();
    for child in children {
        let Some(parent) = only_parent(child, report) else { continue };
        if names.contains(&parent.parent.as_str()) {
            parents.insert(child.name.to_owned(), parent.parent.clone());
        } else {
            let hint = did_you_mean(&parent.parent, names);
            let (child, parent_name) = (quoted(child.name), quoted(&parent.parent));
            let text = format!("the resource {child} depends on {parent_name}, which is no resource{hint}");
            report.mistake(parent.at, text);
        }
    }
    let mut told = HashSet::new();
    for child in children {
        let circle = circle(child.name, &parents);
        if let Some(first) = circle.first().filter(|_| !circle.iter().any(|name| told.contains(*name))) {
            let names: Vec<String> = circle.iter().chain([first]).map(|name| quoted(name)).collect();
            let names = names.join(" → ");
            report.mistake(child.at, format!("resources depend on each other in a circle: {names}"));
        }
        told.extend(circle.into_iter().map(str::to_owned));
    }
    parents
}

fn only_parent<'c>(child: &Child<'c>, report: &mut Report) -> Option<&'c Reference> {
    let name = quoted(child.name);
    let Some(first) = child.references.first() else {
        if let Some(at) = child.includes {
            report.mistake(
                at,
                format!("the resource {name} has \"include_from_parent\", but no placeholder {{resources.<parent>.<field>}} that names a parent"),
            );
        }
        return None;
    };
    if let Some(other) = child.references.iter().find(|other| other.parent != first.parent) {
        let (one, another) = (quoted(&first.parent), quoted(&other.parent));
        report.mistake(
            other.at,
            format!("the resource {name} depends on two parents, {one} and {another}; there can be one"),
        );
        return None;
    }
    Some(first)
}

/// The way from a resource back to itself; nothing if there is none.
fn circle<'c>(name: &'c str, parents: &'c HashMap<String, String>) -> Vec<&'c str> {
    let mut way = vec![name];
    let mut here = name;
    while let Some(parent) = parents.get(here) {
        if parent == name {
            return way;
        }
        if way.contains(&parent.as_str()) {
            return Vec::new();
        }
        way.push(parent);
        here = parent;
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(all: &[(&str, &[&str])]) -> (Vec<(String, String)>, String) {
        let mut report = Report::default();
        let at = |line| Place { line, column: 1 };
        let references: Vec<Vec<Reference>> = all
            .iter()
            .enumerate()
            .map(|(line, (_, parents))| {
                parents
                    .iter()
                    .map(|parent| Reference { parent: (*parent).to_owned(), at: at(line) })
                    .collect()
            })
            .collect();
        let children: Vec<Child<'_>> = all
            .iter()
            .zip(&references)
            .enumerate()
            .map(|(line, ((name, _), references))| Child { name, at: at(line), references, includes: None })
            .collect();
        let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        let mut parents: Vec<_> = parents(&children, &names, &mut report).into_iter().collect();
        parents.sort();
        (parents, report.into_mistakes("f").to_string())
    }

    #[test]
    fn chains_of_any_depth_are_fine_in_any_order() {
        let (parents, mistakes) = found(&[("c", &["b", "b"]), ("a", &[]), ("b", &["a"])]);
        assert_eq!(mistakes, "");
        let pair = |child: &str, parent: &str| (child.to_owned(), parent.to_owned());
        assert_eq!(parents, [pair("b", "a"), pair("c", "b")]);
    }

    #[test]
    fn two_parents_an_unknown_one_and_a_circle_are_mistakes() {
        let (_, mistakes) = found(&[
            ("posts", &[]),
            ("two", &["posts", "self"]),
            ("lost", &["post"]),
            ("self", &["self"]),
            ("x", &["y"]),
            ("y", &["x"]),
            ("z", &["x"]),
        ]);
        for expected in [
            "f:1:1: the resource \"two\" depends on two parents, \"posts\" and \"self\"; there can be one",
            "f:2:1: the resource \"lost\" depends on \"post\", which is no resource; did you mean \"posts\"?",
            "f:3:1: resources depend on each other in a circle: \"self\" → \"self\"",
            "f:4:1: resources depend on each other in a circle: \"x\" → \"y\" → \"x\"",
        ] {
            assert!(mistakes.contains(expected), "{expected}\n{mistakes}");
        }
        assert!(!mistakes.contains("f:6:1"), "{mistakes}");
    }
}
