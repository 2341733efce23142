//! Attack Flow 2: the campaigns as they were run, with what was measured about each step.

use model::campaign::{Campaign, Operator, Step};
use model::evidence::TechniqueEvidence;
use model::quantity::Interval;
use model::record::{Record, RunInfo};
use serde_json::{Value, json};

use super::{NO_TIME, id, rfc3339};

/// The extension by which STIX 2.1 takes flows, and its author, as MITRE publishes them
/// (<https://center-for-threat-informed-defense.github.io/attack-flow/>).
const FLOW: &str = "extension-definition--fb9c968a-745b-4ade-9b25-c324172197f4";
const FLOW_AUTHOR: &str = "identity--d673f8cb-c168-42da-8ed4-0cb26725f86c";
const FLOW_MADE: &str = "2022-08-02T19:34:35.143Z";

/// Returns a bundle with a flow for each campaign; what was measured about the technique of an action stands
/// in an extension of our own.
pub(super) fn attack_flow(record: &Record, info: Option<&RunInfo>) -> Result<String, &'static str> {
    let info = info.ok_or(NO_TIME)?;
    if record.campaigns.is_empty() {
        return Err("the run has no campaign; make one with `feuerprobe run`");
    }
    let made = rfc3339(info.stored);
    let identity = format!("identity--{}", id("identity", "Feuerprobe"));
    let measured = format!("extension-definition--{}", id("extension", "measured"));
    let mut objects = definitions(&made, &identity, &measured);
    for campaign in &record.campaigns {
        let writer = Writer { record, campaign, made: &made, identity: &identity, measured: &measured };
        objects.extend(writer.objects());
    }
    let bundle = json!({
        "type": "bundle",
        "id": format!("bundle--{}", id("attack-flow bundle", info.id.as_str())),
        "objects": objects,
    });
    Ok(format!("{bundle:#}\n"))
}

fn definitions(made: &str, identity: &str, measured: &str) -> Vec<Value> {
    vec![
        json!({
            "type": "extension-definition", "spec_version": "2.1", "id": FLOW, "name": "Attack Flow",
            "created": FLOW_MADE, "modified": FLOW_MADE, "created_by_ref": FLOW_AUTHOR, "version": "2.0.0",
            "schema": "https://center-for-threat-informed-defense.github.io/attack-flow/stix/attack-flow-schema-2.0.0.json",
            "extension_types": ["new-sdo"],
        }),
        json!({
            "type": "identity", "spec_version": "2.1", "id": FLOW_AUTHOR, "created": FLOW_MADE,
            "modified": FLOW_MADE, "created_by_ref": FLOW_AUTHOR,
            "name": "MITRE Center for Threat-Informed Defense", "identity_class": "organization",
        }),
        json!({
            "type": "identity", "spec_version": "2.1", "id": identity, "created": made, "modified": made,
            "name": "Feuerprobe", "identity_class": "system",
        }),
        json!({
            "type": "extension-definition", "spec_version": "2.1", "id": measured, "created": made,
            "modified": made, "created_by_ref": identity, "name": "Measured detection",
            "description": "tests: verdicts of the technique that count; prevented and alerted: how many of them; \
                            chance_prevented and chance_alerted: mean, low, high of the 95 % credible interval",
            "schema": "docs/exports.md", "version": "1.0.0", "extension_types": ["property-extension"],
        }),
    ]
}

/// Writes one campaign.
struct Writer<'a> {
    record: &'a Record,
    campaign: &'a Campaign,
    made: &'a str,
    identity: &'a str,
    measured: &'a str,
}

impl Writer<'_> {
    fn objects(&self) -> Vec<Value> {
        let campaign = self.campaign;
        let starts = campaign.steps.iter().filter(|s| s.needs.is_empty());
        let starts: Vec<String> = starts.map(|s| self.action_id(s)).collect();
        let flow = self.object("attack-flow", &self.id("attack-flow", ""), &json!({
            "name": campaign.name, "description": campaign.description, "scope": "campaign", "start_refs": starts,
        }));
        let mut objects = vec![flow];
        for step in &campaign.steps {
            objects.push(self.action(step));
            if step.needs.len() > 1 {
                let word = match step.operator {
                    Operator::All => "AND",
                    Operator::Any => "OR",
                };
                let fields = json!({"operator": word, "effect_refs": [self.action_id(step)]});
                objects.push(self.object("attack-operator", &self.operator_id(step), &fields));
            }
        }
        objects
    }

    fn action(&self, step: &Step) -> Value {
        // What comes after: a step that needs this one alone, or the operator before one that needs several.
        let next = self.campaign.steps.iter().filter(|s| s.needs.contains(&step.id));
        let next: Vec<String> =
            next.map(|s| if s.needs.len() > 1 { self.operator_id(s) } else { self.action_id(s) }).collect();
        let mut fields = json!({"name": step.name, "technique_id": step.technique.as_str()});
        if !next.is_empty() {
            fields["effect_refs"] = json!(next);
        }
        let mut action = self.object("attack-action", &self.action_id(step), &fields);
        let evidence = self.record.evidence.techniques.get(&step.technique);
        if let Some(found) = evidence.filter(|e| e.counts.measured() > 0) {
            action["extensions"][self.measured] = measurement(found);
        }
        action
    }

    fn object(&self, kind: &str, id: &str, fields: &Value) -> Value {
        let mut object = json!({
            "type": kind, "spec_version": "2.1", "id": id, "created": self.made, "modified": self.made,
            "created_by_ref": self.identity, "extensions": {FLOW: {"extension_type": "new-sdo"}},
        });
        for (name, value) in fields.as_object().into_iter().flatten() {
            object[name] = value.to_owned();
        }
        object
    }

    fn id(&self, kind: &str, of: &str) -> String {
        format!("{kind}--{}", id(kind, &format!("{}/{of}", self.campaign.id)))
    }

    fn action_id(&self, step: &Step) -> String {
        self.id("attack-action", step.id.as_str())
    }

    fn operator_id(&self, step: &Step) -> String {
        self.id("attack-operator", step.id.as_str())
    }
}

fn measurement(evidence: &TechniqueEvidence) -> Value {
    let range = |i: Interval| json!({"mean": i.value, "low": i.low, "high": i.high});
    json!({
        "extension_type": "property-extension",
        "tests": evidence.counts.measured(),
        "prevented": evidence.counts.prevented,
        "alerted": evidence.counts.alerted,
        "chance_prevented": range(evidence.prevented),
        "chance_alerted": range(evidence.alerted),
    })
}
