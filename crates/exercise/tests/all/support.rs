//! What several test files share: opening files and joining techniques.

use std::fs::File;
use std::io;
use std::path::Path;

use model::attack::{JoinPath, Joined};
use model::id::TechniqueId;
use model::reading::Input;

/// Returns every file below `root` as a sorted path with `/`.
pub(crate) fn list(root: &Path) -> Vec<String> {
    fn walk(root: &Path, folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let below = path.strip_prefix(root).unwrap();
                found.push(below.to_str().unwrap().replace('\\', "/"));
            }
        }
    }
    let mut found = Vec::new();
    walk(root, root, &mut found);
    found.sort();
    found
}

/// Opens a file below `root` as the intake does.
pub(crate) fn open(root: &Path, path: &str) -> io::Result<Input> {
    let file = File::open(root.join(path))?;
    if path.ends_with(".zst") {
        return Ok(Input::Stream(Box::new(zstd::Decoder::new(file)?)));
    }
    Ok(Input::Seek(Box::new(file)))
}

/// Joins ids that are well formed to themselves.
pub(crate) fn join(published: &str) -> Joined {
    match TechniqueId::new(published) {
        Ok(id) => Joined { published: published.to_owned(), mapped: vec![id], how: JoinPath::Same },
        Err(_) => Joined { published: published.to_owned(), mapped: Vec::new(), how: JoinPath::NotJoined },
    }
}
