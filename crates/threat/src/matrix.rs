//! From the objects of an ATT&CK bundle to the matrix.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _};

use model::attack::{Matrix, MatrixCounts, Tactic, Technique};
use model::diagnostic::Diagnostic;
use model::document;
use model::id::{TacticId, TechniqueId};
use model::read::Read;

use crate::bundle::{Bundle, Object};
use crate::findings::Findings;
use crate::{actors, analytics};

/// The largest bundle read, in bytes: five times Enterprise 18.1 (50.7 MB). A
/// bundle is held in memory while it is read, its tree is not.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// How far a chain of `revoked-by` is followed; published chains have three links at most.
const MAX_CHAIN: usize = 100;

/// ATT&CK's release months, newest first (attack.mitre.org/resources/versions),
/// for bundles that do not name their version: STIX 2.0 bundles have no
/// collection object.
const RELEASES: [(&str, &str); 6] = [
    ("2026-04", "19"),
    ("2025-10", "18"),
    ("2025-04", "17"),
    ("2024-10", "16"),
    ("2024-04", "15"),
    ("2023-10", "14"),
];

/// Returns the matrix in an ATT&CK bundle (STIX 2.1, or 2.0 as published in
/// `mitre/cti`), `None` when the bytes are no STIX bundle.
///
/// Objects that cannot be read, and references to objects that are not there,
/// are left out, counted and reported: the first few one by one, the rest as a
/// number.
pub fn read_matrix(file: &str, reader: impl io::Read) -> Read<Option<Matrix>> {
    let mut bytes = Vec::new();
    if let Err(e) = reader.take(MAX_BYTES + 1).read_to_end(&mut bytes) {
        let d = Diagnostic::error(file, "stix.unreadable", format!("reading stopped: {e}"));
        return Read::new(None, vec![d.help("check the file and its permissions")]);
    }
    if bytes.len() as u64 > MAX_BYTES {
        let d = Diagnostic::error(file, "stix.too-large", "the file is larger than 256 MiB");
        let help = "the largest published ATT&CK bundle has about 50 MB; check the file";
        return Read::new(None, vec![d.help(help)]);
    }
    let text = match document::text(file, &bytes) {
        Ok(text) => text,
        Err(d) => return Read::new(None, vec![d]),
    };
    let mut findings = Findings::new(file);
    let matrix = Bundle::read(text, &mut findings).map(|bundle| assemble(&bundle, &mut findings));
    Read::new(matrix, findings.finish())
}

/// The readable objects of a bundle by their STIX ids, with the techniques among them.
pub(crate) struct Index<'b> {
    pub(crate) objects: BTreeMap<&'b str, &'b Object>,
    /// Technique ids by STIX id, active or not.
    pub(crate) techniques: BTreeMap<&'b str, TechniqueId>,
}

/// A relationship that is in force, between two objects of the bundle.
pub(crate) struct Link<'b> {
    pub(crate) kind: &'b str,
    pub(crate) from: &'b Object,
    pub(crate) to: &'b Object,
}

impl<'b> Index<'b> {
    fn new(bundle: &'b Bundle, findings: &mut Findings<'_>) -> Self {
        let objects: BTreeMap<_, _> = bundle.objects.iter().map(|o| (o.id.as_str(), o)).collect();
        let mut techniques = BTreeMap::new();
        for object in bundle.objects.iter().filter(|o| o.kind == "attack-pattern") {
            match object.attack_id().map(TechniqueId::new) {
                Some(Ok(id)) => {
                    techniques.insert(object.id.as_str(), id);
                }
                // Replaced and withdrawn objects of the mobile and pre-attack past carry other ids.
                _ if !object.is_active() => {}
                found => {
                    let why = match found {
                        Some(Err(e)) => e.to_string(),
                        _ => "it has no ATT&CK id".to_owned(),
                    };
                    let message = format!("technique {} was left out: {why}", object.label());
                    let right =
                        "external_references needs an entry of mitre-attack with an external_id like T1059";
                    findings.warn("stix.no-technique-id", message, right);
                }
            }
        }
        Self { objects, techniques }
    }

    /// Returns the id of an active technique object.
    pub(crate) fn active_technique(&self, object: &Object) -> Option<&TechniqueId> {
        self.techniques.get(object.id.as_str()).filter(|_| object.is_active())
    }

