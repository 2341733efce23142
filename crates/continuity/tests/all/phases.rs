//! Recovery in phases, relapse, lost data and re-admission, each against what a hand
//! calculation gives.

use continuity::{Gone, crisis, impacts, read_estate, recovery, restart};
use model::estate::{Estate, Skill};
use model::id::AssetId;
use model::impact::{DataLoss, Return};
use model::quantity::{Millis, Quantiles, Ratio};
use model::recovery::{Backup, Care, CopyAge, Phase, Phases, Readmission, RelapseOdds, WarmUp};
use model::restart::{Hands, Hold, More};
use model::trial::{Down, DownCause, Relapse, Trial};
use proptest::prelude::*;

const HOUR: u64 = Millis::HOUR.0;

/// Two sites, each with mail on a storage of its own; the backups of the north lie on the
/// vault in the south.
fn estate() -> Estate {
    let (estate, found) =
        read_estate("vault.yaml", include_str!("../data/vault.yaml").as_bytes()).into_parts();
    estate.unwrap_or_else(|| panic!("{found:?}"))
}

fn hours(h: u64) -> Millis {
    Millis(h * HOUR)
}

fn quantiles(h: u64) -> Option<Quantiles> {
    Quantiles::new(h as f64 * 60.0, h as f64 * 60.0)
}

fn place(estate: &Estate, id: &str) -> u32 {
    estate.assets.iter().position(|a| a.id.as_str() == id).expect("in the estate") as u32
}

fn care(examine: u64, clean: u64, verify: u64, release: u64) -> Care {
    Care { examine: hours(examine), clean: hours(clean), verify: hours(verify), release: hours(release) }
}

fn down(asset: u32, cause: DownCause, work: u64, care: Care) -> Down {
    Down { asset, at: Millis(0), cause, attempts: 1, work: hours(work), care, copies: None }
}

fn trial(down: Vec<Down>) -> Trial {
    Trial { down, declared: Some(Millis(0)), ..Trial::default() }
}

/// Returns begin and end of each return in hours, with the place of the asset.
fn told(returns: &[Return]) -> Vec<(u32, u64, u64)> {
    returns.iter().map(|r| (r.asset, r.begin.0 / HOUR, r.back.0 / HOUR)).collect()
}

#[test]
fn phases_come_one_after_the_other_and_only_the_start_waits_for_what_it_needs() {
    let estate = estate();
    let (storage, mail) = (place(&estate, "north-storage"), place(&estate, "north-mail"));
    let off = DownCause::Containment;
    let trial = trial(vec![down(storage, off, 2, care(3, 0, 1, 4)), down(mail, off, 1, care(4, 0, 0, 0))]);
    // Both are examined at once by two teams. Storage: 3 + 2 + 1 + 4 = 10. Mail is examined
    // by hour 4, and started once storage is released.
    assert_eq!(told(&recovery(&estate, &trial)), [(storage, 0, 10), (mail, 0, 11)]);
}

#[test]
fn one_team_examines_one_after_the_other_and_a_release_keeps_nobody_busy() {
    let mut estate = estate();
    estate.recovery.forensic_teams = Some(1);
    let south = ["south-mail", "south-vault"].map(|id| place(&estate, id));
    let downs = south.map(|a| down(a, DownCause::Containment, 1, care(3, 0, 0, 9))).to_vec();
    let backs = |estate: &Estate| -> Vec<u64> {
        recovery(estate, &trial(downs.clone())).iter().map(|r| r.back.0 / HOUR).collect()
    };
    // Examined by 3 and 6, started by 4 and 7 by the only crew, released 9 hours later.
    let mut one = backs(&estate);
    one.sort_unstable();
    assert_eq!(one, [13, 16]);
    // Without teams of the provider the crew of the site examines too.
    estate.recovery.forensic_teams = None;
    let mut crew = backs(&estate);
    crew.sort_unstable();
    assert_eq!(crew, [13, 17], "3 + 1 + 9 and 4 + 3 + 1 + 9, or as the list goes");
}

