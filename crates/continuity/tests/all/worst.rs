//! What counts where several things could: the worse of two falls, the worst of several
//! losses, what is in the middle of its start, and all by service and people.

use continuity::{crisis, impacts, read_estate, recovery};
use model::estate::{Estate, Weight};
use model::impact::{DataLoss, Return};
use model::quantity::{Millis, Ratio};
use model::recovery::{Care, CopyAge};
use model::trial::{Down, DownCause, Relapse, Trial};

/// Two sites, each with mail on a storage of its own; the backups of the north lie on the
/// vault in the south.
fn estate() -> Estate {
    read_estate("vault.yaml", include_str!("../data/vault.yaml").as_bytes())
        .into_parts()
        .0
        .expect("it is good")
}

fn hours(h: u64) -> Millis {
    Millis(h * Millis::HOUR.0)
}

fn place(estate: &Estate, id: &str) -> u32 {
    estate.assets.iter().position(|a| a.id.as_str() == id).expect("in the estate") as u32
}

fn down(asset: u32, cause: DownCause, work: u64) -> Down {
    let care = Care::default();
    Down { asset, at: Millis(0), cause, attempts: 1, work: hours(work), care, copies: None }
}

fn trial(down: Vec<Down>) -> Trial {
    Trial { down, declared: Some(Millis(0)), ..Trial::default() }
}

/// Returns begin and end of each return in hours, with the place of the asset.
fn told(returns: &[Return]) -> Vec<(u32, u64, u64)> {
    let hour = |at: Millis| at.0 / Millis::HOUR.0;
    returns.iter().map(|r| (r.asset, hour(r.begin), hour(r.back))).collect()
}

/// Storage is back at 2; mail is started from 2 to 7. Something is found at 4, in the middle of
/// that start: mail goes off as well, and is started anew once the storage is back at 6.
#[test]
fn what_is_being_started_is_taken_off_too() {
    let estate = estate();
    let (storage, mail) = (place(&estate, "north-storage"), place(&estate, "north-mail"));
    let off = |asset, work| down(asset, DownCause::Containment, work);
    let mut trial = trial(vec![off(storage, 2), off(mail, 5)]);
    let again = vec![off(storage, 2), off(mail, 5)];
    trial.relapse = Some(Relapse { site: 0, seen: hours(2), down: again });
    assert_eq!(told(&recovery(&estate, &trial)), [(storage, 0, 2), (storage, 4, 6), (mail, 2, 11)]);
}

/// An asset that is switched off and then lost, or the other way round, is lost: rebuilt for
/// the longer time and given its data back.
#[test]
fn of_two_falls_the_worse_counts() {
    let estate = estate();
    let storage = place(&estate, "north-storage");
    let off = down(storage, DownCause::Containment, 1);
    let lost = down(storage, DownCause::Attack, 3);
    for both in [vec![off, lost], vec![lost, off]] {
        assert_eq!(told(&recovery(&estate, &trial(both))), [(storage, 0, 3 + 6)]);
    }
    // It is down from the earlier of the two on.
    let later = |down: Down, h| Down { at: hours(h), ..down };
    for (one, other) in [(2, 5), (5, 2)] {
        for both in [vec![later(off, one), later(lost, other)], vec![later(lost, one), later(off, other)]] {
            assert_eq!(told(&recovery(&estate, &trial(both))), [(storage, 2, 2 + 3 + 6)]);
        }
    }
    // Of two losses with copies of another age the older copy is what is left.
    let aged = |h| Down { copies: Some(CopyAge { online: hours(h), offline: None }), ..lost };
    for both in [vec![aged(3), aged(8)], vec![aged(8), aged(3)]] {
        let impact = &impacts(&estate, &[trial(both)])[0];
        assert_eq!(impact.hostings[0].data[0], Some(DataLoss::Last(hours(8))));
    }
}

#[test]
fn a_service_loses_what_the_worst_of_its_assets_loses() {
    let estate = estate();
    let (storage, mail) = (place(&estate, "north-storage"), place(&estate, "north-mail"));
    let lost = |asset, age| Down {
        copies: Some(CopyAge { online: hours(age), offline: None }),
        ..down(asset, DownCause::Attack, 1)
    };
    for (a, b) in [(3, 20), (20, 3)] {
        let impact = &impacts(&estate, &[trial(vec![lost(storage, a), lost(mail, b)])])[0];
        assert_eq!(impact.hostings[0].data[0], Some(DataLoss::Last(hours(20))), "{a} {b}");
    }
}

