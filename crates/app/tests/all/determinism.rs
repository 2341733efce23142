//! Same in, same out: on any number of threads and in any order of files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn feuerprobe() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_feuerprobe"))
}

fn record(folder: &Path, seed: &str, threads: &str) -> Vec<u8> {
    let output = Command::new(feuerprobe())
        .args(["run", "--quiet", "--format", "json", "--trials", "300", "--seed", seed, "--threads", threads])
        .current_dir(folder)
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn the_record_is_the_same_on_any_number_of_threads() {
    let folder = tempfile::tempdir().expect("a folder");
    let one = record(folder.path(), "7", "1");
    assert!(one.len() > 100_000, "the record is too small to be one: {} bytes", one.len());
    for threads in ["2", "8"] {
        let many = record(folder.path(), "7", threads);
        assert!(one == many, "{threads} threads give another record than one");
    }
    let other = record(folder.path(), "8", "2");
    assert!(one != other, "the seed has no effect");
}

/// The order in which a folder lists its files follows the order they were made
/// in on most file systems, so two copies made in opposite order differ in it.
#[test]
fn the_record_is_the_same_in_any_order_of_files() {
    let temporary = tempfile::tempdir().expect("a folder");
    let first = temporary.path().join("first");
    let made = Command::new(feuerprobe()).arg("init").arg(&first).output().expect("init");
    assert!(made.status.success());
    let mut files = Vec::new();
    walk(&first, &first, &mut files);
    files.sort();
    files.reverse();
    let second = temporary.path().join("second").join("first");
    for file in &files {
        let target = second.join(file);
        fs::create_dir_all(target.parent().expect("a parent")).expect("folder");
        fs::copy(first.join(file), target).expect("copy");
    }
    assert!(
        record(&first, "7", "2") == record(&second, "7", "2"),
        "another order of files gives another record"
    );
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(root, &path, files);
        } else {
            files.push(path.strip_prefix(root).expect("below").to_owned());
        }
    }
}