#[test]
fn a_crew_does_only_what_it_can_do() {
    let mut estate = estate();
    let south = ["south-mail", "south-storage", "south-vault"].map(|id| place(&estate, id));
    let skill = |name: &str, crews| Skill { name: name.to_owned(), crews };
    estate.sites[1].skills = vec![skill("tape", 1), skill("unix", 1)];
    for (asset, name) in south.iter().zip(["unix", "unix", "tape"]) {
        estate.assets[*asset as usize].skill = Some(name.to_owned());
    }
    let downs = south.map(|a| down(a, DownCause::Containment, 5, care(0, 0, 0, 0))).to_vec();
    // Unix brings the storage and then the mail; tape brings the vault meanwhile.
    let mut told = told(&recovery(&estate, &trial(downs)));
    told.sort_by_key(|t| (t.2, t.1, t.0));
    assert_eq!(told, [(south[1], 0, 5), (south[2], 0, 5), (south[0], 5, 10)]);

    let gone: Vec<Gone> = south.iter().map(|a| Gone::new(*a, DownCause::Containment)).collect();
    let plan = restart(&estate, &gone);
    let by = |id: &str| {
        let position = plan.positions.iter().find(|p| p.asset.as_str() == id).expect("in the plan");
        position.phases[0].by.clone()
    };
    let crew = |name: &str| Hands::Crew {
        site: estate.sites[1].id.clone(),
        skill: Some(name.to_owned()),
        number: 1,
    };
    assert_eq!((by("south-vault"), by("south-mail")), (crew("tape"), crew("unix")));
    let skills: Vec<_> = plan.gains.iter().map(|g| (&g.more, g.today)).collect();
    let more = |name: &str| More::Crew { site: estate.sites[1].id.clone(), skill: Some(name.to_owned()) };
    assert!(skills.contains(&(&more("tape"), 1)) && skills.contains(&(&more("unix"), 1)), "{skills:?}");
}

#[test]
fn data_is_read_back_at_the_rate_of_the_site_once_its_backup_works() {
    let mut estate = estate();
    let (storage, mail, vault) =
        (place(&estate, "north-storage"), place(&estate, "north-mail"), place(&estate, "south-vault"));
    // 6,000 GB at 1,000 GB an hour: 6 hours each, one after the other.
    let lost = |asset| down(asset, DownCause::Attack, 1, care(0, 0, 0, 0));
    let both = trial(vec![lost(storage), lost(mail)]);
    assert_eq!(told(&recovery(&estate, &both)), [(storage, 0, 7), (mail, 7, 14)]);
    // With the vault gone too, data waits until it is back.
    let vault_off = down(vault, DownCause::Containment, 20, care(0, 0, 0, 0));
    let all = trial(vec![lost(storage), lost(mail), vault_off]);
    assert_eq!(told(&recovery(&estate, &all))[0], (storage, 0, 26));
    // Nothing is read back where nothing was lost, and nothing waits for the vault then.
    let off = |asset| down(asset, DownCause::Containment, 1, care(0, 0, 0, 0));
    assert_eq!(told(&recovery(&estate, &trial(vec![off(storage)]))), [(storage, 0, 1)]);
    let both = trial(vec![off(storage), vault_off]);
    assert_eq!(told(&recovery(&estate, &both)), [(storage, 0, 1), (vault, 0, 20)]);
    // A vault that needs the storage whose data it holds is no reason to wait for ever.
    estate.assets[vault as usize].role = "mail".to_owned();
    estate.assets[vault as usize].site = estate.sites[0].id.clone();
    let circle = recovery(&estate, &trial(vec![lost(storage), lost(vault)]));
    assert_eq!(circle.len(), 2, "{circle:?}");
}

/// Storage is back at 2 and mail, which needs it, at 3. Five hours after the first return
/// something is found: both go off, are examined for 4 hours more, and return in order.
#[test]
fn a_relapse_takes_the_site_off_once_more() {
    let estate = estate();
    let (storage, mail, south) =
        (place(&estate, "north-storage"), place(&estate, "north-mail"), place(&estate, "south-mail"));
    let off = |asset, work, examine| down(asset, DownCause::Containment, work, care(examine, 0, 0, 0));
    let mut trial = trial(vec![off(storage, 2, 0), off(mail, 1, 0), off(south, 30, 0)]);
    let seen = hours(5);
    trial.relapse = Some(Relapse { site: 0, seen, down: vec![off(storage, 2, 4), off(mail, 1, 4)] });
    let returns = recovery(&estate, &trial);
    let list: Vec<(u32, u64, u64, Option<u64>)> = returns
        .iter()
        .map(|r| (r.asset, r.begin.0 / HOUR, r.back.0 / HOUR, r.again.map(|a| a.0 / HOUR)))
        .collect();
    assert_eq!(
        list,
        [
            (storage, 0, 2, None),
            (storage, 7, 13, Some(7)),
            (mail, 2, 3, None),
            (mail, 7, 14, Some(7)),
            (south, 0, 30, None),
        ]
    );
    let impact = &impacts(&estate, &[trial.clone()])[0];
    // Mail of the north: 3 hours, and from 7 to 14.
    assert_eq!(impact.hostings[0].services[0].total(), hours(3 + 7));
    assert_eq!(impact.recovered, Some(hours(30)));
    assert!(impact.relapsed);
    let figures = crisis(&estate, "a relapse", &[trial]);
    assert_eq!(figures.relapsed, Ratio::ONE);
    assert_eq!(figures.relapse_cost.0, 7 * 100_000, "seven hours more for the people of the north");
}

