//! Codes about ATT&CK, flows and campaigns.

/// Code and explanation, by code.
pub(super) const THREAT: &[(&str, &str)] = &[
    (
        "afb.bad-object",
        "An object of an Attack Flow Builder file has no kind or no instance. It is left out. \
         Save the flow again with Attack Flow Builder 3.",
    ),
    (
        "afb.loose-line",
        "A line of the drawing ends nowhere. It is left out. Connect both ends, or delete the \
         line.",
    ),
    (
        "afb.schema",
        "The file is not in the shape of Attack Flow Builder 3. Export the flow as a STIX bundle, \
         or save it with version 3.",
    ),
    ("afb.syntax", "The file is not JSON. Save the flow again, or export it as a STIX bundle."),
    (
        "campaign.bad-duration",
        "A duration of a step cannot be used. Write a number and a unit, such as 30m or 8h; slow \
         is at least as long as typical.",
    ),
    ("campaign.bad-id", "An id is empty, too long or holds a blank. Use letters, digits and -_./"),
    (
        "campaign.bad-needs",
        "`needs` is neither all nor any of other steps. Write needs: {all: [step]} or {any: \
         [step, step]}.",
    ),
    ("campaign.bad-number", "A number is outside what is allowed; the message says what is."),
    ("campaign.bad-ratio", "A chance is not between 0 and 1."),
    (
        "campaign.bad-technique",
        "The technique of a step is no ATT&CK id. Write T and four digits, for a sub-technique a \
         dot and three more.",
    ),
    ("campaign.cyclic-needs", "Steps need each other in a circle, so that none can begin. Break the circle."),
    ("campaign.duplicate-id", "Two steps carry the same id. Ids of steps are unique within a campaign."),
    ("campaign.needed-twice", "A step names the same need twice. Name it once."),
    (
        "campaign.no-effect",
        "No step encrypts or carries data out, so that the campaign can never reach its \
         objective. Give one step `effect: encrypt` or `effect: outflow`.",
    ),
    ("campaign.no-steps", "A campaign without steps does nothing. Give at least one."),
    ("campaign.unknown-step", "A need names a step that the campaign does not have. Check the spelling."),
    ("flow.bad-id", "An id in the flow cannot be used as one of ours. The message names it."),
    (
        "flow.cycle",
        "Actions of the flow follow each other in a circle, so that none can begin. Break the \
         circle.",
    ),
    ("flow.dangling-reference", "The flow refers to an object it does not hold. The reference is left out."),
    (
        "flow.nested-operators",
        "Operators stand inside operators; a step of ours has one. The outer one is used; split \
         the drawing to be exact.",
    ),
    (
        "flow.no-flow",
        "The bundle holds no attack-flow object. Give a bundle exported from Attack Flow 2 or 3.",
    ),
    (
        "flow.no-objective",
        "No action of the flow encrypts or carries data out, so that it cannot be raced. It can \
         still be listed.",
    ),
    ("flow.no-steps", "The flow holds no action with a technique. Nothing can be tested."),
    (
        "flow.no-technique",
        "An action carries no technique. It is left out; those that follow it follow its \
         predecessors.",
    ),
    (
        "flow.other-branch",
        "A condition has two branches; one of them is followed. Draw a flow of its own for the \
         other course of events.",
    ),
    ("flow.several", "The bundle holds several flows. Each becomes a campaign of its own."),
    ("flow.technique-without-t", "A technique id lacks its T. It is read as if it had one."),
    ("flow.too-large", "The file is larger than any flow should be and is not read."),
    ("stix.bad-object", "An object of the bundle cannot be read. It is left out and counted."),
    ("stix.bad-relationship", "A relationship lacks an end or a kind. It is left out."),
    ("stix.bad-tactic", "A tactic has no id or short name. It is left out."),
    (
        "stix.dangling-reference",
        "An object refers to one that the bundle does not hold. The reference is left out.",
    ),
    ("stix.duplicate-actor", "Two actors carry the same ATT&CK id. The first is used."),
    ("stix.duplicate-id", "Two objects carry the same STIX id. The later version is used."),
    ("stix.duplicate-technique", "Two techniques carry the same ATT&CK id. The first is used."),
    (
        "stix.hierarchy",
        "A sub-technique's parent is missing, not active, or another than its id says. The id is \
         believed.",
    ),
    ("stix.no-actor-id", "A group, software or campaign carries no ATT&CK id. It is left out."),
    (
        "stix.no-bundle",
        "The file is JSON, but no STIX bundle. Give the enterprise-attack bundle as MITRE \
         publishes it.",
    ),
    ("stix.no-domain", "The bundle does not say which ATT&CK domain it is."),
    ("stix.no-technique-id", "An attack-pattern carries no ATT&CK id. It is left out."),
    (
        "stix.no-version",
        "The bundle does not say which ATT&CK version it is. Results cannot be compared across \
         versions.",
    ),
    ("stix.not-json", "The file is not JSON. Check that it was downloaded whole."),
    ("stix.revoked-without-end", "A revoked technique names no successor. What carries it cannot be joined."),
    ("stix.too-large", "The bundle is larger than any ATT&CK release and is not read."),
    (
        "stix.unknown-tactic",
        "A technique names a tactic that the bundle does not hold. The tactic is left out.",
    ),
    ("stix.unordered-tactic", "A tactic has no place in the matrix. It is shown last."),
    ("stix.unreadable", "The bundle cannot be read to its end. Check that it was downloaded whole."),
    ("technique.parent", "The sub-technique is not in the ATT&CK version in use; its parent is used."),
    ("technique.split", "The technique was split in the ATT&CK version in use. It counts for all parts."),
    (
        "technique.unknown",
        "The technique is not in the ATT&CK version in use, and no map leads to it. It is \
         reported and not counted.",
    ),
    (
        "version-map.bad-pair",
        "A pair of a version map names no technique ids. It is left out; the other pairs are used.",
    ),
    ("version-map.empty", "The version map holds no pair of technique ids. Check that it is the right file."),
    ("version-map.format", "The version map names another format. It is read all the same."),
    ("version-map.syntax", "The version map is not valid JSON. The place is given; nothing of it is used."),
];
