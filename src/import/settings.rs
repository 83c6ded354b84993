//! The keys of dlt's own `.dlt/secrets.toml` and `.dlt/config.toml` beside a file: names and places, never values.

use std::path::Path;

use toml_edit::{Document, TableLike};

/// What dlt's files have.
#[derive(Debug, Default)]
pub struct Settings {
    keys: Vec<Known>,
    problems: Vec<String>,
}

/// A key of one of the files.
#[derive(Debug)]
pub(super) struct Known {
    pub file: String,
    pub path: Vec<String>,
    pub line: usize,
}

impl Settings {
    /// Of the folder that holds this Python file.
    pub fn beside(file: &Path) -> Self {
        let folder = file.parent().unwrap_or(Path::new(""));
        let mut settings = Self::default();
        for name in ["secrets.toml", "config.toml"] {
            let path = folder.join(".dlt").join(name);
            match std::fs::read_to_string(&path) {
                Ok(text) => settings.read(&format!(".dlt/{name}"), &text),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => settings.problems.push(format!(".dlt/{name} cannot be read: {}", error.kind())),
            }
        }
        settings
    }

    /// Takes in the keys of a text. A text that is no TOML is named; its error would show what stands there.
    pub fn read(&mut self, file: &str, text: &str) {
        match Document::parse(text) {
            Ok(document) => self.walk(document.as_table(), &mut Vec::new(), (file, text)),
            Err(error) => {
                let line = error.span().map_or(1, |span| line_of(text, span.start));
                self.problems.push(format!("{file} is no TOML in line {line}; its keys are not known"));
            }
        }
    }

    /// What is wrong with the files.
    pub(super) fn problems(&self) -> &[String] {
        &self.problems
    }

    pub(super) fn exactly(&self, path: &[String]) -> Option<&Known> {
        self.keys.iter().find(|known| known.path == path)
    }

    /// The keys whose paths end like this.
    pub(super) fn ending(&self, end: &[String]) -> Vec<&Known> {
        self.keys.iter().filter(|known| known.path.ends_with(end)).collect()
    }

    fn walk(&mut self, table: &dyn TableLike, path: &mut Vec<String>, (file, text): (&str, &str)) {
        for (name, item) in table.iter() {
            path.push(name.to_owned());
            match item.as_table_like() {
                Some(inner) => self.walk(inner, path, (file, text)),
                None => {
                    let span = table.key(name).and_then(toml_edit::Key::span);
                    let line = span.map_or(1, |span| line_of(text, span.start));
                    self.keys.push(Known { file: file.to_owned(), path: path.clone(), line });
                }
            }
            path.pop();
        }
    }
}

impl Known {
    /// `.dlt/secrets.toml, line 3: [sources.github] token`
    pub(super) fn shown(&self) -> String {
        let section = self.path.split_last().map(|(last, section)| (last, section.join(".")));
        match section {
            Some((last, section)) if !section.is_empty() => {
                format!("{}, line {}: [{section}] {last}", self.file, self.line)
            }
            _ => format!("{}, line {}: {}", self.file, self.line, self.path.join(".")),
        }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_by_path_and_line_and_values_are_not() {
        let mut settings = Settings::default();
        let text =
            "api_key = 'canary'\n[sources.a]\ntoken = '''\n[x]\ncanary'''\nb = {c = 'canary', d.e = 1}\n";
        settings.read("s.toml", text);
        let all: Vec<String> = settings.keys.iter().map(Known::shown).collect();
        let expected = [
            "s.toml, line 1: api_key",
            "s.toml, line 3: [sources.a] token",
            "s.toml, line 6: [sources.a.b] c",
            "s.toml, line 6: [sources.a.b.d] e",
        ];
        assert_eq!(all, expected);
        assert!(!format!("{settings:?}").contains("canary"));
        assert_eq!(settings.ending(&["b".to_owned(), "c".to_owned()]).len(), 1);
    }

    #[test]
    fn what_is_no_toml_is_named_without_what_stands_in_it() {
        let mut settings = Settings::default();
        settings.read("s.toml", "a = 1\ntoken = canary canary\n");
        assert_eq!(settings.problems(), ["s.toml is no TOML in line 2; its keys are not known"]);
    }
}