#[test]
fn what_was_not_started_yet_goes_on_where_it_stood() {
    let estate = estate();
    let (storage, mail) = (place(&estate, "north-storage"), place(&estate, "north-mail"));
    let off = DownCause::Containment;
    // Storage is back at 1; something is found at 2; mail is examined until 9.
    let mut trial =
        trial(vec![down(storage, off, 1, care(0, 0, 0, 0)), down(mail, off, 1, care(9, 0, 0, 0))]);
    let again = vec![down(storage, off, 1, care(2, 0, 0, 0)), down(mail, off, 1, care(50, 0, 0, 0))];
    trial.relapse = Some(Relapse { site: 0, seen: hours(1), down: again });
    let returns = recovery(&estate, &trial);
    assert_eq!(told(&returns), [(storage, 0, 1), (storage, 2, 5), (mail, 0, 10)]);
}

#[test]
fn lost_data_is_what_the_last_clean_copy_that_is_left_does_not_hold() {
    let estate = estate();
    let (mail, vault) = (place(&estate, "north-mail"), place(&estate, "south-vault"));
    let copies = Some(CopyAge { online: hours(3), offline: Some(hours(100)) });
    let lost = |copies| Down { copies, at: hours(60), ..down(mail, DownCause::Attack, 1, care(0, 0, 0, 0)) };
    let base = Trial { foothold: Some(hours(10)), end: hours(60), ..trial(vec![lost(copies)]) };
    let loss = |trial: &Trial| impacts(&estate, std::slice::from_ref(trial))[0].hostings[0].data[0];
    assert_eq!(loss(&base), Some(DataLoss::Last(hours(3))), "nobody was at the backups");
    // The attacker was there: the first backup before hour 10 is 3 + 2 x 24 hours old.
    let seen = Trial { reached: vec![vault], ..base.clone() };
    assert_eq!(loss(&seen), Some(DataLoss::Last(hours(51))));
    // The backups are lost as well: the copy that no network reaches.
    let vault_lost = down(vault, DownCause::Attack, 1, care(0, 0, 0, 0));
    let gone = |copies| Trial { down: vec![lost(copies), vault_lost], ..seen.clone() };
    assert_eq!(loss(&gone(copies)), Some(DataLoss::Last(hours(100))));
    let online_only = Some(CopyAge { online: hours(3), offline: None });
    assert_eq!(loss(&gone(online_only)), Some(DataLoss::All));
    // What is only switched off has lost nothing.
    let off = Trial { down: vec![down(mail, DownCause::Containment, 1, care(0, 0, 0, 0))], ..base.clone() };
    assert_eq!(loss(&off), None);

    let figures = crisis(&estate, "all", &[base, gone(online_only), off]);
    let mail = figures.services.iter().find(|s| s.service.as_str() == "mail").expect("hit");
    assert_eq!((mail.data_lost, mail.data_gone), (Ratio::of(2, 3), Ratio::of(1, 3)));
    assert_eq!(mail.data_age.map(|a| a.q50), Some(hours(3)));
    assert_eq!((mail.rpo, mail.rpo_missed), (Some(hours(24)), Some(Ratio::of(1, 3))));
}

/// The mail of the north has two tenants of 90,000 and 10,000 people.
fn surging(readmission: Readmission) -> Estate {
    let mut estate = estate();
    let mail = estate.services.iter_mut().find(|s| s.id.as_str() == "mail").expect("there");
    mail.warm_up = Some(WarmUp { surge: 3.0, fades: hours(2), headroom: 1.5 });
    estate.recovery.readmission = readmission;
    estate
}

