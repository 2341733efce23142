//! Speed of the scan on files named in `FEUERPROBE_BENCH` (a path), next to
//! counting lines with `memchr`. `scripts/bench-outflow` compares with other programs.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use outflow::place::{Kind, Place};
use outflow::{Rules, Scan};

/// Repetitions; the fastest counts.
const ROUNDS: usize = 5;

fn main() {
    let bytes = match std::env::var_os("FEUERPROBE_BENCH") {
        Some(path) => std::fs::read(path).expect("the file of FEUERPROBE_BENCH can be read"),
        None => made_up(),
    };
    let rules = Arc::new(Rules::default());
    println!("{} bytes", bytes.len());
    time("lines by memchr", &bytes, |b| memchr::memchr_iter(b'\n', b).count() as u64);
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads start");
        pool.install(|| {
            time(&format!("scan, threads: {threads}"), &bytes, |b| {
                let mut scan = Scan::new(rules.clone());
                scan.begin(Place::file("bench"), Kind::Text);
                for chunk in b.chunks(1 << 20) {
                    scan.bytes(chunk);
                }
                let mut result = model::outflow::Outflow::new(
                    Vec::new(),
                    String::new(),
                    rules.threshold,
                    model::quantity::Timestamp(0),
                );
                scan.finish().write(&mut result);
                result.count(model::outflow::Class::Data)
            });
        });
    }
}

fn time(what: &str, bytes: &[u8], work: impl Fn(&[u8]) -> u64) {
    let mut best = f64::INFINITY;
    let mut answer = 0;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        answer = black_box(work(black_box(bytes)));
        best = best.min(begun.elapsed().as_secs_f64());
    }
    println!("{what:<20} {:8.1} MB/s   answer {answer}", bytes.len() as f64 / 1e6 / best);
}

/// Returns a log with a number of an insured person in one line of two hundred.
fn made_up() -> Vec<u8> {
    let mut text = String::new();
    let mut n = 0u64;
    while text.len() < 200_000_000 {
        n += 1;
        text.push_str(&format!(
            "2026-11-23 20:{:02}:{:02},{:03} INFO  [worker-{}] c.e.mail.Queue - message {} of {} sent to host{}.example in {} ms\n",
            n / 60 % 60, n % 60, n * 7 % 1000, n % 16, n * 7919 % 100_000, n % 977, n % 40, n * 31 % 5000
        ));
        if n.is_multiple_of(200) {
            text.push_str("Versicherter C000500021, geb. 03.05.1971, hat angerufen und bittet um Rückruf.\n");
        }
    }
    text.into_bytes()
}
