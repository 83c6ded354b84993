//! The directory of a connector under `state.dir`: made, checked, and locked for one process.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::model::ConnectorName;

/// A connector's directory, which nobody else uses as long as this lives.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    /// The lock is the file's: it goes with the process, however that ends.
    _lock: File,
}

#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    #[error(
        "connector {connector}: the state directory {directory} is in use by another krest ({holder}): it runs this connector already. \
         Stop it first, or give one of the two another `state.dir` (then the newer instance takes over)"
    )]
    InUse { connector: String, directory: String, holder: String },
    #[error(
        "connector {connector}: the state directory {path} cannot be used: {problem}; change `state.dir`"
    )]
    Unusable { connector: String, path: String, problem: String },
}

impl Directory {
    /// Makes the connector's directory below `base` if it is missing, and locks it. Nothing is waited for.
    pub fn claim(base: &Path, connector: &ConnectorName) -> Result<Self, DirectoryError> {
        let unusable = |(path, problem): (PathBuf, String)| DirectoryError::Unusable {
            connector: connector.to_string(),
            path: path.display().to_string(),
            problem,
        };
        let path = base.join(folder_name(connector));
        make(base, &path).map_err(unusable)?;
        let lock = path.join("lock");
        let mut file = open(&lock).map_err(|problem| unusable((lock.clone(), problem)))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(DirectoryError::InUse {
                    connector: connector.to_string(),
                    directory: path.display().to_string(),
                    holder: read_holder(&mut file),
                });
            }
            Err(TryLockError::Error(error)) => {
                return Err(unusable((lock, format!("it cannot be locked: {error}"))));
            }
        }
        // Only for the eyes of the next one: on a full disk nobody is named.
        let _ = write_holder(&mut file);
        let claimed = Self { path, _lock: file };
        refuse_link(&claimed.cache()).map_err(unusable)?;
        Ok(claimed)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the embedded store is.
    pub(super) fn cache(&self) -> PathBuf {
        self.path.join("cache")
    }
}

/// A connector's name is a file's name (`[A-Za-z0-9._-]`), but for two.
fn folder_name(connector: &ConnectorName) -> String {
    match connector.as_str() {
        dots @ ("." | "..") => dots.replace('.', "%2E"),
        name => name.to_owned(),
    }
}

/// Directories that krest makes are its own. `base` may be a link, because operators do that; what is below it may not:
/// what krest wipes there is then nobody else's.
fn make(base: &Path, path: &Path) -> Result<(), (PathBuf, String)> {
    let builder = |recursive| {
        let mut builder = DirBuilder::new();
        builder.recursive(recursive).mode(0o700);
        builder
    };
    builder(true).create(base).map_err(|error| (base.to_owned(), told(&error)))?;
    refuse_link(path)?;
    match builder(false).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err((path.to_owned(), told(&error))),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// A directory, or nothing.
fn refuse_link(path: &Path) -> Result<(), (PathBuf, String)> {
    let problem = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => return Ok(()),
        Ok(found) if found.is_symlink() => {
            "it is a symbolic link, which krest does not follow there".to_owned()
        }
        Ok(_) => "it is not a directory".to_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => told(&error),
    };
    Err((path.to_owned(), problem))
}

fn open(lock: &Path) -> Result<File, String> {
    if fs::symlink_metadata(lock).is_ok_and(|found| !found.is_file()) {
        return Err("it is not a plain file".to_owned());
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.open(lock).map_err(|error| told(&error))
}

fn told(error: &io::Error) -> String {
    if matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory) {
        return "it is not a directory".to_owned();
    }
    error.to_string()
}

fn write_holder(file: &mut File) -> io::Result<()> {
    let host = std::env::var("HOSTNAME").or_else(|_| fs::read_to_string("/proc/sys/kernel/hostname"));
    let host = host.map(|host| format!(" on {}", host.trim())).unwrap_or_default();
    let since = httpdate::fmt_http_date(SystemTime::now());
    file.set_len(0)?;
    file.write_all(format!("process {}{host}, since {since}\n", std::process::id()).as_bytes())
}

fn read_holder(file: &mut File) -> String {
    let mut text = Vec::new();
    let _ = file.take(200).read_to_end(&mut text);
    let text = String::from_utf8_lossy(&text);
    let text: String = text.trim().chars().filter(|letter| !letter.is_control()).collect();
    if text.is_empty() { "which did not say who it is".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn name(name: &str) -> ConnectorName {
        ConnectorName::new(name)
    }

    #[test]
    fn a_directory_is_held_by_one_and_the_other_is_told_by_whom() {
        let base = tempfile::tempdir().unwrap();
        let held = Directory::claim(base.path(), &name("shop")).unwrap();
        let error = Directory::claim(base.path(), &name("shop")).unwrap_err();
        assert!(matches!(error, DirectoryError::InUse { .. }));
        let process = format!("process {}", std::process::id());
        for part in ["shop", &base.path().join("shop").display().to_string(), &process, "since"] {
            assert!(error.to_string().contains(part), "{part:?} is missing in: {error}");
        }
        Directory::claim(base.path(), &name("crm")).unwrap(); // connectors may share a directory
        drop(held);
        Directory::claim(base.path(), &name("shop")).unwrap();
    }

    #[test]
    fn what_krest_makes_is_its_own() {
        let base = tempfile::tempdir().unwrap();
        let state = base.path().join("a/state");
        Directory::claim(&state, &name("shop")).unwrap();
        for (path, mode) in
            [(state.clone(), 0o700), (state.join("shop"), 0o700), (state.join("shop/lock"), 0o600)]
        {
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode, "{}", path.display());
        }
    }

    #[test]
    fn what_is_no_directory_is_refused_and_links_are_not_followed() {
        let base = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let below = |name: &str| base.path().join(name);
        fs::write(below("file"), "").unwrap();
        symlink(elsewhere.path(), below("linked")).unwrap();
        for shop in ["lock-is-a-link", "cache-is-a-link", "lock-is-a-directory"] {
            fs::create_dir(below(shop)).unwrap();
        }
        symlink(elsewhere.path().join("lock"), below("lock-is-a-link/lock")).unwrap();
        symlink(elsewhere.path(), below("cache-is-a-link/cache")).unwrap();
        fs::create_dir(below("lock-is-a-directory/lock")).unwrap();
        for (dir, connector, problem) in [
            (below("file"), "shop", "not a directory"),
            (below("file/below"), "shop", "not a directory"),
            (below(""), "file", "not a directory"),
            (below(""), "linked", "symbolic link"),
            (below(""), "lock-is-a-link", "not a plain file"),
            (below(""), "cache-is-a-link", "symbolic link"),
            (below(""), "lock-is-a-directory", "not a plain file"),
        ] {
            let error = Directory::claim(&dir, &name(connector)).unwrap_err();
            assert!(matches!(&error, DirectoryError::Unusable { .. }), "{error}");
            assert!(error.to_string().contains(problem), "{problem:?} is missing in: {error}");
        }
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_connector_with_a_name_of_dots_stays_below_the_directory() {
        let base = tempfile::tempdir().unwrap();
        let state = base.path().join("state");
        let held = Directory::claim(&state, &name("..")).unwrap();
        assert!(held.cache().starts_with(state.join("%2E%2E")));
    }
}