#[test]
fn tenants_wait_for_their_stage_and_all_at_once_costs_more() {
    let estate = surging(Readmission::Staged);
    let mail = place(&estate, "north-mail");
    let off = |hours| trial(vec![down(mail, DownCause::Containment, hours, care(0, 0, 0, 0))]);
    let impact = |estate: &Estate, hours| impacts(estate, &[off(hours)])[0].clone();
    // It carries 1.5 times the usual and is asked for 3 times: half can come at once, so
    // the 10,000 wait for nothing, and of the 90,000 the last are in after
    // 3 x 120 min x ln((1 - 1/3) x 1.5 / 0.5) = 249.5, in whole minutes.
    let wait = Millis(250 * 60_000);
    let got = impact(&estate, 10);
    assert_eq!(got.containment.0, (10.0 * 1e5 + 90_000.0 * wait.hours()).round() as u64);
    assert_eq!(got.waiting.0, (90_000.0 * wait.hours()).round() as u64);
    let at_once = impact(&surging(Readmission::AtOnce), 10);
    assert_eq!(at_once.waiting.0 - got.waiting.0, 2 * 100_000, "two hours more for all");
    assert_eq!(impact(&estate, 1).waiting.0, 0, "an hour leaves nobody retrying");
    // Each tenant sees its own outage.
    let figures = crisis(&estate, "mail", &[off(10)]);
    let normal = |id: &str| figures.tenants.iter().find(|t| t.tenant.as_str() == id).expect("hit").normal.q50;
    assert_eq!((normal("small"), normal("large")), (hours(10), hours(10).saturating_add(wait)));
    assert_eq!(
        figures.restored.map(|r| r.q50),
        [hours(10), hours(10), hours(10).saturating_add(wait), hours(10).saturating_add(wait)]
    );
    let service = &figures.services[0];
    assert_eq!(service.normal.q50, hours(10).saturating_add(wait), "until the last of them is in");
}

#[test]
fn a_plan_tells_phases_stages_data_and_what_more_would_bring() {
    let mut estate = surging(Readmission::Staged);
    estate.recovery.relapse =
        Some(RelapseOdds { chance: Ratio::clamped(0.2), seen: quantiles(48).expect("valid") });
    for asset in &mut estate.assets {
        asset.phases = Phases {
            examine: quantiles(6),
            clean: quantiles(2),
            verify: quantiles(1),
            release: (asset.role == "mail").then(|| quantiles(3)).flatten(),
        };
        asset.restart_failure = Ratio::ZERO;
    }
    let all: Vec<Gone> = (0..estate.assets.len() as u32).map(|a| Gone::new(a, DownCause::Attack)).collect();
    let plan = restart(&estate, &all);
    let of = |id: &str| plan.positions.iter().find(|p| p.asset.as_str() == id).expect("in the plan");
    let mail = of("north-mail");
    let told: Vec<(Phase, bool)> = mail.phases.iter().map(|p| (p.phase, p.by == Hands::Outside)).collect();
    assert_eq!(
        told,
        [
            (Phase::Examine, false),
            (Phase::Clean, false),
            (Phase::Rebuild, false),
            (Phase::Restore, false),
            (Phase::Verify, false),
            (Phase::Release, true)
        ]
    );
    assert!(mail.phases.windows(2).all(|w| w[0].end <= w[1].begin));
    assert_eq!(mail.phases.last().map(|p| p.end), Some(mail.back));
    assert!(matches!(mail.start_hold, Some(Hold::Needs { .. })), "{:?}", mail.start_hold);
    assert_eq!(mail.data_loss, Some(DataLoss::Last(hours(168))), "the vault is lost too");
    let first = |id: &str| of(id).phases[0].by.clone();
    assert!(matches!(first("south-vault"), Hands::Forensics { .. }));
    let kinds: Vec<&More> = plan.gains.iter().map(|g| &g.more).collect();
    assert!(kinds.contains(&&More::Forensics), "{kinds:?}");
    assert!(kinds.iter().any(|m| matches!(m, More::Bandwidth { .. })));
    assert_eq!(plan.relapse, Some(Ratio::clamped(0.2)));
    let staged = &plan.staged.iter().find(|s| s.site.as_str() == "north").expect("mail returns in stages");
    assert_eq!(staged.overload, 2.0);
    assert_eq!(staged.stages.iter().map(|s| s.insured).sum::<u64>(), 100_000);
    let service = plan
        .services
        .iter()
        .find(|s| s.service.as_str() == "mail" && s.hosting.as_str() == "north")
        .expect("down");
    assert_eq!(service.all_in.saturating_sub(service.back), Millis(250 * 60_000));
    assert_eq!(staged.stages.last().map(|s| s.to), Some(service.all_in));

    // Half executed: what is done is not planned again.
    let gone =
        Gone { done: Some(Phase::Rebuild), ..Gone::new(place(&estate, "north-mail"), DownCause::Attack) };
    let rest = restart(&estate, &[gone]);
    let left: Vec<Phase> = rest.positions[0].phases.iter().map(|p| p.phase).collect();
    assert_eq!(left, [Phase::Restore, Phase::Verify, Phase::Release]);
    let done = Gone { done: Some(Phase::Release), ..gone };
    assert_eq!(restart(&estate, &[done]).positions, []);
    let touched = Gone { touched: true, ..Gone::new(gone.asset, DownCause::Containment) };
    assert!(restart(&estate, &[touched]).positions[0].phases.iter().any(|p| p.phase == Phase::Clean));
}