    /// Returns the relationships in force whose two ends are in the bundle.
    fn links(&self, bundle: &'b Bundle, findings: &mut Findings<'_>) -> Vec<Link<'b>> {
        let mut links = Vec::new();
        for r in bundle.objects.iter().filter(|o| o.kind == "relationship" && o.is_active()) {
            let (Some(kind), Some(from), Some(to)) = (&r.relationship_type, &r.source_ref, &r.target_ref)
            else {
                let message = format!("{} was left out: it has no type, source or target", r.id);
                let right = "a relationship has relationship_type, source_ref and target_ref";
                findings.warn("stix.bad-relationship", message, right);
                continue;
            };
            match (self.objects.get(from.as_str()), self.objects.get(to.as_str())) {
                (Some(from), Some(to)) => links.push(Link { kind, from, to }),
                (found, _) => {
                    let missing = if found.is_some() { to } else { from };
                    dangling(findings, &r.id, missing);
                }
            }
        }
        links
    }
}

/// Reports a reference to an object that is not in the bundle.
pub(crate) fn dangling(findings: &mut Findings<'_>, from: &str, missing: &str) {
    let message = format!("{from} points to {missing}, which is not in the bundle");
    findings.warn("stix.dangling-reference", message, "add the object or remove the reference");
}

fn assemble(bundle: &Bundle, findings: &mut Findings<'_>) -> Matrix {
    let index = Index::new(bundle, findings);
    let links = index.links(bundle, findings);
    let tactics = tactics(bundle, &index, findings);
    let techniques = techniques(bundle, &index, &tactics, findings);
    hierarchy(bundle, &index, &techniques, &links, findings);
    let (revoked, deprecated) = replaced(&index, &techniques, &links, findings);
    let mut counts = counts(bundle, &index);
    counts.techniques = techniques.len() as u64;
    counts.sub_techniques = techniques.keys().filter(|t| t.parent().is_some()).count() as u64;
    Matrix {
        version: version(bundle, findings),
        domain: domain(bundle, findings),
        source: findings.file().to_owned(),
        actors: actors::actors(&index, &links, findings),
        mitigations: mitigations(&index, &links),
        analytics: analytics::analytics(&index, &links, findings),
        tactics,
        techniques,
        revoked,
        deprecated,
        counts,
    }
}

fn version(bundle: &Bundle, findings: &mut Findings<'_>) -> String {
    let stated = bundle.objects.iter().filter(|o| o.kind == "x-mitre-collection");
    if let Some(version) = stated.filter_map(|o| o.x_mitre_version.clone()).find(|v| !v.is_empty()) {
        return version;
    }
    let newest = bundle.objects.iter().filter_map(|o| o.modified.as_deref()).max().unwrap_or("");
    let guess = RELEASES.iter().find(|(month, _)| newest >= *month).map(|(_, version)| *version);
    let message = match guess {
        Some(v) => format!("the bundle does not name its ATT&CK version; taken for {v} by its newest change"),
        None => "the bundle does not name its ATT&CK version".to_owned(),
    };
    let right =
        "an x-mitre-collection object with x_mitre_version, as in the STIX 2.1 bundles of attack-stix-data";
    findings.warn("stix.no-version", message, right);
    guess.unwrap_or("unknown").to_owned()
}

fn domain(bundle: &Bundle, findings: &mut Findings<'_>) -> String {
    let of_kind = |kind: &'static str| bundle.objects.iter().filter(move |o| o.kind == kind && o.is_active());
    if let Some(domain) = of_kind("x-mitre-matrix").find_map(Object::attack_id) {
        return domain.to_owned();
    }
    let domains = of_kind("attack-pattern").filter_map(|o| o.x_mitre_domains.as_ref()?.first());
    if let Some(domain) = domains.min() {
        return domain.clone();
    }
    let right = "an x-mitre-matrix object, as in the published bundles";
    findings.warn("stix.no-domain", "the bundle does not name its domain", right);
    "unknown".to_owned()
}

