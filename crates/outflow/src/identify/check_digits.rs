//! Check digits and structure rules of the identifiers, each with its source.
//! Digits are handed over as values 0 to 9, not as characters.

/// Returns the sum of the digits of a product of two digits.
fn cross(product: u32) -> u32 {
    product / 10 + product % 10
}

/// Returns the sum over `digits` with weights 1, 2, 1, 2, … from the left and
/// the digits of each product added.
fn alternating(digits: impl Iterator<Item = u8>) -> u32 {
    digits.enumerate().map(|(i, d)| cross(u32::from(d) * (1 + i as u32 % 2))).sum()
}

/// Returns the check digit of an insured person's number (KVNR, § 290 SGB V,
/// Anlage 1): the letter becomes two digits (A = 01 … Z = 26), the eight digits
/// follow, weights 1, 2, 1, 2, …, digits of the products added, modulo 10.
pub(crate) fn kvnr(letter: u8, digits: &[u8]) -> u8 {
    let ordinal = letter.to_ascii_uppercase().saturating_sub(b'A') + 1;
    let head = [ordinal / 10, ordinal % 10];
    (alternating(head.into_iter().chain(digits.iter().take(8).copied())) % 10) as u8
}

/// Returns whether `letter` and nine digits are a valid number of an insured person.
pub(crate) fn kvnr_valid(letter: u8, digits: &[u8]) -> bool {
    digits.len() >= 9 && kvnr(letter, digits) == digits[8]
}

/// Returns whether the last of the 20 or 30 characters fits the ones before it,
/// by the method of the ten-character number with weight 1 first.
///
/// The glossary of gematik names the check digit and not its phase, so a miss
/// is no proof against the number.
pub(crate) fn kvnr_outer(letters: &[(usize, u8)], digits: &[u8]) -> bool {
    let mut values = Vec::with_capacity(34);
    let mut next = 0;
    for position in 0..digits.len() + letters.len() {
        if let Some((_, letter)) = letters.iter().find(|(at, _)| *at == position) {
            let ordinal = letter.to_ascii_uppercase().saturating_sub(b'A') + 1;
            values.extend([ordinal / 10, ordinal % 10]);
        } else {
            values.push(digits[next]);
            next += 1;
        }
    }
    let Some(last) = values.pop() else { return false };
    (alternating(values.into_iter()) % 10) as u8 == last
}

/// Returns whether nine digits are an institution code (IK, § 293 SGB V; ARGE
/// IK, circular of June 2020): positions 3 to 8, weights from the right
/// 1, 2, 1, 2, 1, 2, digits of the products added, modulo 10.
pub(crate) fn ik(d: &[u8]) -> bool {
    d.len() == 9 && {
        let sum: u32 =
            d[2..8].iter().rev().enumerate().map(|(i, d)| cross(u32::from(*d) * (1 + i as u32 % 2))).sum();
        (sum % 10) as u8 == d[8]
    }
}

/// Returns whether the last digit fits by the rule of ISO/IEC 7812 (Luhn).
pub(crate) fn luhn(d: &[u8]) -> bool {
    let sum: u32 = d.iter().rev().enumerate().map(|(i, d)| cross(u32::from(*d) * (1 + i as u32 % 2))).sum();
    sum.is_multiple_of(10)
}

/// Weights of the twelve digits of a pension insurance number (VKVV § 4).
const RVNR: [u32; 12] = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1];

/// Returns whether eight digits, a letter and three digits are a pension
/// insurance number: area, day and month of birth (day raised by 50 where
/// numbers ran out), and the check digit.
pub(crate) fn rvnr(letter: u8, d: &[u8]) -> bool {
    if d.len() != 11 {
        return false;
    }
    let (day, month) = (d[2] * 10 + d[3], d[4] * 10 + d[5]);
    let ordinal = letter.to_ascii_uppercase().saturating_sub(b'A') + 1;
    let values = d[..8].iter().copied().chain([ordinal / 10, ordinal % 10]).chain(d[8..10].iter().copied());
    let sum: u32 = values.zip(RVNR).map(|(v, w)| cross(u32::from(v) * w)).sum();
    (1..=12).contains(&month)
        && ((1..=31).contains(&day) || (51..=81).contains(&day))
        && d[..2] != [0, 0]
        && (sum % 10) as u8 == d[10]
}

