//! What each diagnostic code means and what to do about it.

/// Returns what a diagnostic code means and what to do, or `None` when it is not known.
pub fn explain_code(code: &str) -> Option<&'static str> {
    CODES.iter().find(|(known, _)| *known == code).map(|(_, text)| *text)
}

/// Codes in order of their names, with an explanation each.
const CODES: [(&str, &str); 4] = [
    (
        "record.newer",
        "The record was written by a later version of Feuerprobe, whose shape this one does not know.\n\
         Use the version that wrote it, or a later one.",
    ),
    (
        "record.unreadable",
        "The file is not a run record. Give a file written by `feuerprobe run --format json`,\n\
         or the id of a stored run; `feuerprobe list runs` shows the ids.",
    ),
    (
        "text.not-utf8",
        "All files of a workspace are UTF-8 text. Save the file as UTF-8; the place of the\n\
         first byte that is not is given with the message.",
    ),
    (
        "yaml.syntax",
        "The file is not valid YAML, or it has a key that is not known there, or a value of\n\
         another kind than expected. `feuerprobe init` writes commented examples of every file.",
    ),
];
