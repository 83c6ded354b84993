//! The list of the rows that a scan found gone and was not allowed to delete: for people, who decide what is right.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_64;

use super::cache::Cache;
use super::roll::Missing;
use crate::model::ResourceName;

/// Where the list of a resource is: names are any text, of any length, and files have neither.
pub(super) fn place(directory: &Path, resource: &ResourceName) -> PathBuf {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' };
    let shown: String = resource.as_str().chars().take(60).map(plain).collect();
    directory
        .join("refused-deletes")
        .join(format!("{shown}-{:016x}.jsonl", xxh3_64(resource.as_str().as_bytes())))
}

impl Cache {
    /// Writes the list, one JSON object a line. `None`: there is no place for it, or it cannot be written, which the log says.
    pub fn keep_refused<'m>(&self, rows: impl Iterator<Item = &'m Missing>) -> Option<PathBuf> {
        let path = self.refused.clone()?;
        match write(&path, rows) {
            Ok(()) => Some(path),
            Err(error) => {
                tracing::warn!(
                    "the list of the rows that are gone cannot be written to {}: {error}",
                    path.display()
                );
                None
            }
        }
    }

    /// The list holds no longer.
    pub fn forget_refused(&self) {
        let Some(path) = &self.refused else { return };
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!("the list {} is out of date and cannot be removed: {error}", path.display());
            }
            Ok(()) | Err(_) => {}
        }
    }
}

fn write<'m>(path: &Path, rows: impl Iterator<Item = &'m Missing>) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    let mut file = BufWriter::new(file);
    for row in rows {
        let mut line = serde_json::Map::new();
        line.insert("key".to_owned(), text(&row.key));
        line.extend(row.parent.as_ref().map(|parent| ("parent".to_owned(), text(parent))));
        writeln!(file, "{}", serde_json::Value::Object(line))?;
    }
    file.flush()
}

fn text(key: &[u8]) -> serde_json::Value {
    String::from_utf8_lossy(key).into()
}