/// Returns whether eleven digits are a tax id (§ 139b AO): no leading zero, among
/// the first ten digits exactly one occurs two or three times, the others at
/// most once, and the check digit of ISO 7064 modulo 11, 10.
pub(crate) fn tax_id(d: &[u8]) -> bool {
    if d.len() != 11 || d[0] == 0 {
        return false;
    }
    let mut counts = [0u8; 10];
    for digit in &d[..10] {
        counts[usize::from(*digit)] += 1;
    }
    let repeated = counts.iter().filter(|c| **c > 1).count();
    if repeated != 1 || counts.iter().any(|c| *c > 3) {
        return false;
    }
    let mut product = 10;
    for digit in &d[..10] {
        let sum = (u32::from(*digit) + product) % 10;
        product = (if sum == 0 { 10 } else { sum } * 2) % 11;
    }
    ((11 - product) % 10) as u8 == d[10]
}

/// Returns whether the twenty digits after `DE` make a valid IBAN (ISO 13616,
/// modulo 97 is 1, D = 13 and E = 14).
pub(crate) fn iban(d: &[u8]) -> bool {
    if d.len() != 20 {
        return false;
    }
    let tail = [1, 3, 1, 4, d[0], d[1]];
    let rest = d[2..].iter().copied().chain(tail).fold(0u32, |r, v| (r * 10 + u32::from(v)) % 97);
    rest == 1
}

/// Returns whether nine digits are a physician's number (LANR, KBV guideline on
/// § 75(7) SGB V): the first six weighted 4, 9, 4, 9, 4, 9 and their complement
/// to ten in the seventh.
pub(crate) fn lanr(d: &[u8]) -> bool {
    d.len() == 9 && {
        let sum: u32 =
            d[..6].iter().enumerate().map(|(i, d)| u32::from(*d) * if i % 2 == 0 { 4 } else { 9 }).sum();
        ((10 - sum % 10) % 10) as u8 == d[6]
    }
}

/// Values of the letters of a Taiwan national id, A to Z.
const TAIWAN: [u32; 26] =
    [10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33];

