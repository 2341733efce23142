//! A labelled corpus for the scanner: makes it, and says how much of it is found.
//!
//! ```text
//! cargo run --release -p outflow --example corpus -- generate DIR --bytes 2G --seed 1
//! cargo run --release -p outflow --example corpus -- score DIR
//! cargo run --release -p outflow --example corpus -- exports DIR --bytes 1G --seed 1
//! cargo run --release -p outflow --example corpus -- false-positives DIR…
//! ```
//!
//! The truth lies beside the files, in `truth.tsv`. Persons, insurers and cases
//! are fictional; the generator shares no code with the detector.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod document;
mod export;
mod form;
mod number;
mod prose;
mod rng;
mod score;
mod wrap;

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use document::Planted;
use rng::Rng;

const USAGE: &str =
    "usage: corpus generate|exports DIR [--bytes N[K|M|G]] [--seed N] | score DIR | false-positives DIR…";

fn main() -> std::process::ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let folders: Vec<PathBuf> = positional(&args).skip(1).map(PathBuf::from).collect();
    let number = |name: &str, or: u64| option(&args, name).map_or(Some(or), |v| size(&v));
    let (Some(bytes), Some(seed), Some(folder)) =
        (number("--bytes", 64 << 20), number("--seed", 1), folders.first())
    else {
        eprintln!("{USAGE}");
        return std::process::ExitCode::from(3);
    };
    let done = match args[0].as_str() {
        "generate" => generate(folder, bytes, seed),
        "exports" => exports(folder, bytes, seed),
        "score" => score::score(folder),
        "false-positives" => score::false_positives(&folders),
        _ => Err(io::Error::other(USAGE)),
    };
    match done {
        Ok(true) => std::process::ExitCode::SUCCESS,
        Ok(false) => std::process::ExitCode::FAILURE,
        Err(e) => {
            eprintln!("corpus: {e}");
            std::process::ExitCode::from(3)
        }
    }
}

fn positional(args: &[String]) -> impl Iterator<Item = &String> {
    let mut skip = false;
    args.iter().filter(move |arg| {
        let is_option = arg.starts_with("--");
        !std::mem::replace(&mut skip, is_option) && !is_option
    })
}

fn option(args: &[String], name: &str) -> Option<String> {
    args.iter().position(|a| a == name).and_then(|i| args.get(i + 1)).cloned()
}

fn size(text: &str) -> Option<u64> {
    let (digits, factor) = match text.as_bytes().last()? {
        b'K' => (&text[..text.len() - 1], 1 << 10),
        b'M' => (&text[..text.len() - 1], 1 << 20),
        b'G' => (&text[..text.len() - 1], 1 << 30),
        _ => (text, 1),
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

fn truth(out: &mut impl Write, file: &str, planted: &[Planted]) -> io::Result<()> {
    for Planted { person, form, kind } in planted {
        writeln!(out, "{file}\t{person}\t{form}\t{kind}")?;
    }
    Ok(())
}

/// Writes files until they come to `bytes` before packing.
fn generate(folder: &Path, bytes: u64, seed: u64) -> io::Result<bool> {
    fs::create_dir_all(folder)?;
    let mut truths = BufWriter::new(fs::File::create(folder.join("truth.tsv"))?);
    let mut rng = Rng::new(seed);
    let (mut made, mut files, mut planted) = (0_u64, 0, 0);
    // Files are larger the larger the corpus is, so that their number stays small.
    let most = (bytes / 40).clamp(200_000, 16 << 20);
    while made < bytes {
        let size = most / 8 + rng.below(most * 7 / 8);
        let document = if rng.chance(50) {
            document::any(&mut rng, size as usize)
        } else {
            wrap::any(&mut rng, size as usize)
        };
        let name = format!("{files:05}.{}", document.ending);
        fs::write(folder.join(&name), &document.bytes)?;
        truth(&mut truths, &name, &document.planted)?;
        made += size.max(document.bytes.len() as u64);
        files += 1;
        planted += document.planted.len();
    }
    truths.flush()?;
    println!("{files} files, {made} bytes before packing, {planted} numbers");
    Ok(true)
}

/// Writes a Confluence space export and a Jira backup, each of `bytes` unpacked.
fn exports(folder: &Path, bytes: u64, seed: u64) -> io::Result<bool> {
    fs::create_dir_all(folder)?;
    let mut truths = BufWriter::new(fs::File::create(folder.join("truth.tsv"))?);
    let mut rng = Rng::new(seed);
    let file = |name: &str| fs::File::create(folder.join(name)).map(BufWriter::new);
    let planted = export::confluence(&mut rng, file("confluence.zip")?, bytes)?;
    truth(&mut truths, "confluence.zip", &planted)?;
    println!("confluence.zip: {} numbers", planted.len());
    let planted = export::jira(&mut rng, file("jira.zip")?, bytes)?;
    truth(&mut truths, "jira.zip", &planted)?;
    println!("jira.zip: {} numbers", planted.len());
    truths.flush()?;
    Ok(true)
}
