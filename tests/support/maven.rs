//! Java libraries from Maven Central, through Maven itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The folder with these artifacts (`group:artifact:version`) and all that they need. Resolved once into the target directory; a
/// second process that resolves at the same time wins or loses the rename.
pub fn jars(name: &str, version: &str, artifacts: &[&str]) -> Result<PathBuf, String> {
    made(&format!("{name}-{version}"), |work| {
        fs::write(work.join("pom.xml"), pom(name, artifacts)).expect("pom.xml is written");
        run(Command::new("mvn").current_dir(work).args([
            "-q",
            "-B",
            "dependency:copy-dependencies",
            "-DoutputDirectory=lib",
            "-DincludeScope=runtime",
        ]))
    })
}

/// The folder with what is in an archive (`group:artifact:version:type:classifier`), kept in the same way.
pub fn archive(name: &str, artifact: &str) -> Result<PathBuf, String> {
    made(name, |work| {
        let artifact = format!("-Dartifact={artifact}");
        let unpack = ["-q", "-B", "dependency:unpack", "-DoutputDirectory=lib", &artifact];
        run(Command::new("mvn").current_dir(work).args(unpack))
    })
}

/// `lib` of a folder that is made once.
fn made(name: &str, make: impl FnOnce(&Path) -> Result<Output, String>) -> Result<PathBuf, String> {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if home.is_dir() {
        return Ok(home.join("lib"));
    }
    fs::create_dir_all(env!("CARGO_TARGET_TMPDIR")).expect("the target directory can be written");
    let work =
        tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("the target directory can be written");
    make(work.path())?;
    let work = work.keep();
    if fs::rename(&work, &home).is_err() {
        let _ = fs::remove_dir_all(&work);
    }
    Ok(home.join("lib"))
}

/// Runs a command to its end; `Err` has all that it said.
pub fn run(command: &mut Command) -> Result<Output, String> {
    let output = command.output().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if output.status.success() {
        return Ok(output);
    }
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(format!("{}: {}\n{stdout}{stderr}", command.get_program().display(), output.status))
}

fn pom(name: &str, artifacts: &[&str]) -> String {
    let dependency = |artifact: &&str| {
        let parts: Vec<&str> = artifact.split(':').collect();
        format!(
            "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>",
            parts[0], parts[1], parts[2]
        )
    };
    let dependencies: String = artifacts.iter().map(dependency).collect();
    format!(
        r#"<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>krest</groupId><artifactId>test-{name}</artifactId><version>1</version>
  <dependencies>{dependencies}</dependencies>
</project>
"#
    )
}
