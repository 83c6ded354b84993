//! Resources that depend on one that is not carried over: they become comments as well.

use std::collections::HashSet;

use super::yaml::{Element, Node, write};

/// Takes those out that refer to a resource which is not there, if any was lost.
pub(super) fn without_orphans(mut resources: Vec<Element>) -> Vec<Element> {
    if resources.iter().all(|resource| resource.node.is_some()) {
        return resources;
    }
    loop {
        let names: HashSet<String> = resources.iter().filter_map(name).collect();
        let orphan = resources.iter_mut().find_map(|resource| {
            let mut parents = Vec::new();
            parents_of(resource.node.as_ref()?, &mut parents);
            let missing = parents.into_iter().find(|parent| !names.contains(parent))?;
            Some((resource, missing))
        });
        let Some((resource, missing)) = orphan else { return resources };
        let text = commented(resource);
        resource.comments.push(format!("depends on {missing}, which is not carried over:"));
        resource.comments.extend(text);
        resource.node = None;
    }
}

fn commented(resource: &Element) -> Vec<String> {
    let mut text = String::new();
    write(std::slice::from_ref(&Element { comments: Vec::new(), ..resource.clone() }), 0, &mut text);
    text.lines().map(str::to_owned).collect()
}

fn name(resource: &Element) -> Option<String> {
    match resource.node.as_ref()? {
        Node::Text(name) => Some(name.clone()),
        Node::Map(elements) => {
            let element = elements.iter().find(|element| element.key.as_deref() == Some("name"))?;
            if let Some(Node::Text(name)) = &element.node { Some(name.clone()) } else { None }
        }
        Node::Null | Node::Bool(_) | Node::Number(_) | Node::List(_) => None,
    }
}

/// The resources that `{resources.name.field}` and `type: resolve` name.
fn parents_of(node: &Node, parents: &mut Vec<String>) {
    match node {
        Node::Text(text) => {
            let references = text.split("{resources.").skip(1);
            parents
                .extend(references.filter_map(|rest| rest.split_once('.')).map(|(name, _)| name.to_owned()));
        }
        Node::List(elements) | Node::Map(elements) => {
            let text = |key: &str| {
                let element = elements.iter().find(|element| element.key.as_deref() == Some(key))?;
                if let Some(Node::Text(text)) = &element.node { Some(text.clone()) } else { None }
            };
            if text("type").as_deref() == Some("resolve") {
                parents.extend(text("resource"));
            }
            elements
                .iter()
                .filter_map(|element| element.node.as_ref())
                .for_each(|node| parents_of(node, parents));
        }
        Node::Null | Node::Bool(_) | Node::Number(_) => {}
    }
}
