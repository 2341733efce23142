//! Codes about recordings, events, rules, records and files in general.

/// Code and explanation, by code.
pub(super) const TELEMETRY: &[(&str, &str)] = &[
    (
        "events.audit-record",
        "A line of an audit log is not `type=… msg=audit(seconds:serial): …`. It is counted as \
         unreadable; the rest is read.",
    ),
    (
        "events.columns",
        "A row of a table has another number of values than the header names. It is counted as \
         unreadable; the rest is read.",
    ),
    (
        "events.cut-off",
        "The file ends inside a list or an element of events, as a copy does that broke off. The \
         events before are used; export the log again.",
    ),
    (
        "events.evtx-chunk",
        "A chunk of an EVTX file is damaged. Its records are counted as unreadable; the rest is \
         read.",
    ),
    ("events.evtx-damaged", "An EVTX file is damaged. What can be read is read."),
    (
        "events.evtx-header",
        "The file does not begin like an EVTX file. Check that it is one and was copied whole.",
    ),
    (
        "events.evtx-nothing",
        "The file is named or marked as a Windows event log, but ends in its header or holds no \
         chunk. Nothing was read from it, so the run is incomplete (exit code 5). Export it again.",
    ),
    ("events.evtx-record", "A record of an EVTX file cannot be read. It is counted; the rest is read."),
    (
        "events.journal-entry",
        "An entry in an export of the journal holds a field that is none: its name or size is \
         damaged. It is counted as unreadable, and reading goes on at the next entry.",
    ),
    (
        "events.not-read",
        "A file beside recordings is not read, and the message says why: no reader recognises what \
         it begins with, or a description speaks for its folder and does not name it. Nothing is \
         concluded from it.",
    ),
    (
        "events.nothing-read",
        "Something stands in the file, and not one event could be made of it. The run is incomplete \
         (exit code 5).",
    ),
    ("events.not-xml", "An element is no event of a Windows event log. It is counted as unreadable."),
    ("events.not-json", "A line is not a JSON object. It is counted as unreadable; the rest is read."),
    (
        "events.not-utf8",
        "A line is not UTF-8 text. What cannot be read is replaced or counted as unreadable; save \
         the file as UTF-8.",
    ),
    ("events.open", "A telemetry file cannot be opened. Check path and permissions."),
    ("events.read", "Reading a telemetry file broke off. What came before is used."),
    (
        "events.too-long",
        "A line is longer than any event should be. It is skipped, so that memory stays bounded.",
    ),
    (
        "events.unknown-log-source",
        "Events were read, and nothing tells which log they are of, so no rule with a log source \
         looks at them. Verdicts that would rest on them are inconclusive; where they are all that a \
         recording holds, the run is incomplete (exit code 5).",
    ),
    (
        "events.unknown-line",
        "A line is in no format that is known. It is counted as unreadable. `feuerprobe list \
         log-sources` shows what is read.",
    ),
    ("file.unreadable", "A file or folder cannot be read. Check its permissions; everything else is used."),
    ("index.id", "An entry of index.jsonl has an id that cannot be used. The entry is left out."),
    ("index.line", "A line of index.jsonl is not a JSON object with at least id and file. It is left out."),
    ("index.missing-file", "An entry of index.jsonl names a file that is not there."),
    ("index.rule", "A rule id in index.jsonl cannot be used. It is left out of the labels."),
    (
        "record.newer",
        "The record was written by a later version of Feuerprobe, whose shape this one does not \
         know. Use the version that wrote it, or a later one.",
    ),
    (
        "record.unreadable",
        "The file is no run record. Give one written by `feuerprobe run --format json`, or the id \
         of a stored run; `feuerprobe list runs` shows the ids.",
    ),
    ("recording.deadline", "The deadline cannot be used. Write a number and a unit, such as 45m."),
    (
        "recording.duplicate-id",
        "Two recordings carry the same id. The id is the folder below the recordings folder; \
         rename one.",
    ),
    ("recording.end-before-act", "The act ends before it begins. Correct act or end."),
    (
        "recording.file-taken",
        "A telemetry file is named by two recordings. It belongs to the first; name it once.",
    ),
    ("recording.id", "The folder's path cannot serve as an id. Use letters, digits and -_./"),
    ("recording.kind", "A recording is attack, twin or benign."),
    (
        "recording.marker",
        "An empty marker would be in every event. Leave it out, or write text that only this act \
         leaves.",
    ),
    (
        "recording.missing-file",
        "A telemetry file that the recording names is not there. Check the path, which is \
         relative to the recording's folder.",
    ),
    (
        "recording.no-telemetry",
        "The recording names no telemetry file. It counts as an act that left nothing, if that is \
         meant.",
    ),
    ("recording.open", "The description of a recording cannot be read. Check path and permissions."),
    ("recording.repeated", "A file is named twice in one recording. Name it once."),
    ("recording.rule", "The id of an expected rule cannot be used. Write the id that stands in the rule."),
    (
        "recording.selection",
        "`success` or `blocked.evidence` is no Sigma selection. Write field names with modifiers and \
         their values, such as `CommandLine|contains: vssadmin`.",
    ),
    ("recording.time", "A time is not RFC 3339. Write it like 2026-03-02T08:00:00Z."),
    ("recording.title", "The recording has no title. Say in a few words what was done."),
    (
        "recording.unknown-technique",
        "The technique cannot be joined to the ATT&CK version in use. The recording is kept \
         without it.",
    ),
    (
        "recording.unnamed-file",
        "A file lies beside the recording and is not named by it. It is not read; name it if it \
         belongs there.",
    ),
    ("regression.missing-file", "A regression case names a telemetry file that is not there."),
    ("regression.rule", "A regression case names no rule whose id can be used."),
    (
        "regression.type",
        "A regression case names a type of telemetry that is not known. The file is read by its \
         content.",
    ),
    (
        "correlation.too-many",
        "A recording holds more matches of rules that correlation rules name than are kept for them, so the \
         later ones were not correlated: a correlation that did not fire on it may have been right to. Split \
         the recording, or make the rules that the correlation names narrower.",
    ),
    (
        "filter.unknown-rule",
        "A Sigma filter names something that is the id, name or title of no rule in use: it is misspelt, or \
         the rule was removed. The filter applies to the other rules that it names.",
    ),
    (
        "recording.unknown-rule",
        "A recording or procedure expects a rule that is not in the rules folder: its id is misspelt, or \
         somebody removed the rule. Correct the id, or take the entry out of `expected-rules`.",
    ),
    (
        "rule.rejected",
        "The rule cannot be used; the reason stands with it. The others are used. See the Sigma \
         specification 2.1 for what a rule must hold.",
    ),
    (
        "text.not-utf8",
        "All files of a workspace are UTF-8 text. Save the file as UTF-8; the place of the first \
         byte that is not is given.",
    ),
    (
        "workspace.fictional",
        "The estate is the user's own, and everything else would be the fictional provider's, whose \
         campaigns, rules and recordings say nothing about it. Put the estate into a workspace, or name \
         the rest on the command line too.",
    ),
    (
        "ledger.not-stored",
        "A restart plan, the figures of an outage or an exercise could not be stored, and is shown all \
         the same. Its numbers cannot be explained later. Name a ledger that can be written with --ledger.",
    ),
    (
        "workspace.passed-over",
        "A file in a folder of campaigns or playbooks has an ending that nothing reads. Rename it, or move \
         it elsewhere.",
    ),
    (
        "workspace.unknown-campaign",
        "[[pair]] in feuerprobe.toml names a campaign that is not in the campaigns folder. Use its id.",
    ),
    (
        "workspace.unknown-playbook",
        "[[pair]] in feuerprobe.toml names a playbook that is not in the playbooks folder. Use its id or \
         its name.",
    ),
    ("workspace.syntax", "feuerprobe.toml cannot be read. The place and the known keys are given."),
    (
        "yaml.syntax",
        "The file is not valid YAML, or it holds a key that is not known there, or a value of \
         another kind than expected. `feuerprobe init` writes commented examples of every file.",
    ),
];
