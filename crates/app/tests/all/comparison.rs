//! What stands first: the plan, doing nothing and the best policy seen; recommendations with
//! efforts of the user's; decision cards that weigh outflow against outage.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use model::decide::{Card, Measure};
use model::quantity::Interval;
use model::record::Record;
use model::scorecard::{LeverKind, Outlook};

fn feuerprobe(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_feuerprobe"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("the program starts")
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn record(folder: &Path, arguments: &[&str]) -> Record {
    let output = feuerprobe(folder, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Record::from_bytes("stdout", &output.stdout).expect("a record")
}

fn starter() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    text(&feuerprobe(folder.path(), &["init", "."]));
    folder
}

fn edit(path: &Path, from: &str, to: &str) {
    let before = fs::read_to_string(path).expect("a file");
    assert!(before.contains(from), "{} has no {from}", path.display());
    fs::write(path, before.replacen(from, to, 1)).expect("written");
}

#[test]
fn the_first_screen_of_run_holds_plan_nothing_and_best() {
    let (empty, starter) = (tempfile::tempdir().expect("a folder"), starter());
    for (folder, campaigns) in [(empty.path(), 2), (starter.path(), 1)] {
        let told = text(&feuerprobe(folder, &["--trials", "240"]));
        let first: Vec<&str> = told.lines().take(24).collect();
        let rows = |who: &str| -> Vec<&str> {
            first.iter().copied().filter(|l| l.trim_start().starts_with(who)).collect()
        };
        let best = rows("best seen: ");
        for who in [rows("our plan: "), rows("doing nothing"), best.clone()] {
            assert!(who.iter().all(|r| r.matches('%').count() == 2), "{who:#?}");
        }
        assert_eq!(
            (rows("our plan: ").len(), rows("doing nothing").len()),
            (campaigns, campaigns),
            "{first:#?}"
        );
        // Where no policy is better in anything, the plan is the best one.
        assert_eq!(best.len() + rows("Best seen is our plan").len(), campaigns, "{first:#?}");
        let page = fs::read_to_string(folder.join("report.html")).expect("the page");
        let front = page.find("doing nothing").zip(page.find("What was tested"));
        assert!(front.is_some_and(|(first, later)| first < later), "the page begins with something else");
    }
}

#[test]
fn where_nobody_responds_a_plan_is_proposed_and_nothing_untrue_is_said() {
    let folder = starter();
    edit(&folder.path().join("feuerprobe.toml"), "[[pair]]", "# no pair\n[ignored]");
    let settings = folder.path().join("feuerprobe.toml");
    let kept = fs::read_to_string(&settings).expect("settings");
    fs::write(&settings, kept.split("# no pair").next().expect("a part")).expect("written");
    let told = text(&feuerprobe(folder.path(), &["--trials", "240"]));
    let flat = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("Nobody responds to this campaign: write a plan."), "{told}");
    for untrue in ["in spite of the response", "by our own containment", "answered with", "our plan: "] {
        assert!(!flat.contains(untrue), "{untrue}: {told}");
    }
    let made = record(folder.path(), &["--trials", "240", "--format", "json", "--quiet"]);
    let kinds: Vec<LeverKind> = made.levers.iter().map(|l| l.kind).collect();
    assert!(kinds.contains(&LeverKind::Policy), "{kinds:?}");
    assert!(kinds.iter().all(|k| matches!(k, LeverKind::Policy | LeverKind::Recovery)), "{kinds:?}");
}

#[test]
fn efforts_of_the_users_count_and_a_key_that_is_none_is_named() {
    let folder = starter();
    let efforts = folder.path().join("efforts.yaml");
    let (assumed, said) =
        assess::read_efforts("efforts.yaml", &fs::read(&efforts).expect("efforts")).into_parts();
    assert_eq!((assumed, said), (assess::Efforts::default(), vec![]), "init writes the defaults");
    edit(&efforts, "change-step: 3", "change-step: 17");
    let made = record(folder.path(), &["--trials", "240", "--format", "json", "--quiet"]);
    let of =
        |key: &str| made.levers.iter().filter(|l| l.effort == key).map(|l| l.effort_days).collect::<Vec<_>>();
    assert!(
        !of("change-step").is_empty() && of("change-step").iter().all(|d| *d == 17.0),
        "{:?}",
        made.levers
    );
    assert!(made.inputs.iter().any(|i| i.name == "efforts"));
    edit(&efforts, "change-step", "change-stop");
    let output = feuerprobe(folder.path(), &["check"]);
    assert_eq!(output.status.code(), Some(2));
    let told =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("efforts.unknown-key") && told.contains("change-step"), "{told}");
}

