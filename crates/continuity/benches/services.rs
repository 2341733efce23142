//! Services of 80 tenants in 100,000 trials at once, with a scalar evaluation of the same
//! equations beside it; a restart plan for an estate of 5,000 asset classes, with and
//! without phases; and what a trial means for everybody.
//!
//! `cargo bench -p continuity --bench services`. Times are those of the thread's
//! own clock of processor time, medians of [`ROUNDS`].
//! The scalar evaluation works on lists laid out beforehand, one truth value a component,
//! and stops at the first need that is not met. "A tenant" settles the equations for each
//! tenant, "a site" once for all tenants of a home site; the bits do the latter. The first
//! table also counts for each tenant in how many trials each of its services works, which
//! is most of what the bits do; the second only settles.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::hint::black_box;

use continuity::{Cases, Equations, Gone, impacts, restart};
use model::estate::{
    Agreement, Asset, Component, Estate, Hosting, Need, Place, Service, Site, Soc, Tenant, Weight, Zone,
};
use model::id::{AssetId, HostingId, ServiceId, SiteId, TenantId, ZoneId};
use model::quantity::{Millis, Quantiles, Ratio};
use model::recovery::{Care, Phases, RecoveryRules};
use model::trial::{Down, DownCause, Trial};

const ROUNDS: usize = 3;
const TRIALS: usize = 100_000;
/// The scalar evaluation is run on so many trials and its time multiplied.
const SCALAR_TRIALS: usize = 2_000;
const TENANTS: usize = 80;
const SERVICES: usize = 30;
const SITES: usize = 3;

/// xorshift64* (Vigna 2016).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % n
    }
}

fn main() {
    services();
    plan();
    trials();
}

fn services() {
    let estate = estate(90, SITES);
    let equations = Equations::new(&estate);
    let mut dice = Dice(20_260_101);
    let downs: Vec<Vec<u32>> = (0..TRIALS)
        .map(|_| (0..estate.assets.len() as u32).filter(|_| dice.below(12) == 0).collect())
        .collect();
    let mut cases = Cases::working(estate.assets.len(), TRIALS);
    for (case, down) in downs.iter().enumerate() {
        down.iter().for_each(|asset| cases.set_down(case, *asset as usize));
    }
    let home: Vec<usize> = (0..TENANTS).map(|t| t % SITES).collect();
    let uses: Vec<usize> = (0..SERVICES).collect();

    let bits = || -> u64 {
        let sites: Vec<Cases> = (0..SITES).map(|s| equations.staying_up_in(s, &cases)).collect();
        let mut sum = 0;
        for site in &home {
            sum += uses.iter().map(|s| sites[*site].working_count(*s) as u64).sum::<u64>();
            sum += sites[*site].all_working_count(&uses) as u64;
        }
        sum
    };
    let plain: Vec<Plain> = (0..SITES).map(|s| Plain::new(&estate, s)).collect();
    let by_tenant = |trials: usize| -> u64 {
        downs[..trials].iter().map(|down| home.iter().map(|h| plain[*h].tally(down)).sum::<u64>()).sum()
    };
    let by_site = |trials: usize| -> u64 {
        let tally = |down: &Vec<u32>| -> u64 {
            let sites: Vec<Vec<bool>> = plain.iter().map(|p| p.settle(down)).collect();
            home.iter().map(|h| count(&sites[*h])).sum()
        };
        downs[..trials].iter().map(tally).sum()
    };
    assert_eq!(bits(), by_site(TRIALS), "both say the same of every tenant, service and trial");
    assert_eq!(by_tenant(SCALAR_TRIALS), by_site(SCALAR_TRIALS));

    let share = (TRIALS / SCALAR_TRIALS) as f64;
    let fast = median(&mut || tell(bits()));
    let slow = median(&mut || tell(by_tenant(SCALAR_TRIALS))) * share;
    let shared = median(&mut || tell(by_site(SCALAR_TRIALS))) * share;
    println!(
        "{TRIALS} trials x {TENANTS} tenants x {SERVICES} services, {} asset classes",
        estate.assets.len()
    );
    println!("bits              {:>9.1} ms", fast * 1e3);
    println!("scalar, a tenant  {:>9.1} ms  {:>6.0} x", slow * 1e3, slow / fast);
    println!("scalar, a site    {:>9.1} ms  {:>6.0} x", shared * 1e3, shared / fast);
    let settled = median(&mut || {
        tell((0..SITES).map(|s| equations.staying_up_in(s, &cases).working_count(0) as u64).sum());
    });
    let one_by_one = median(&mut || {
        let up = |down: &Vec<u32>| plain.iter().map(|p| u64::from(black_box(p.settle(down))[0])).sum::<u64>();
        tell(downs[..SCALAR_TRIALS].iter().map(up).sum());
    }) * share;
    println!("settled at {SITES} sites, nobody counted:");
    println!("bits              {:>9.1} ms", settled * 1e3);
    println!("scalar, a site    {:>9.1} ms  {:>6.0} x", one_by_one * 1e3, one_by_one / settled);
}