fn tactics(bundle: &Bundle, index: &Index<'_>, findings: &mut Findings<'_>) -> Vec<Tactic> {
    let mut ordered: Vec<&Object> = Vec::new();
    for matrix in bundle.objects.iter().filter(|o| o.kind == "x-mitre-matrix" && o.is_active()) {
        for id in matrix.tactic_refs.iter().flatten() {
            match index.objects.get(id.as_str()) {
                Some(tactic) => ordered.push(tactic),
                None => dangling(findings, &matrix.id, id),
            }
        }
    }
    let all = bundle.objects.iter().filter(|o| o.kind == "x-mitre-tactic" && o.is_active());
    let in_order: BTreeSet<&str> = ordered.iter().map(|o| o.id.as_str()).collect();
    let mut rest: Vec<&Object> = all.filter(|t| !in_order.contains(t.id.as_str())).collect();
    rest.sort_by_key(|t| t.attack_id());
    if !rest.is_empty() {
        let message = format!("{} tactics are in no matrix; they are put last, by id", rest.len());
        findings.warn(
            "stix.unordered-tactic",
            message,
            "tactic_refs of the x-mitre-matrix gives their order",
        );
    }
    ordered.extend(rest);
    let mut tactics: Vec<Tactic> = Vec::new();
    let mut known = BTreeSet::new();
    for object in ordered.into_iter().filter(|o| o.is_active()) {
        let id = object.attack_id().and_then(|id| TacticId::new(id).ok());
        let (Some(id), Some(short_name)) = (id, object.x_mitre_shortname.clone()) else {
            let message = format!("tactic {} was left out: it has no id or no short name", object.label());
            findings.warn("stix.bad-tactic", message, "a tactic has an external_id and x_mitre_shortname");
            continue;
        };
        if known.insert(id.clone()) {
            tactics.push(Tactic { id, short_name, name: object.label().to_owned() });
        }
    }
    tactics
}

fn techniques(
    bundle: &Bundle,
    index: &Index<'_>,
    tactics: &[Tactic],
    findings: &mut Findings<'_>,
) -> BTreeMap<TechniqueId, Technique> {
    let mut techniques = BTreeMap::new();
    let places: BTreeMap<&str, usize> =
        tactics.iter().enumerate().map(|(i, t)| (t.short_name.as_str(), i)).collect();
    for object in &bundle.objects {
        let Some(id) = index.active_technique(object) else { continue };
        let mut served = BTreeSet::new();
        for phase in object.kill_chain_phases.iter().flatten().map(|p| p.phase_name.as_str()) {
            if let Some(place) = places.get(phase) {
                served.insert(*place);
            } else {
                let message = format!("{id} names the tactic {phase:?}, which the bundle does not define");
                findings.warn("stix.unknown-tactic", message, "add the x-mitre-tactic object");
            }
        }
        let technique = Technique {
            id: id.clone(),
            name: object.label().to_owned(),
            tactics: served.into_iter().map(|place| tactics[place].id.clone()).collect(),
            platforms: object.x_mitre_platforms.clone().unwrap_or_default(),
        };
        if techniques.contains_key(id) {
            let message = format!("two active techniques have the id {id}; the first is used");
            findings.warn("stix.duplicate-technique", message, "a technique id names one active object");
        } else {
            techniques.insert(id.clone(), technique);
        }
    }
    techniques
}