fn card(folder: &Path, more: &[&str]) -> Card {
    let base = ["decide", "--trials", "300", "--format", "json", "--campaign", "january-leak"];
    let arguments: Vec<&str> = base.iter().chain(more).copied().collect();
    let output = feuerprobe(folder, &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("a card")
}

#[test]
fn a_leak_is_advised_on_only_by_the_trade_off_that_the_estate_states() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = card(folder.path(), &[]);
    assert!(made.advice.is_none() && made.price.is_none());
    assert!(made.frontier.len() >= 2, "{:?}", made.frontier);
    for pair in made.frontier.windows(2) {
        let [less, more] = pair else { panic!("two steps") };
        assert!(more.outflow.value < less.outflow.value && more.expected.value >= less.expected.value);
        assert!(more.worth >= less.worth, "the price of another prevented outflow rises");
    }
    let plan = made.policies.iter().find(|p| p.measure == Measure::Plan).expect("the plan");
    assert!(plan.exercises.is_some_and(|e| e.outflow.high - e.outflow.low > 0.0));
    // Where loss and outflow surely move apart, the word is the trade-off's; nothing that lets
    // surely more out is a gain, and the plan is beside nothing but the others.
    let sure = |i: Interval| i8::from(i.low > 0.0) - i8::from(i.high < 0.0);
    for policy in &made.policies {
        let out = sure(policy.outflow_against_plan.expect("compared"));
        let told = match (policy.measure == Measure::Plan, sure(policy.against_plan), out) {
            (true, _, _) => None,
            (false, -1, 1) | (false, 1, -1) => Some(Outlook::TradeOff),
            (false, -1, _) | (false, _, -1) => Some(Outlook::Gain),
            (false, 1, _) | (false, _, 1) => Some(Outlook::Loss),
            (false, _, _) => Some(Outlook::Open),
        };
        assert_eq!(policy.to_plan, told, "{}", policy.name);
    }
    let word = |name: &str| made.policies.iter().find(|p| p.name == name).expect("the policy").to_plan;
    assert_eq!(word("nothing"), Some(Outlook::TradeOff), "it loses nothing and lets the data out");
    assert_ne!(word("site:isar/confirmed"), Some(Outlook::Gain), "it lets the data out");
    assert!(made.demo && made.exposed > 0);
    // The built-in estate with a price below the first worth, and one above the last.
    let estate = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/provider/estate.yaml");
    let whole = fs::read_to_string(estate).expect("the estate");
    let worth = |n: usize| made.frontier.get(n).and_then(|s| s.worth).unwrap_or(0.0);
    let last = made.frontier.len() - 1;
    for (price, step) in [(worth(1) * 0.5, 0), (worth(last) * 2.0 + 1.0, last)] {
        let own = folder.path().join("provider");
        let _ = fs::remove_dir_all(&own);
        fs::create_dir_all(&own).expect("a folder");
        let stated = format!("trade-off: {{person-hours-per-outflow: {price}}}\n{whole}");
        fs::write(own.join("estate.yaml"), stated).expect("written");
        for part in ["campaigns", "playbooks"] {
            copy(
                &Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/provider").join(part),
                &own.join(part),
            );
        }
        for part in ["rules", "recordings"] {
            copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content").join(part), &own.join(part));
        }
        let settings = "[[pair]]\ncampaign = \"january-leak\"\nplaybook = \"PLAYBOOK\"\n";
        let name = made.plan.clone().unwrap_or_default().replace(' ', "-").to_lowercase();
        fs::write(own.join("feuerprobe.toml"), settings.replace("PLAYBOOK", &name)).expect("written");
        let weighed = card(&own, &[]);
        assert_eq!(weighed.price, Some(price));
        assert!(
            !weighed.policies.iter().any(|p| p.to_plan == Some(Outlook::TradeOff)),
            "the price settles it"
        );
        assert!(!weighed.demo, "a workspace is the user's own");
        let advice = weighed.advice.expect("advice");
        assert_eq!(advice.policy, made.frontier[step].policy, "at {price}");
        assert!(advice.holds.1 > 0 && advice.holds.0 <= advice.holds.1);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").map(|e| e.expect("an entry")) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

#[test]
fn cards_are_stored_listed_and_written_again() {
    let folder = starter();
    let here = folder.path();
    text(&feuerprobe(here, &["race", "--trials", "60", "--quiet"]));
    text(&feuerprobe(here, &["decide", "--trials", "60", "--quiet", "-o", "first.html"]));
    let listed = text(&feuerprobe(here, &["list", "runs", "--format", "csv"]));
    assert!(listed.lines().any(|l| l.contains(",decide,") && l.contains("stolen-password")), "{listed}");
    text(&feuerprobe(here, &["report", "card", "-o", "again.html"]));
    let page = |name: &str| fs::read_to_string(here.join(name)).expect("a page");
    assert!(page("first.html") == page("again.html"), "the card was written otherwise");
    // `latest` is still the race: the crisis verbs go on with it.
    let impact = text(&feuerprobe(here, &["impact"]));
    assert!(!impact.contains("publicly"), "another estate is compared with public outages: {impact}");
    let none = feuerprobe(here, &["report", "card~1"]);
    assert_eq!(none.status.code(), Some(3), "{}", String::from_utf8_lossy(&none.stderr));
}