#[test]
fn a_backup_on_what_needs_its_data_to_start_is_warned_of() {
    let text = include_str!("../data/vault.yaml").replacen("at: south-vault", "at: north-mail", 1);
    let (estate, found) = read_estate("vault.yaml", text.as_bytes()).into_parts();
    let codes: Vec<&str> = found.iter().map(|d| d.code.as_str()).collect();
    assert_eq!(codes, ["estate.backup-circle"], "{found:?}");
    assert!(found[0].message.contains("north-storage lie on north-mail"), "{}", found[0]);
    let estate = estate.expect("a warning stops nobody");
    let all: Vec<Gone> = (0..estate.assets.len() as u32).map(|a| Gone::new(a, DownCause::Attack)).collect();
    assert_eq!(restart(&estate, &all).positions.len(), estate.assets.len(), "everything comes back");
}

#[test]
fn a_backup_that_lies_nowhere_known_says_nothing() {
    let mut estate = estate();
    let elsewhere = AssetId::new("elsewhere").expect("valid");
    estate.assets[1].backup = Some(Backup { at: elsewhere, every: hours(24), offline: None });
    let lost = Down {
        copies: Some(CopyAge { online: hours(3), offline: None }),
        ..down(1, DownCause::Attack, 1, care(0, 0, 0, 0))
    };
    assert_eq!(impacts(&estate, &[trial(vec![lost])])[0].hostings[0].data[0], None);
}

proptest! {
    /// However few crews and teams there are and whatever the second return takes, a relapse
    /// never makes anything better; phases of an asset take at least their sum.
    #[test]
    fn a_relapse_never_helps(
        list in prop::collection::vec((0_u32..4, 1_u64..20, 0_u64..9, 0_u64..5, any::<bool>()), 1..5),
        site in 0_u16..2,
        seen in 1_u64..40,
        hands in prop_oneof![Just(100_u16), 1_u16..3],
        again in prop::option::of((1_u64..20, 0_u64..9, 0_u64..5)),
    ) {
        let mut estate = estate();
        for site in &mut estate.sites {
            site.crews = hands;
        }
        estate.recovery.forensic_teams = Some(hands);
        let downs: Vec<Down> = list
            .iter()
            .map(|(asset, work, examine, verify, attack)| {
                let cause = if *attack { DownCause::Attack } else { DownCause::Containment };
                down(*asset, cause, *work, care(*examine, 0, *verify, 0))
            })
            .collect();
        let here = |d: &&Down| estate.assets[d.asset as usize].site == estate.sites[usize::from(site)].id;
        let second = |d: &Down| match again {
            Some((work, examine, verify)) => down(d.asset, DownCause::Containment, work, care(examine, 0, verify, 0)),
            None => Down { cause: DownCause::Containment, ..*d },
        };
        let relapse = Relapse { site, seen: hours(seen), down: downs.iter().filter(here).map(second).collect() };
        let plain = trial(downs.clone());
        let relapsed = Trial { relapse: Some(relapse), ..plain.clone() };
        let got = impacts(&estate, &[plain.clone(), relapsed.clone()]);
        prop_assert!(got[1].attack >= got[0].attack);
        prop_assert!(got[1].attack.0 + got[1].containment.0 >= got[0].attack.0 + got[0].containment.0);
        prop_assert!(got[1].recovered >= got[0].recovered);
        let returns = recovery(&estate, &relapsed);
        for returned in recovery(&estate, &plain) {
            let longest = downs.iter().filter(|d| d.asset == returned.asset);
            let longest = longest.map(|d| d.work.0 + d.care.examine.0 + d.care.verify.0).max().unwrap_or(0);
            prop_assert!(returned.back.0 >= longest);
            let first = returns.iter().filter(|r| r.asset == returned.asset).map(|r| r.back).min();
            prop_assert!(first >= Some(returned.back), "{returned:?} {first:?}");
        }
        for pair in returns.windows(2).filter(|w| w[0].asset == w[1].asset) {
            prop_assert!(pair[0].back <= pair[1].again.unwrap_or_default(), "{pair:?}");
        }
    }
}