/// The only service through which the tenant is heard is down from hour 40 on. It is told
/// after 4 hours, so half of the reports, written in 36 hours in the median, still leave.
#[test]
fn tenants_are_told_after_four_hours() {
    let mut estate = estate();
    for service in &mut estate.services {
        service.reaches = service.id.as_str() == "mail";
    }
    let mail = place(&estate, "north-mail");
    let gone = Down { at: hours(40), ..down(mail, DownCause::Containment, 500) };
    let figures = crisis(&estate, "mail", &[trial(vec![gone])]);
    let clock = figures.clocks.iter().find(|c| c.key == "gdpr-33-1").expect("in the list");
    assert!(clock.met.is_some_and(|met| (met.get() - 0.5).abs() < 1e-9), "{:?}", clock.met);
    assert!(clock.alone.is_some_and(|alone| alone.get() > 0.9), "{:?}", clock.alone);
}

/// Inner services have no contract, and their downtime is told all the same.
#[test]
fn services_are_told_by_people_and_inner_ones_by_their_true_downtime() {
    let mut estate = estate();
    let storage = place(&estate, "north-storage");
    for service in &mut estate.services {
        service.weight =
            Weight::new(if service.id.as_str() == "mail" { 3.0 } else { 7.0 }).expect("a weight");
    }
    let off = trial(vec![down(storage, DownCause::Containment, 10)]);
    let nothing = trial(Vec::new());
    let figures = crisis(&estate, "storage", &[off, nothing]);
    let list: Vec<_> = figures
        .by_service
        .iter()
        .map(|s| (s.service.as_str(), s.tenants, s.insured, s.hit, s.down.q50, s.attack.0, s.containment.0))
        .collect();
    let half = Ratio::of(1, 2);
    // 100,000 people of the north for 10 hours, in one of two trials.
    assert_eq!(
        list,
        [("mail", 3, 150_000, half, hours(10), 0, 500_000), ("storage", 0, 0, half, hours(10), 0, 0),]
    );
    assert_eq!((figures.weighted_attack.0, figures.weighted_containment.0), (0, 3 * 500_000));
}

/// The home shown for a service is where it was down longest; of equals, the first.
#[test]
fn of_homes_that_miss_a_service_for_equally_long_the_first_is_told() {
    let estate = estate();
    let (north, south) = (place(&estate, "north-mail"), place(&estate, "south-mail"));
    let mail = estate.services.iter().position(|s| s.id.as_str() == "mail").expect("in the estate");
    for (of_north, of_south, attack, containment) in [(5, 5, 0, 5), (4, 5, 5, 0), (5, 4, 0, 5)] {
        let both =
            vec![down(north, DownCause::Containment, of_north), down(south, DownCause::Attack, of_south)];
        let told = impacts(&estate, &[trial(both)])[0].services[mail].down;
        assert_eq!((told.attack, told.containment), (hours(attack), hours(containment)));
    }
}

/// When something is found at 4, the storage still works, and falls at 10: until then it does not
/// hold back the mail that restarts. Nothing fails earlier than it would have.
#[test]
fn what_falls_after_something_is_found_holds_nobody_back_before() {
    let estate = estate();
    let (storage, mail) = (place(&estate, "north-storage"), place(&estate, "north-mail"));
    let off = |asset, at, work| Down { at: hours(at), ..down(asset, DownCause::Containment, work) };
    let relapsed = |down, again| {
        let relapse = Some(Relapse { site: 0, seen: hours(2), down: vec![again] });
        told(&recovery(&estate, &Trial { relapse, ..trial(down) }))
    };
    assert_eq!(
        relapsed(vec![off(mail, 0, 2), off(storage, 10, 3)], off(mail, 0, 5)),
        [(storage, 10, 13), (mail, 0, 2), (mail, 4, 9)]
    );
    assert_eq!(
        relapsed(vec![off(storage, 0, 2), off(mail, 10, 5)], off(storage, 0, 2)),
        [(storage, 0, 2), (storage, 4, 6), (mail, 10, 15)]
    );
}
