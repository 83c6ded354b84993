//! Packages of Python and Node.js that tests run: installed once into the user's cache, in the versions that are asked for.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use xxhash_rust::xxh3::xxh3_64;

const JSON_SERVER: &str = "json-server@0.17.4";

const INSTRUCTIONS: &str = "The tests in tests/services run real services, tests/delivery/histories and tests/formats readers of topics in Python. They need:
  * python3 (3.10 or newer) with pip: `python3 -m pip --version` (Debian: apt-get install python3-pip);
  * Node.js 18 or newer and npm: `npm --version` (Debian: apt-get install npm);
  * for their first run, PyPI and the npm registry, or mirrors of them in the settings of pip and npm.
What they install stays in ${XDG_CACHE_HOME:-~/.cache}/krest-services, which may be deleted at any time.";

/// `python3` with these packages (a requirements.txt) on its path.
pub fn python(requirements: &str) -> Command {
    let packages = installed(&format!("python-{}", fingerprint(requirements, "python3")), |folder| {
        let list = folder.join("requirements.txt");
        fs::write(&list, requirements).map_err(|error| format!("{}: {error}", list.display()))?;
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]);
        run(pip.arg("--requirement").arg(&list).arg("--target").arg(folder))
    });
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", packages).env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUNBUFFERED", "1");
    python
}

/// The command `json-server`.
pub fn json_server() -> Command {
    let packages = installed(&format!("node-{}", fingerprint(JSON_SERVER, "node")), |folder| {
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]);
        run(npm.arg("--prefix").arg(folder).arg(JSON_SERVER))
    });
    let mut node = Command::new("node");
    node.arg(packages.join("node_modules/json-server/lib/cli/bin.js"));
    node
}

/// A folder of the cache, filled by `install` if it is not there. One process installs; the others wait for its lock, which
/// the system takes away from one that dies. A folder with its name is whole: it gets the name last.
fn installed(name: &str, install: impl FnOnce(&Path) -> Result<(), String>) -> PathBuf {
    let home = cache().join(name);
    if !home.is_dir() {
        let done = under_lock(&home, install);
        done.unwrap_or_else(|error| panic!("no packages for the tests\n{error}\n\n{INSTRUCTIONS}"));
    }
    home
}

fn under_lock(home: &Path, install: impl FnOnce(&Path) -> Result<(), String>) -> Result<(), String> {
    let said = |error: std::io::Error| format!("{}: {error}", home.display());
    fs::create_dir_all(cache()).map_err(said)?;
    let lock = File::create(home.with_extension("lock")).map_err(said)?;
    lock.lock().map_err(said)?;
    if home.is_dir() {
        return Ok(());
    }
    let work = tempfile::Builder::new().prefix("install-").tempdir_in(cache()).map_err(said)?;
    install(work.path())?;
    fs::rename(work.path(), home).map_err(said)
}

fn cache() -> PathBuf {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    cache.expect("HOME or XDG_CACHE_HOME is set").join("krest-services")
}

/// Of what is installed, and of what it is installed for: packages with machine code fit one version of Python.
fn fingerprint(packages: &str, interpreter: &str) -> String {
    let output = Command::new(interpreter).arg("--version").output();
    let output = output.unwrap_or_else(|error| panic!("{interpreter}: {error}\n\n{INSTRUCTIONS}"));
    let version = String::from_utf8_lossy(&output.stdout).into_owned();
    format!("{:016x}", xxh3_64(format!("{packages}{version}").as_bytes()))
}

fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().display().to_string();
    let output = command.output().map_err(|error| format!("{program}: {error}"))?;
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    output
        .status
        .success()
        .then_some(())
        .ok_or_else(|| format!("{program}: {}\n{stdout}{stderr}", output.status))
}

#[test]
fn packages_are_installed_once_and_never_by_halves() {
    use std::sync::atomic::{AtomicUsize, Ordering};

    let directory = tempfile::tempdir_in(cache_for_tests()).unwrap();
    let home = directory.path().join("python-1");
    let installs = AtomicUsize::new(0);
    let install = |folder: &Path| {
        let number = installs.fetch_add(1, Ordering::SeqCst);
        fs::write(folder.join("half"), "").unwrap();
        if number == 0 { Err("no registry".to_owned()) } else { Ok(()) }
    };
    assert_eq!(under_lock(&home, install), Err("no registry".to_owned()));
    assert!(!home.exists());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| under_lock(&home, install).unwrap());
        }
    });
    assert_eq!(installs.load(Ordering::SeqCst), 2);
    assert!(home.join("half").exists());
}

/// On the file system of the cache: a folder cannot be renamed to another one.
#[cfg(test)]
fn cache_for_tests() -> PathBuf {
    fs::create_dir_all(cache()).expect("the cache can be written");
    cache()
}
