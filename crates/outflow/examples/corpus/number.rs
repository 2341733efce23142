//! Numbers of insured persons and what looks like them, made from the published
//! rules (§ 290 SGB V Anlage 1, § 293 SGB V) and not from the detector.

use super::rng::Rng;

/// Returns the sum of the digit sums of the digits weighted 1, 2, 1, 2, …
fn weighted(digits: &[u32]) -> u32 {
    digits.iter().enumerate().map(|(i, d)| d * (1 + i as u32 % 2)).map(|p| p / 10 + p % 10).sum()
}

fn digits(text: &str) -> Vec<u32> {
    let mut out = Vec::new();
    for c in text.chars() {
        match c.to_digit(10) {
            Some(d) => out.push(d),
            None => {
                let n = c as u32 - 'A' as u32 + 1;
                out.extend([n / 10, n % 10]);
            }
        }
    }
    out
}

fn check(text: &str) -> u32 {
    weighted(&digits(text)) % 10
}

/// Returns a letter and eight digits.
fn stem(rng: &mut Rng) -> String {
    let letter = char::from(b'A' + rng.below(26) as u8);
    format!("{letter}{:08}", 1 + rng.below(99_999_998))
}

/// Returns a valid number of an insured person.
pub(crate) fn person(rng: &mut Rng) -> String {
    let stem = stem(rng);
    format!("{stem}{}", check(&stem))
}

/// Returns one whose check digit is wrong.
pub(crate) fn wrong(rng: &mut Rng) -> String {
    let stem = stem(rng);
    format!("{stem}{}", (check(&stem) + 1 + rng.below(9) as u32) % 10)
}

/// Returns a letter and nine digits, valid one time in ten by chance.
pub(crate) fn order(rng: &mut Rng) -> String {
    format!("{}{}", stem(rng), rng.below(10))
}

/// Returns a national id of Taiwan: a letter, 1 or 2, eight digits.
pub(crate) fn taiwan(rng: &mut Rng) -> String {
    let letter = rng.below(26) as u8;
    // Its own check digit needs the letter's number in their order.
    const ORDER: [u32; 26] = [
        10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31,
        33,
    ];
    let n = ORDER[usize::from(letter)];
    let body = format!("{}{:07}", 1 + rng.below(2), rng.below(10_000_000));
    let sum: u32 =
        n / 10 + n % 10 * 9 + digits(&body).iter().zip((1..=8).rev()).map(|(d, w)| d * w).sum::<u32>();
    format!("{}{body}{}", char::from(b'A' + letter), (10 - sum % 10) % 10)
}

/// Returns a valid institution code of a health insurer.
pub(crate) fn insurer(rng: &mut Rng) -> String {
    let body = format!("{:02}{:04}", 1 + rng.below(16), rng.below(10_000));
    // Counted from the right the weights are 1, 2, 1, 2, 1, 2.
    let sum: u32 = digits(&body)
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| d * (1 + i as u32 % 2))
        .map(|p| p / 10 + p % 10)
        .sum();
    format!("10{body}{}", sum % 10)
}

/// Returns the form of 20 characters.
pub(crate) fn twenty(rng: &mut Rng, person: &str) -> String {
    let text = format!("{person}{}", insurer(rng));
    format!("{text}{}", check(&text))
}

/// Returns the form of 30 characters, with the main insured person's number.
pub(crate) fn thirty(rng: &mut Rng, person: &str, main: &str) -> String {
    let text = format!("{person}{}{main}", insurer(rng));
    format!("{text}{}", check(&text))
}
