//! Every link inside the package leads somewhere.

use super::text::{lines, pages, path, read};

/// The targets of a page's links and pictures that are no addresses.
fn targets(text: &str) -> Vec<String> {
    let prose = lines(text, false).join("\n");
    let ends = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next().map(str::to_owned));
    ends.filter(|target| !target.contains("://")).collect()
}

/// The anchors that GitHub makes of a page's headings.
fn anchors(text: &str) -> Vec<String> {
    let headings = lines(text, false).into_iter().filter_map(|line| line.strip_prefix('#'));
    let slug = |heading: &str| {
        let kept = heading.trim_matches(['#', ' ']).to_lowercase();
        let kept = kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(slug).collect()
}

#[test]
fn every_link_inside_the_package_leads_somewhere() {
    let mut followed = 0;
    for (page, text) in pages() {
        for target in targets(&text) {
            followed += 1;
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let folder = page.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
            let inside = if file.is_empty() { page.clone() } else { format!("{folder}{file}") };
            assert!(path(&inside).exists(), "{page} links to {target}, which is not there");
            let known = anchor.is_empty() || anchors(&read(&inside)).iter().any(|known| known == anchor);
            assert!(known, "{page} links to {target}, but {inside} has no such heading");
        }
    }
    assert!(followed > 10, "only {followed} links were found");
}

#[test]
fn anchors_are_githubs() {
    assert_eq!(
        anchors("# What it lacks, today\n## `kafka`\n```\n# no heading\n```\n"),
        ["what-it-lacks-today", "kafka"]
    );
}