/// Returns whether `letter` and nine digits are a valid national id of Taiwan,
/// which has the shape of a KVNR: weights 1, 9 for the letter's two digits, then
/// 8, 7, … 1, 1; modulo 10 is 0.
pub(crate) fn taiwan(letter: u8, d: &[u8]) -> bool {
    let Some(value) = TAIWAN.get(usize::from(letter.to_ascii_uppercase().wrapping_sub(b'A'))) else {
        return false;
    };
    if d.len() < 9 || !matches!(d[0], 1 | 2 | 8 | 9) {
        return false;
    }
    let body: u32 = (0..8).map(|i| u32::from(d[i]) * (8 - i as u32)).sum();
    (value / 10 + value % 10 * 9 + body + u32::from(d[8])).is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<u8> {
        text.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0').collect()
    }

    /// Published examples: the two of § 290 SGB V, Anlage 1, and test numbers
    /// of gematik; then numbers that are known to fail.
    #[test]
    fn insured_numbers() {
        for good in ["A000500015", "C000500021", "X110411675", "X110411319", "A123456780"] {
            assert!(kvnr_valid(good.as_bytes()[0], &values(good)), "{good}");
        }
        for bad in ["A123456789", "Z999999999", "A000500016"] {
            assert!(!kvnr_valid(bad.as_bytes()[0], &values(bad)), "{bad}");
        }
    }

    #[test]
    fn institution_codes() {
        for good in
            ["100696012", "260120196", "108018007", "108310400", "101575519", "104212505", "990000011"]
        {
            assert!(ik(&values(good)), "{good}");
        }
        assert!(!ik(&values("101575518")) && !ik(&values("10157551")));
    }

    #[test]
    fn neighbours() {
        assert!(rvnr(b'C', &values("15070649103")));
        assert!(!rvnr(b'C', &values("15070649104")) && !rvnr(b'C', &values("15320649103")));
        assert!(iban(&values("89370400440532013000")) && !iban(&values("88370400440532013000")));
        for good in ["86095742719", "47036892816", "65929970489"] {
            assert!(tax_id(&values(good)), "{good}");
        }
        for bad in ["86095742718", "11111111111", "06095742719", "12345678901"] {
            assert!(!tax_id(&values(bad)), "{bad}");
        }
        assert!(lanr(&values("123456601")), "4+18+12+36+20+54 = 144, complement 6");
        assert!(!lanr(&values("123456701")));
        assert!(taiwan(b'A', &values("123456789")) && !taiwan(b'A', &values("123456780")));
    }

    /// Days raised by 50 for those born on a day whose numbers ran out (VKVV § 2), and no
    /// area 00 (its numbers begin with 02).
    #[test]
    fn pension_numbers_have_an_area_and_a_day() {
        let fits = |head: &str| {
            let all = (0..10).filter(|c| rvnr(b'C', &values(&format!("{head}10{c}")))).count();
            assert!(all < 2, "{head}: one check digit fits");
            all == 1
        };
        for good in ["15510649", "15550649", "15600649", "15810649", "15010649", "02310649"] {
            assert!(fits(good), "{good}");
        }
        for bad in ["00070649", "15000649", "15320649", "15500649", "15820649", "15071349", "15070049"] {
            assert!(!fits(bad), "{bad}");
        }
    }

    /// A published test number of a payment card, and one that is right only when the
    /// weights begin at the wrong end; twenty digits as those of a health card.
    #[test]
    fn luhn_counts_from_the_right() {
        assert!(luhn(&values("4111111111111111")) && !luhn(&values("4111111111111112")));
        assert!(luhn(&values("79927398713")) && !luhn(&values("79927398710")));
        // From the left 2 + 2·4 would be 10; from the right it is 4 + 2·2 = 8.
        assert!(!luhn(&values("0000000000000024")) && luhn(&values("0000000000000042")));
    }

    /// The last digit of the long forms fits in one of ten cases and not always.
    #[test]
    fn the_outer_digit_of_the_long_forms_is_one_of_ten() {
        let (short, long) = ("123456783990000022", "1234567839900000221234567 83");
        let one = |letters: &[(usize, u8)], head: &str| {
            let fits = |c: &u8| kvnr_outer(letters, &[values(head), vec![*c]].concat());
            (0..10u8).filter(fits).collect::<Vec<_>>()
        };
        // G = 07; 0·1 + 7·2→5 + 1 + 2·2 + 3 + 4·2 + 5 + 6·2→3 + 7 + 8·2→7 + 3 + 9·2→9 + 9 + 0 + 0 + 0 + 0 + 0 + 2 + 2·2 = 70 + …
        assert_eq!(one(&[(0, b'G')], short).len(), 1);
        assert_eq!(one(&[(0, b'G'), (19, b'G')], long).len(), 1);
        assert_ne!(one(&[(0, b'G')], short), one(&[(0, b'H')], short));
    }

    /// New numbers of foreigners begin with 8 or 9 (National Immigration Agency of
    /// Taiwan, since 2021; its example is A800000014).
    #[test]
    fn taiwan_gives_numbers_to_residents_too() {
        assert!(taiwan(b'A', &values("800000014")) && !taiwan(b'A', &values("800000015")));
        let fits = |first: u8| (0..10u8).any(|c| taiwan(b'A', &[first, 0, 0, 0, 0, 0, 0, 1, c]));
        assert_eq!((0..10u8).filter(|d| fits(*d)).collect::<Vec<_>>(), [1, 2, 8, 9]);
    }

    #[test]
    fn one_wrong_digit_is_caught_in_nine_of_ten_insured_numbers() {
        let good = values("000500015");
        for position in 0..8 {
            for other in 0..10 {
                let mut bad = good.clone();
                bad[position] = other;
                assert_eq!(kvnr_valid(b'A', &bad), other == good[position], "{position} {other}");
            }
        }
    }
}