/// Storage is switched off (started in 1 h, checked in 2), mail lost (rebuilt in 1 h, data in
/// 6). An hour after the storage is back something is found, while the mail is being read
/// back: it is rebuilt already and must be started, and its data read from the beginning.
#[test]
fn what_a_relapse_interrupts_is_done_whole() {
    let estate = estate();
    let (storage, mail) = (place(&estate, "north-storage"), place(&estate, "north-mail"));
    let downs = vec![
        down(storage, DownCause::Containment, 1, care(0, 0, 2, 0)),
        down(mail, DownCause::Attack, 1, care(0, 0, 0, 0)),
    ];
    let again = downs.iter().map(|d| Down { cause: DownCause::Containment, ..*d }).collect();
    let mut trial = trial(downs);
    assert_eq!(told(&recovery(&estate, &trial)), [(storage, 0, 3), (mail, 3, 10)]);
    trial.relapse = Some(Relapse { site: 0, seen: hours(1), down: again });
    // Off at 4; the storage returns at 7, the mail is started until 8 and read back until 14.
    assert_eq!(told(&recovery(&estate, &trial)), [(storage, 0, 3), (storage, 4, 7), (mail, 3, 14)]);
}

/// The built-in provider with hands enough for all, starts that never fail, and no data that
/// would queue for the rate of a site.
fn provider_without_queues() -> Estate {
    let text = include_str!("../../../../content/provider/estate.yaml");
    let mut estate =
        read_estate("estate.yaml", text.as_bytes()).into_parts().0.expect("the built-in estate is good");
    estate.recovery.forensic_teams = Some(1_000);
    for site in &mut estate.sites {
        site.crews = 1_000;
    }
    for asset in &mut estate.assets {
        asset.restart_failure = Ratio::ZERO;
        asset.data_gb = 0;
        if asset.role == "backup" {
            // The last of all, so that who waits for it without need is seen.
            asset.phases.examine = quantiles(2_000);
        }
    }
    estate
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Where nobody queues there is one schedule, and trial and plan, which are made in
    /// different ways, both find it.
    #[test]
    fn a_trial_and_a_plan_agree_where_nobody_queues(
        list in prop::collection::btree_map(0_usize..62, any::<(bool, bool)>(), 1..40),
    ) {
        let estate = provider_without_queues();
        let minutes = |q: Option<Quantiles>| q.map_or(Millis(0), |q| Millis::from_minutes(q.q50));
        let mut gone = Vec::new();
        let mut downs = Vec::new();
        for (asset, (attack, touched)) in list {
            let about = &estate.assets[asset];
            let cause = if attack { DownCause::Attack } else { DownCause::Containment };
            gone.push(Gone { touched, ..Gone::new(asset as u32, cause) });
            let phases = about.phases;
            downs.push(Down {
                asset: asset as u32,
                at: Millis(0),
                cause,
                attempts: 1,
                work: minutes(Some(if attack { about.restore } else { about.restart })),
                care: Care {
                    examine: minutes(phases.examine),
                    clean: minutes(phases.clean.filter(|_| attack || touched)),
                    verify: minutes(phases.verify),
                    release: minutes(phases.release),
                },
                copies: None,
            });
        }
        let plan = restart(&estate, &gone);
        let returns = recovery(&estate, &trial(downs));
        prop_assert_eq!(plan.positions.len(), returns.len());
        for returned in returns {
            let id = &estate.assets[returned.asset as usize].id;
            let planned = plan.positions.iter().find(|p| p.asset == *id).map(|p| p.back);
            prop_assert_eq!(planned, Some(returned.back), "{}", id);
        }
    }
}
