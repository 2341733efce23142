//! XML as other programs lay it out: the files of `tests/cases/laid-out`.

use std::fs;
use std::path::Path;

use super::documents::office;
use crate::support::Shape;

pub(crate) fn all() -> Vec<Shape> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/laid-out");
    let table = fs::read_to_string(folder.join("expected.tsv")).expect("the table");
    let shape = |row: &str| {
        let [file, member, people] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("columns of {row}")
        };
        let mut bytes = fs::read(folder.join(file)).expect("the file of a row");
        if member != "-" {
            bytes = office(&[(member, bytes)]);
        }
        (file.to_owned(), bytes, people.parse().expect("a number"), "")
    };
    let all: Vec<Shape> = table.lines().filter(|l| !l.starts_with('#')).map(shape).collect();
    let files = fs::read_dir(&folder).expect("the folder").count() - 1;
    assert_eq!(all.len(), files, "every file has a row");
    all
}
