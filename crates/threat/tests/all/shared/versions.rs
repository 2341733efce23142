//! The version map against the one change that people made by hand: SigmaHQ's
//! own retagging of its rules from v18 to v19.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use model::attack::{Joined, Matrix, Technique};
use model::id::TechniqueId;
use serde_json::Value;
use threat::{Joiner, read_version_map, version_map};

type Tags = BTreeMap<String, BTreeSet<TechniqueId>>;

#[test]
fn the_built_in_map_holds_the_facts_of_the_shared_one() {
    let Some(bytes) = super::shared("attack/v18-to-v19.json") else { return };
    let (theirs, diagnostics) = read_version_map("v18-to-v19.json", &bytes).into_parts();
    assert_eq!(diagnostics, []);
    let ours = version_map();
    let json: Value = serde_json::from_slice(&bytes).expect("JSON");
    let rows = json["map"].as_object().expect("a table");
    assert_eq!(rows.len(), 17);
    for (older, row) in rows {
        let older = TechniqueId::new(older).expect("an id");
        let closest = TechniqueId::new(row["v19"].as_str().expect("an id")).expect("an id");
        assert_eq!(ours.newer(&older).first(), Some(&closest), "{older}");
        let sorted = |list: &[TechniqueId]| list.iter().cloned().collect::<BTreeSet<_>>();
        assert_eq!(sorted(ours.newer(&older)), sorted(theirs.newer(&older)), "{older}");
        for newer in ours.newer(&older) {
            assert_eq!(ours.older(newer), theirs.older(newer), "{newer}");
        }
    }
}

/// Returns the v19 matrix of the shared index: ids and names only.
fn v19() -> Option<Matrix> {
    let index: Value =
        serde_json::from_slice(&super::shared("attack/enterprise-v19-index.json")?).expect("JSON");
    let mut matrix = threat::catalogue();
    matrix.version = "19".to_owned();
    matrix.revoked.clear();
    matrix.techniques = index["techniques"]
        .as_object()
        .expect("a table")
        .iter()
        .map(|(id, t)| {
            let id = TechniqueId::new(id).expect("an id");
            let name = t["name"].as_str().unwrap_or_default().to_owned();
            (id.clone(), Technique { id, name, tactics: Vec::new(), platforms: Vec::new() })
        })
        .collect();
    Some(matrix)
}

fn techniques<'t>(tags: impl Iterator<Item = &'t str>) -> BTreeSet<TechniqueId> {
    tags.filter_map(|t| TechniqueId::new(t.trim().strip_prefix("attack.")?).ok()).collect()
}

fn before() -> Option<Tags> {
    let json: Value = serde_json::from_slice(&super::shared("sigma/tags-before-v19.json")?).expect("JSON");
    let rules = json["tags"].as_object().expect("a table").iter();
    let tags = |list: &Value| techniques(list.as_array().into_iter().flatten().filter_map(Value::as_str));
    Some(rules.map(|(id, list)| (id.clone(), tags(list))).collect())
}

/// Returns the technique tags of the shared rules by rule id; the two lines
/// needed are plain enough to be read without a YAML parser.
fn after() -> Tags {
    let root = std::env::var_os("FEUERPROBE_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let mut found = Tags::new();
    collect(&root.join("sigma"), &mut found);
    found
}

fn collect(folder: &Path, found: &mut Tags) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|e| e == "yml") {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let id = text.lines().find_map(|l| l.strip_prefix("id: "));
            let tags = text.lines().filter_map(|l| l.trim_start().strip_prefix("- "));
            if let Some(id) = id {
                found.insert(id.trim().to_owned(), techniques(tags));
            }
        }
    }
}

/// How a join of one side's tags compares with the other side's own tags.
#[derive(Debug, Default)]
struct Agreement {
    rules: usize,
    equal: usize,
    contained: usize,
    equal_by_closest: usize,
    lost: usize,
}

fn compare(joiner: &Joiner<'_>, from: &Tags, to: &Tags) -> Agreement {
    let mut sum = Agreement::default();
    for (rule, published) in from {
        let Some(expected) = to.get(rule) else { continue };
        if published == expected || published.is_empty() {
            continue;
        }
        let joined: Vec<Joined> = published.iter().map(|t| joiner.join(t.as_str())).collect();
        let mapped: BTreeSet<_> = joined.iter().flat_map(|j| j.mapped.iter().cloned()).collect();
        sum.rules += 1;
        sum.equal += usize::from(mapped == *expected);
        sum.contained += usize::from(mapped.is_superset(expected));
        let closest: BTreeSet<_> = joined.iter().filter_map(|j| j.mapped.first().cloned()).collect();
        sum.equal_by_closest += usize::from(closest == *expected);
        sum.lost += usize::from(joined.iter().any(|j| j.mapped.is_empty()));
    }
    sum
}

#[test]
fn the_map_agrees_with_the_retagging_of_sigma_rules() {
    let (Some(before), Some(newer)) = (before(), v19()) else { return };
    let Some((older, _)) = super::matrix("enterprise-attack-18.1") else { return };
    let after = after();
    let map = version_map();
    let forward = compare(&Joiner::new(&newer, &map), &before, &after);
    let backward = compare(
        &Joiner::new(&older, &map),
        &after.into_iter().filter(|(id, _)| before.contains_key(id)).collect(),
        &before,
    );
    super::figure(&format!("v18 tags joined to v19: {forward:?}"));
    super::figure(&format!("v19 tags joined to v18.1: {backward:?}"));
    // Not contained are rules whose other tags were changed in the same go.
    assert!(forward.rules >= 235 && forward.contained >= 233 && forward.equal >= 201, "{forward:?}");
    assert!(backward.rules >= 236 && backward.contained >= 231, "{backward:?}");
    assert_eq!((forward.lost, backward.lost), (0, 0));
}