/// Keeps the compiler from leaving out what nobody reads.
fn tell(sum: u64) {
    black_box(sum);
}

fn plan() {
    let bare = estate(5_000, 5);
    let mut phased = bare.clone();
    phased.recovery.forensic_teams = Some(20);
    for asset in &mut phased.assets {
        asset.phases = Phases { examine: hours(8), clean: None, verify: hours(4), release: None };
    }
    for (estate, phases) in [(bare, "the start alone"), (phased, "examination, start and verification")] {
        let gone: Vec<Gone> = (0..5_000).map(|asset| Gone::new(asset, DownCause::Containment)).collect();
        let mut positions = 0;
        let time = median(&mut || positions = restart(&estate, &gone).positions.len());
        println!("restart plan of {positions} asset classes at 5 sites, {phases}: {time:.2} s");
    }
}

/// Restart schedules of one trial after another, as the impact of a race needs them.
fn trials() {
    let estate = estate(60, 3);
    let down = |trial: u64| {
        let one = |asset: u32| Down {
            asset,
            at: Millis(0),
            cause: DownCause::Containment,
            attempts: 1,
            work: Millis(Millis::HOUR.0 * (1 + (trial * 7 + u64::from(asset) * 13) % 40)),
            care: Care { examine: Millis(Millis::HOUR.0 * (1 + trial % 9)), ..Care::default() },
            copies: None,
        };
        Trial { index: trial as u32, down: (0..60).map(one).collect(), ..Trial::default() }
    };
    let trials: Vec<Trial> = (0..1_000).map(down).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    let pool = pool.expect("this thread alone");
    let time = median(&mut || tell(pool.install(|| impacts(&estate, &trials)).len() as u64));
    let time = time / trials.len() as f64;
    println!("impact of a trial with 60 asset classes down at 3 sites, one thread: {:.0} µs", time * 1e6);
}

/// The equations of one site, one truth value a component.
struct Plain {
    assets: usize,
    /// By service, in an order in which needed ones come first: k and members of each need.
    needs: Vec<Vec<(usize, Vec<usize>)>>,
}

impl Plain {
    fn new(estate: &Estate, site: usize) -> Self {
        let assets = estate.assets.len();
        let members = |need: &Need| -> Vec<usize> {
            let mut list = Vec::new();
            for component in &need.of {
                match component {
                    Component::Service(id) => {
                        list.extend(estate.services.iter().position(|s| s.id == *id).map(|s| assets + s));
                    }
                    Component::Role { role, place } => list.extend((0..assets).filter(|a| {
                        estate.assets[*a].role == *role
                            && (*place == Place::Any || estate.assets[*a].site == estate.sites[site].id)
                    })),
                }
            }
            list.sort_unstable();
            list.dedup();
            list
        };
        let compiled = |need: &Need| {
            let members = members(need);
            (need.k.map_or(members.len(), |k| k as usize), members)
        };
        let needs = estate.services.iter().map(|s| s.needs.iter().map(compiled).collect()).collect();
        Self { assets, needs }
    }

    /// Services only need earlier ones here, so one pass settles them.
    fn settle(&self, down: &[u32]) -> Vec<bool> {
        let mut state = vec![true; self.assets + self.needs.len()];
        for asset in down {
            state[*asset as usize] = false;
        }
        for (s, needs) in self.needs.iter().enumerate() {
            state[self.assets + s] =
                needs.iter().all(|(k, members)| members.iter().filter(|m| state[**m]).count() >= *k);
        }
        state.split_off(self.assets)
    }

    fn tally(&self, down: &[u32]) -> u64 {
        count(&self.settle(down))
    }
}

/// Returns how many services a tenant has, and one more where it has all.
fn count(up: &[bool]) -> u64 {
    let works = black_box(up).iter().filter(|u| **u).count();
    works as u64 + u64::from(works == up.len())
}

/// Returns the median processor time of the work, in seconds. The kernel counts in ticks of
/// some milliseconds, so short work is repeated until half a second is full.
fn median(work: &mut dyn FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let (begin, mut runs) = (processor_seconds(), 0);
            loop {
                work();
                runs += 1;
                let spent = processor_seconds() - begin;
                if spent >= 0.5 {
                    return spent / f64::from(runs);
                }
            }
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[ROUNDS / 2]
}

