//! Where a number could begin: bit arithmetic over the masks of two blocks.
//!
//! A trigger costs a closer look, so it must be rare in ordinary text; a number
//! without a trigger is lost, so every form that is read must set one.

use super::masks::{BLOCK, Masks, classify};

/// Digits that stand without a gap in most numbers that are looked for.
const RUN: u32 = 9;

/// Least length of a grouped number without a letter before it: the fourteen
/// characters of `12 345 678 901`. A date with the hour has thirteen.
const GROUPED: u32 = 14;

/// Calls `at` with every position of `text` in `from..to` where a closer look is due, in order.
pub(crate) fn each(text: &[u8], from: usize, to: usize, mut at: impl FnMut(usize)) {
    let mut base = from.saturating_sub(BLOCK);
    let mut last = Masks::default();
    let mut now = block(text, base);
    while base < to {
        let next = block(text, base + BLOCK);
        let mut found = triggers(last, now, next);
        while found != 0 {
            let position = base + found.trailing_zeros() as usize;
            if (from..to).contains(&position) {
                at(position);
            }
            found &= found - 1;
        }
        last = now;
        now = next;
        base += BLOCK;
    }
}

fn block(text: &[u8], base: usize) -> Masks {
    if let Some(Ok(whole)) = text.get(base..base + BLOCK).map(TryInto::try_into) {
        return classify(whole);
    }
    let mut padded = [0; BLOCK];
    let rest = text.get(base..).unwrap_or_default();
    padded[..rest.len()].copy_from_slice(rest);
    classify(&padded)
}

/// Two blocks side by side, so that looking ahead needs no carry.
fn wide(now: u64, next: u64) -> u128 {
    u128::from(now) | u128::from(next) << BLOCK
}

/// Returns the mask of positions where `length` set bits in a row begin.
fn runs(mask: u128, length: u32) -> u128 {
    let mut result = mask;
    let mut have = 1;
    while have * 2 <= length {
        result &= result >> have;
        have *= 2;
    }
    if have < length { result & result >> (length - have) } else { result }
}

#[inline]
fn triggers(last: Masks, now: Masks, next: Masks) -> u64 {
    let digits = [last, now, next].map(|m| m.digit.count_ones());
    if digits.iter().sum::<u32>() < RUN { 0 } else { closely(last, now, next) }
}

fn closely(last: Masks, now: Masks, next: Masks) -> u64 {
    let digit = wide(now.digit, next.digit);
    let letter = wide(now.letter, next.letter);
    let gap = wide(now.gap, next.gap);
    let before = |mask: u128, carry: u64| mask << 1 | u128::from(carry >> 63);

    let run = runs(digit, RUN) & !before(digit, last.digit);

    // Gaps of one to four bytes between two digits are closed: a tag and a wide blank.
    let follows = before(digit, last.digit);
    let closed_1 = gap & follows & digit >> 1;
    let two = gap & follows & gap >> 1 & digit >> 2;
    let three = gap & follows & gap >> 1 & gap >> 2 & digit >> 3;
    let four = gap & follows & gap >> 1 & gap >> 2 & gap >> 3 & digit >> 4;
    let number = digit | closed_1 | two | two << 1 | three | three << 1 | three << 2;
    let number = number | four | four << 1 | four << 2 | four << 3;

    let alone = letter & !before(letter, last.letter) | letter & escaped(last, now, next);
    let grouped = runs(number, RUN);
    let led = alone
        & (grouped >> 1
            | gap >> 1 & grouped >> 2
            | gap >> 1 & gap >> 2 & (grouped >> 3 | gap >> 3 & grouped >> 4));

    // A letter alone before an escaped gap, as in `A%20123%20456%20780`.
    let group = runs(digit, 3);
    let group = group >> 4 | group >> 5 | group >> 6 | group >> 7 | group >> 8;
    let coded = alone & wide(now.escape, next.escape) >> 1 & group;

    let long = runs(number, GROUPED) & digit & !before(number, last.digit);

    // Eight digits, a letter, three digits; also as 15 070649 C 103.
    let tail = runs(digit, 3);
    let pension = runs(digit, 8) & letter >> 8 & tail >> 9 & !before(digit, last.digit);
    let spaced =
        runs(digit, 2) & gap >> 2 & runs(digit, 6) >> 3 & gap >> 9 & letter >> 10 & gap >> 11 & tail >> 12;

    (run | led | coded | long | pension | spaced) as u64 | cut(last, now)
}

/// Returns where an escape or a tag interrupts digits that follow a letter. The
/// letter may lie in the block before.
fn cut(last: Masks, now: Masks) -> u64 {
    let digit = wide(last.digit, now.digit);
    let begun = (wide(last.letter, now.letter) & digit >> 1) << 1;
    // The sum carries through each run that begins there, to the byte after it.
    let ends = digit.wrapping_add(begun) & !digit;
    (ends >> BLOCK) as u64 & now.escape
}

/// Returns what stands after an escape such as `\n` or `%3D`, where a word begins.
fn escaped(last: Masks, now: Masks, next: Masks) -> u128 {
    let escape = wide(now.escape, next.escape);
    escape << 2 | u128::from(last.escape >> 62) | escape << 3 | u128::from(last.escape >> 61)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<usize> {
        let mut all = Vec::new();
        each(text.as_bytes(), 0, text.len(), |p| all.push(p));
        all
    }

    /// Every form sets a trigger wherever it lies with regard to the blocks.
    #[test]
    fn forms_are_seen_at_every_offset() {
        let forms = [
            "A123456780",
            "A 123 456 780",
            "A 123456780",
            "A123-456-780",
            "A123\u{a0}456\u{a0}780",
            "A123\u{200b}456780",
            "A12345<b>6780</b>",
            "A123\u{200b}-456\u{200b}-780",
            "A123&nbsp;456780",
            "A12345=\r\n6780",
            "A123%20456%20780",
            "A%20123%20456%20780",
            "A&nbsp;123&nbsp;456&nbsp;780",
            "\\nA 123 456 780",
            "15070649C103",
            "15 070649 C 103",
            "DE89 3704 0044 0532 0130 00",
            "12 345 678 901",
            "990000011",
        ];
        for form in forms {
            for offset in 0..130 {
                let text =
                    format!("{}{form}{}", "x ".repeat(offset)[..offset].replace('x', "#"), " #".repeat(70));
                assert!(!found(&text).is_empty(), "{form:?} at {offset}");
            }
        }
    }

    #[test]
    fn ordinary_text_sets_none() {
        for text in [
            "2026-11-23 20:09:10,123 INFO [main] worker 17 took 1234 ms for 8 items",
            "Die Frau an der Tür sagte am 3. Mai 2024 um 12:30 Uhr, sie komme später.",
            "<tr><td>12</td><td>1,234.50</td></tr> <h1 class=\"a1\">x</h1>",
        ] {
            assert_eq!(found(text), Vec::<usize>::new(), "{text}");
        }
    }
}
