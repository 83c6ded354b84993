//! What happens to krest's own directory between two starts. What is there can be read from Kafka again: krest may say so, and must
//! come to the same end.

use std::fs;
use std::path::{Path, PathBuf};

use fastrand::Rng;
use walkdir::WalkDir;

/// Where krest keeps what it can restore.
fn state(work: &Path) -> PathBuf {
    work.join("state")
}

fn files(work: &Path) -> Vec<PathBuf> {
    let walk = WalkDir::new(state(work)).sort_by_file_name().into_iter().flatten();
    walk.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

pub fn is_there(work: &Path) -> bool {
    !files(work).is_empty()
}

/// The disk is gone.
pub fn lose(work: &Path) -> bool {
    is_there(work) && fs::remove_dir_all(state(work)).is_ok()
}

/// What was there some faults ago is there again; what is there now is kept for the next time.
pub fn put_back(work: &Path, old: &Path) -> bool {
    let now = state(work);
    if !is_there(work) {
        return false;
    }
    let aside = old.with_extension("aside");
    copy(&now, &aside);
    let happened = state(old).is_dir();
    if happened {
        fs::remove_dir_all(&now).expect("the state is removed");
        copy(&state(old), &now);
        fs::remove_dir_all(state(old)).expect("the copy is removed");
    }
    fs::create_dir_all(old).expect("a place for the copy");
    fs::rename(&aside, state(old)).expect("the copy has its place");
    happened
}

/// A file is cut, or bytes in it are others.
pub fn damage(work: &Path, random: &mut Rng) -> bool {
    let files = files(work);
    let Some(file) = random.choice(&files) else { return false };
    let mut bytes = fs::read(file).expect("the file is read");
    if bytes.is_empty() {
        return false;
    }
    if random.bool() {
        bytes.truncate(random.usize(..bytes.len()));
    } else {
        for _ in 0..random.u32(1..50) {
            let place = random.usize(..bytes.len());
            bytes[place] = bytes[place].wrapping_add(random.u8(1..));
        }
    }
    fs::write(file, bytes).is_ok()
}

fn copy(from: &Path, to: &Path) {
    for entry in WalkDir::new(from).into_iter().flatten() {
        let place = to.join(entry.path().strip_prefix(from).expect("below it"));
        if entry.file_type().is_dir() {
            fs::create_dir_all(place).expect("a directory");
        } else if entry.file_type().is_file() {
            fs::copy(entry.path(), place).expect("a copy");
        }
    }
}
