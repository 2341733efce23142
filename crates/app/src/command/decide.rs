//! `decide`: which containment, when, and what it costs whom.

use std::path::Path;

use model::campaign::{Campaign, Objective};
use model::decide::{Card, Policy};
use model::diagnostic::Severity;
use race::policies::Tempo;
use rehearsal::{Case, Extent, Settings};
use store::CARD;

use super::writable;
use crate::args::{Common, DecideArguments, Format};
use crate::clock;
use crate::error::{Exit, Failure};
use crate::files;
use crate::intake::{Workspace, WorkspaceSpec, choice, open_ledger, remember};
use crate::ui::Ui;

/// Columns of the card.
const WIDTH: usize = 80;

/// Trials of each policy when nothing is said: the card races some fifty times.
const TRIALS: u32 = 1_000;

/// Races every policy, stores and prints the card, and writes the page and the playbook if asked for.
pub(super) fn decide(arguments: &DecideArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let spec =
        WorkspaceSpec { seed: arguments.seed, trials: arguments.trials, ..arguments.content.spec(common) };
    let sources = Workspace::find(&spec)?.sources;
    let campaign = arguments.campaign.as_deref().map(choice);
    let playbook = arguments.playbook.as_deref().map(choice);
    sources.refuse_mixture(campaign.as_ref(), playbook.as_ref())?;
    for page in [&arguments.output, &arguments.cacao] {
        writable(page.as_deref())?;
    }
    let payload = |c: &Campaign| c.objective == Objective::Payload;
    let read = sources.read(Extent::Whole)?.choose(campaign.as_ref(), playbook.as_ref())?;
    let ledger = open_ledger(common)?;
    let mut intake = read.keep_one(payload).sound()?;
    remember(&mut intake, &sources, &ledger, ui)?;
    let Some(estate) = &intake.estate else {
        return Err(Failure::Nothing("there is no estate to decide on".to_owned()));
    };
    ui.findings(&intake.diagnostics, Severity::Warning);
    let trials = arguments.trials.unwrap_or(TRIALS);
    let settings = Settings { trials, ..sources.settings };
    let mut record = rehearsal::prepared(&intake, settings, ui);
    let pairing = intake.pairing();
    let Some((campaign, plan)) = pairing.first().copied() else {
        return Err(Failure::Nothing("there is no campaign to decide on".to_owned()));
    };
    let tempo = Tempo::of(plan);
    let case = Case {
        estate,
        campaign,
        plan,
        tempo: &tempo,
        evidence: &record.evidence,
        settings,
        confidence: arguments.confidence,
        demo: record.is_demo(),
    };
    if let Some(name) = &arguments.policy {
        known(name, &rehearsal::policies(case))?;
    }
    let (card, policies) = rehearsal::decide(case, ui);
    record.card = Some(card.clone());
    ledger.store(&record, CARD, &report::one_line(&record), clock::now())?;
    print(&card, arguments, common, ui)?;
    if let Some(path) = &arguments.cacao {
        export(&card, &policies, arguments.policy.as_deref(), path, ui)?;
    }
    Ok(Exit::Passed)
}

fn print(card: &Card, arguments: &DecideArguments, common: &Common, ui: &Ui) -> Result<(), Failure> {
    let language = arguments.lang.into();
    if let Some(path) = &arguments.output {
        files::put(path, &report::decide_html(card, language))?;
        ui.say(&format!("wrote {}", path.display()));
    }
    match common.format {
        Format::Json => ui.data(&format!("{}\n", report::decide_json(card))),
        _ if common.quiet => {}
        _ => ui.data(&report::decide_text(card, language, WIDTH)),
    }
    Ok(())
}

/// Writes a policy as a CACAO 2.0 playbook.
fn export(
    card: &Card,
    policies: &[Policy],
    named: Option<&str>,
    path: &Path,
    ui: &Ui,
) -> Result<(), Failure> {
    let advised = || card.advice.as_ref().map(|a| a.policy.as_str());
    let Some(name) = named.or_else(advised) else {
        return Err(Failure::Nothing("no policy is advised; name one with --policy".to_owned()));
    };
    let policy = known(name, policies)?;
    let text = policy
        .playbook
        .as_ref()
        .and_then(|playbook| race::write_playbook(playbook, &clock::rfc3339(clock::now())))
        .ok_or_else(|| {
            Failure::Usage(format!("the policy {name} is no playbook to write: name another with --policy"))
        })?;
    files::put(path, &text)?;
    ui.say(&format!("wrote {} as {}", name, path.display()));
    Ok(())
}

/// Returns the policy of this name.
fn known<'a>(name: &str, policies: &'a [Policy]) -> Result<&'a Policy, Failure> {
    let names = || policies.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ");
    policies.iter().find(|p| p.name == name).ok_or_else(|| Failure::Unknown {
        what: "policy",
        name: name.to_owned(),
        hint: format!("there are {}", names()),
    })
}
