//! A STIX bundle as a list of objects, of which a broken one costs only itself.
//!
//! The text is walked once; every element of `objects` is cut out raw and then
//! read into [`Object`], which holds only the fields somebody asks for. The tree
//! of a whole bundle (50 MB and more) never exists in memory.

use std::collections::BTreeMap;
use std::fmt;

use model::diagnostic::{Diagnostic, Position};
use serde::Deserialize;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::findings::{Findings, json_complaint, json_place};

/// The fields of a STIX 2.0 or 2.1 object that are used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Object {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) modified: Option<String>,
    revoked: Option<bool>,
    x_mitre_deprecated: Option<bool>,
    pub(crate) external_references: Option<Vec<ExternalReference>>,
    pub(crate) aliases: Option<Vec<String>>,
    pub(crate) x_mitre_aliases: Option<Vec<String>>,
    pub(crate) x_mitre_platforms: Option<Vec<String>>,
    pub(crate) x_mitre_domains: Option<Vec<String>>,
    pub(crate) x_mitre_version: Option<String>,
    pub(crate) x_mitre_is_subtechnique: Option<bool>,
    pub(crate) kill_chain_phases: Option<Vec<KillChainPhase>>,
    pub(crate) x_mitre_shortname: Option<String>,
    pub(crate) tactic_refs: Option<Vec<String>>,
    pub(crate) x_mitre_analytic_refs: Option<Vec<String>>,
    pub(crate) x_mitre_log_source_references: Option<Vec<LogSource>>,
    pub(crate) relationship_type: Option<String>,
    pub(crate) source_ref: Option<String>,
    pub(crate) target_ref: Option<String>,
    // Attack Flow objects.
    pub(crate) start_refs: Option<Vec<String>>,
    pub(crate) effect_refs: Option<Vec<String>>,
    pub(crate) on_true_refs: Option<Vec<String>>,
    pub(crate) on_false_refs: Option<Vec<String>>,
    pub(crate) technique_id: Option<String>,
    pub(crate) operator: Option<String>,
}

/// Where else an object is described; ATT&CK ids stand here.
#[derive(Debug, Deserialize)]
pub(crate) struct ExternalReference {
    #[serde(default)]
    source_name: Option<String>,
    #[serde(default)]
    external_id: Option<String>,
}

/// A tactic of a technique, by its short name.
#[derive(Debug, Deserialize)]
pub(crate) struct KillChainPhase {
    pub(crate) phase_name: String,
}

/// A log that an analytic reads.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct LogSource {
    pub(crate) x_mitre_data_component_ref: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) channel: Option<String>,
}

impl Object {
    /// Returns the ATT&CK id, such as `T1059` or `G1024`.
    pub(crate) fn attack_id(&self) -> Option<&str> {
        // The source is `mitre-attack`, in older files `mitre-mobile-attack` or `mitre-ics-attack`.
        let ours = |r: &&ExternalReference| r.source_name.as_ref().is_some_and(|s| s.starts_with("mitre-"));
        self.external_references.iter().flatten().filter(ours).find_map(|r| r.external_id.as_deref())
    }

    /// Returns whether another object replaces this one.
    pub(crate) fn is_revoked(&self) -> bool {
        self.revoked == Some(true)
    }

    /// Returns whether the publisher withdrew this object.
    pub(crate) fn is_deprecated(&self) -> bool {
        self.x_mitre_deprecated == Some(true)
    }

    /// Returns whether the object is neither revoked nor deprecated.
    pub(crate) fn is_active(&self) -> bool {
        !self.is_revoked() && !self.is_deprecated()
    }

    /// Returns the name, or the id of an object that has none.
    pub(crate) fn label(&self) -> &str {
        self.name.as_deref().filter(|n| !n.is_empty()).unwrap_or(&self.id)
    }
}

/// The readable objects of a bundle.
pub(crate) struct Bundle {
    /// One object for each id, in file order.
    pub(crate) objects: Vec<Object>,
    /// Elements of the list, readable or not.
    pub(crate) total: u64,
    /// Elements left out.
    pub(crate) unreadable: u64,
}

impl Bundle {
    /// Returns the bundle in `text`, `None` when it is no bundle at all.
    pub(crate) fn read(text: &str, findings: &mut Findings<'_>) -> Option<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut top = Top { kind: None, has_objects: false };
        let mut found = Found { objects: Vec::new(), places: Vec::new(), total: 0, unreadable: 0 };
        let mut json = serde_json::Deserializer::from_str(text);
        let seed = TopSeed { top: &mut top, text, found: &mut found, findings: &mut *findings };
        if let Err(e) = seed.deserialize(&mut json).and_then(|()| json.end()) {
            findings.push(not_json(findings.file(), &e));
            return None;
        }
        let right = "a STIX bundle is an object with \"type\": \"bundle\" and a list \"objects\"";
        if !top.has_objects {
            let message = "this is no STIX bundle: it has no list \"objects\"";
            findings.push(Diagnostic::error(findings.file(), "stix.no-bundle", message).help(right));
            return None;
        }
        if top.kind.as_deref() != Some("bundle") {
            findings.warn("stix.no-bundle", "the file does not say that it is a bundle", right);
        }
        Some(found.without_duplicates(text, findings))
    }
}