/// Reports where the bundle's own statements about sub-techniques contradict the ids.
fn hierarchy(
    bundle: &Bundle,
    index: &Index<'_>,
    techniques: &BTreeMap<TechniqueId, Technique>,
    links: &[Link<'_>],
    findings: &mut Findings<'_>,
) {
    let right = "a sub-technique's id is its parent's id, a dot and three digits";
    for object in &bundle.objects {
        let Some(id) = index.active_technique(object) else { continue };
        if object.x_mitre_is_subtechnique.is_some_and(|sub| sub != id.parent().is_some()) {
            let message = format!("{id} is marked against its id as to being a sub-technique; the id counts");
            findings.warn("stix.hierarchy", message, right);
        }
        if id.parent().is_some_and(|p| !techniques.contains_key(&p)) {
            findings.warn("stix.hierarchy", format!("the parent of {id} is not active in the bundle"), right);
        }
    }
    for link in links.iter().filter(|l| l.kind == "subtechnique-of") {
        let ends = (index.active_technique(link.from), index.active_technique(link.to));
        if let (Some(sub), Some(parent)) = ends
            && sub.parent().as_ref() != Some(parent)
        {
            let message = format!("{sub} is called a sub-technique of {parent}; the id counts");
            findings.warn("stix.hierarchy", message, right);
        }
    }
}

type Replaced = (BTreeMap<TechniqueId, Vec<TechniqueId>>, BTreeSet<TechniqueId>);

/// Returns what became of the techniques that are not active: their active
/// replacements through chains of `revoked-by`, or their withdrawal.
fn replaced(
    index: &Index<'_>,
    techniques: &BTreeMap<TechniqueId, Technique>,
    links: &[Link<'_>],
    findings: &mut Findings<'_>,
) -> Replaced {
    let mut next: BTreeMap<&str, Vec<&Object>> = BTreeMap::new();
    for link in links.iter().filter(|l| l.kind == "revoked-by") {
        next.entry(link.from.id.as_str()).or_default().push(link.to);
    }
    let mut revoked: BTreeMap<TechniqueId, Vec<TechniqueId>> = BTreeMap::new();
    let mut deprecated = BTreeSet::new();
    for (stix, id) in &index.techniques {
        let inactive = index.objects.get(stix).filter(|o| !o.is_active());
        let Some(object) = inactive.filter(|_| !techniques.contains_key(id)) else { continue };
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::from([*stix]);
        let mut waiting = vec![*stix];
        let mut steps = 0;
        while let Some(at) = waiting.pop() {
            for to in next.get(at).into_iter().flatten().take(MAX_CHAIN) {
                if let Some(active) = index.active_technique(to) {
                    found.insert(active.clone());
                } else if steps < MAX_CHAIN && seen.insert(&to.id) {
                    steps += 1;
                    waiting.push(&to.id);
                }
            }
        }
        if found.is_empty() {
            if object.is_revoked() {
                let message =
                    format!("{id} is revoked, but no chain of revoked-by ends at an active technique");
                let note = Diagnostic::note(findings.file(), "stix.revoked-without-end", message);
                findings.push(
                    note.help(
                        "it is treated as withdrawn; a revoked-by relationship would name its successor",
                    ),
                );
            }
            deprecated.insert(id.clone());
        } else {
            let all = revoked.entry(id.clone()).or_default();
            all.extend(found);
            all.sort();
            all.dedup();
        }
    }
    // Several objects can share an id; one replacement is enough.
    deprecated.retain(|id| !revoked.contains_key(id));
    (revoked, deprecated)
}

fn mitigations(index: &Index<'_>, links: &[Link<'_>]) -> BTreeMap<TechniqueId, Vec<String>> {
    let mut list: BTreeMap<TechniqueId, BTreeSet<String>> = BTreeMap::new();
    for link in links.iter().filter(|l| l.kind == "mitigates" && l.from.is_active()) {
        if link.from.kind == "course-of-action"
            && let Some(technique) = index.active_technique(link.to)
        {
            let id = link.from.attack_id().unwrap_or(&link.from.id);
            list.entry(technique.clone()).or_default().insert(format!("{id} {}", link.from.label()));
        }
    }
    list.into_iter().map(|(technique, names)| (technique, names.into_iter().collect())).collect()
}

fn counts(bundle: &Bundle, index: &Index<'_>) -> MatrixCounts {
    let active = |kinds: &[&str]| {
        index.objects.values().filter(|o| o.is_active() && kinds.contains(&o.kind.as_str())).count() as u64
    };
    let all = |test: fn(&Object) -> bool| index.objects.values().filter(|o| test(o)).count() as u64;
    let nameless = index.objects.values().filter(|o| o.kind == "attack-pattern" && o.is_active());
    let nameless = nameless.filter(|o| index.active_technique(o).is_none()).count() as u64;
    MatrixCounts {
        objects: bundle.total,
        techniques: 0,
        sub_techniques: 0,
        groups: active(&["intrusion-set"]),
        software: active(&["malware", "tool"]),
        campaigns: active(&["campaign"]),
        mitigations: active(&["course-of-action"]),
        data_components: active(&["x-mitre-data-component"]),
        detection_strategies: active(&["x-mitre-detection-strategy"]),
        analytics: active(&["x-mitre-analytic"]),
        relationships: all(|o| o.kind == "relationship"),
        revoked: all(Object::is_revoked),
        deprecated: all(Object::is_deprecated),
        unreadable: bundle.unreadable + nameless,
    }
}