/// Returns the processor time of this thread so far, in seconds.
fn processor_seconds() -> f64 {
    let text =
        std::fs::read_to_string("/proc/thread-self/schedstat").expect("a Linux kernel that accounts time");
    text.split(' ').next().and_then(|n| n.parse::<f64>().ok()).expect("nanoseconds first") / 1e9
}

/// Returns a generated estate: roles spread over sites; each service needs some roles and
/// some earlier services, all of them, one of them, or some.
fn estate(assets: usize, sites: usize) -> Estate {
    let mut dice = Dice(7);
    let roles = (assets / sites / 2).max(1);
    let site = |n: usize| SiteId::new(&format!("site-{n}")).expect("valid");
    let zone = ZoneId::new("z").expect("valid");
    let hours = |q50: u64| hours(q50).expect("valid");
    let make = |n: usize, dice: &mut Dice| Asset {
        id: AssetId::new(&format!("asset-{n}")).expect("valid"),
        name: String::new(),
        site: site(n % sites),
        zone: zone.clone(),
        role: format!("role-{}", n / sites % roles),
        count: 1,
        sensors: Ratio::ONE,
        restart: hours(1 + dice.below(24)),
        restore: hours(24 + dice.below(240)),
        restart_failure: Ratio::clamped(0.05),
        skill: None,
        phases: Phases::default(),
        data_gb: 0,
        backup: None,
        records: 0,
    };
    let agreement = |n| Agreement { service: service(n), rto: Millis::HOUR, mtpd: Millis::DAY, rpo: None };
    Estate {
        name: "generated".to_owned(),
        description: String::new(),
        sites: (0..sites)
            .map(|n| Site {
                id: site(n),
                name: String::new(),
                crews: 6,
                skills: Vec::new(),
                restore_gb_per_hour: None,
            })
            .collect(),
        zones: vec![Zone { id: zone.clone(), name: String::new() }],
        assets: (0..assets).map(|n| make(n, &mut dice)).collect(),
        services: (0..SERVICES)
            .map(|n| Service {
                id: service(n),
                name: String::new(),
                needs: needs(n, roles, &mut dice),
                emergency: None,
                reaches: false,
                warm_up: None,
                weight: Weight::ONE,
            })
            .collect(),
        hostings: (0..sites)
            .map(|n| Hosting {
                id: hosting(n),
                name: String::new(),
                home: site(n),
                services: (0..SERVICES).map(agreement).collect(),
            })
            .collect(),
        tenants: tenants(sites),
        soc: soc(),
        source: String::new(),
        recovery: RecoveryRules::default(),
        trade_off: None,
        people: None,
    }
}

fn hosting(n: usize) -> HostingId {
    HostingId::new(&format!("hosting-{n}")).expect("valid")
}

fn tenants(sites: usize) -> Vec<Tenant> {
    (0..TENANTS)
        .map(|n| Tenant {
            id: TenantId::new(&format!("tenant-{n}")).expect("valid"),
            name: String::new(),
            ik: "990000011".to_owned(),
            insured: 1_000 * (n as u64 + 1),
            hosting: hosting(n % sites),
        })
        .collect()
}

fn soc() -> Soc {
    Soc {
        analysts: 1,
        alerts_per_day: 0.0,
        triage_minutes: 1.0,
        escalation: Ratio::ONE,
        as_urgent: Ratio::ONE,
        agree: 1,
        quiet: model::estate::QUIET,
    }
}

fn hours(q50: u64) -> Option<Quantiles> {
    Quantiles::new(q50 as f64 * 60.0, q50 as f64 * 180.0)
}

fn service(n: usize) -> ServiceId {
    ServiceId::new(&format!("service-{n}")).expect("valid")
}

/// Returns the needs of a service: some roles and an earlier service, one of some, two of four.
fn needs(n: usize, roles: usize, dice: &mut Dice) -> Vec<Need> {
    let parts = (roles / SERVICES).max(2) as u64;
    let mut of: Vec<Component> = (0..parts)
        .map(|_| Component::Role {
            role: format!("role-{}", dice.below(roles as u64)),
            place: if dice.below(3) == 0 { Place::Any } else { Place::Home },
        })
        .collect();
    let spare = Need::of(Some(1), of.split_off(of.len() / 2));
    if n > 0 {
        of.push(Component::Service(service(dice.below(n as u64) as usize)));
    }
    let some = Need::of(
        Some(2),
        (0..4)
            .map(|_| Component::Role {
                role: format!("role-{}", dice.below(roles as u64)),
                place: Place::Home,
            })
            .collect(),
    );
    vec![Need::of(None, of), spare, some]
}