fn not_json(file: &str, error: &serde_json::Error) -> Diagnostic {
    let complaint = json_complaint(error);
    let code = if error.is_data() { "stix.no-bundle" } else { "stix.not-json" };
    let message = if error.is_eof() { format!("the file ends too early: {complaint}") } else { complaint };
    let right = "expected a complete STIX bundle in JSON; fetch the file again if it was cut off";
    json_place(Diagnostic::error(file, code, message).help(right), error)
}

struct Found {
    objects: Vec<Object>,
    /// Byte offset of each object in the text.
    places: Vec<usize>,
    total: u64,
    unreadable: u64,
}

impl Found {
    fn add(&mut self, raw: &RawValue, text: &str, findings: &mut Findings<'_>) {
        self.total += 1;
        let offset = (raw.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        let complaint = match serde_json::from_str::<Object>(raw.get()) {
            Ok(o) if o.kind.is_empty() || o.id.is_empty() => "it has no \"type\" or no \"id\"".to_owned(),
            Ok(o) => {
                self.objects.push(o);
                self.places.push(offset);
                return;
            }
            Err(e) => json_complaint(&e),
        };
        self.unreadable += 1;
        let message = format!("object {} of the bundle was left out: {complaint}", self.total);
        let diagnostic = Diagnostic::warning(findings.file(), "stix.bad-object", message)
            .help("expected a STIX object with \"type\", \"id\" and fields of the published types");
        let diagnostic = placed(diagnostic, text, offset, findings);
        findings.push(diagnostic);
    }

    /// Keeps one object for each id: the one changed last, as STIX means several
    /// versions of one object.
    fn without_duplicates(self, text: &str, findings: &mut Findings<'_>) -> Bundle {
        let mut kept: BTreeMap<&str, usize> = BTreeMap::new();
        let mut dropped = vec![false; self.objects.len()];
        for (i, object) in self.objects.iter().enumerate() {
            let Some(earlier) = kept.get(object.id.as_str()).copied() else {
                kept.insert(&object.id, i);
                continue;
            };
            let newer = object.modified > self.objects[earlier].modified;
            let (keep, drop) = if newer { (i, earlier) } else { (earlier, i) };
            kept.insert(&object.id, keep);
            dropped[drop] = true;
            let message = format!("{} stands in the bundle more than once; the newest is used", object.id);
            let diagnostic = Diagnostic::warning(findings.file(), "stix.duplicate-id", message)
                .help("an id names one object; remove the older versions");
            let diagnostic = placed(diagnostic, text, self.places[i], findings);
            findings.push(diagnostic);
        }
        drop(kept);
        let lost = dropped.iter().filter(|d| **d).count() as u64;
        let objects = self.objects.into_iter().zip(dropped).filter(|(_, d)| !d).map(|(o, _)| o).collect();
        Bundle { objects, total: self.total, unreadable: self.unreadable + lost }
    }
}

fn placed(diagnostic: Diagnostic, text: &str, offset: usize, findings: &Findings<'_>) -> Diagnostic {
    if !findings.shows(&diagnostic.code) {
        return diagnostic;
    }
    let Position { line, column } = position(text, offset);
    diagnostic.at(line, column)
}

fn position(text: &str, offset: usize) -> Position {
    let before = text.get(..offset).unwrap_or(text);
    let line = 1 + before.bytes().filter(|b| *b == b'\n').count();
    let start = before.rfind('\n').map_or(0, |i| i + 1);
    let column = 1 + before[start..].chars().count();
    Position {
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: u32::try_from(column).unwrap_or(u32::MAX),
    }
}

struct Top {
    kind: Option<String>,
    has_objects: bool,
}

struct TopSeed<'s, 'f> {
    top: &'s mut Top,
    text: &'s str,
    found: &'s mut Found,
    findings: &'s mut Findings<'f>,
}

impl<'de> DeserializeSeed<'de> for TopSeed<'_, '_> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for TopSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a STIX bundle")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "type" => {
                    let raw: &RawValue = map.next_value()?;
                    self.top.kind = serde_json::from_str(raw.get()).ok();
                }
                "objects" => {
                    self.top.has_objects = true;
                    map.next_value_seed(ListSeed {
                        text: self.text,
                        found: &mut *self.found,
                        findings: &mut *self.findings,
                    })?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct ListSeed<'s, 'f> {
    text: &'s str,
    found: &'s mut Found,
    findings: &'s mut Findings<'f>,
}

impl<'de> DeserializeSeed<'de> for ListSeed<'_, '_> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ListSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of STIX objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(raw) = list.next_element::<&RawValue>()? {
            self.found.add(raw, self.text, self.findings);
        }
        Ok(())
    }
}
