//! The institution code (IK) of German social insurance.

/// Returns the check digit that an institution code must end with, or `None`
/// when `ik` is not nine digits.
///
/// Digits 3 to 8 are weighted from the right 1, 2, 1, 2, 1, 2; the digits of the
/// products are added; the last digit of the sum is the check digit (§ 293 SGB V;
/// ARGE IK, circular of June 2020). The classification in digits 1 and 2 is not
/// part of it.
pub fn ik_check_digit(ik: &str) -> Option<u8> {
    let digits = ik.as_bytes();
    if digits.len() != 9 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let sum: u8 = digits[2..8]
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| {
            let product = (d - b'0') * if i % 2 == 0 { 1 } else { 2 };
            product / 10 + product % 10
        })
        .sum();
    Some(sum % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first is a worked example of the circular's rule, the others are
    /// fictional codes of class 99, which is free for anybody's use.
    #[test]
    fn check_digits_follow_the_published_rule() {
        for (ik, digit) in [("260120196", 6), ("990000011", 1), ("990000022", 2), ("990000033", 3)] {
            assert_eq!(ik_check_digit(ik), Some(digit), "{ik}");
        }
        for bad in ["99000001", "9900000111", "99000001x", ""] {
            assert_eq!(ik_check_digit(bad), None, "{bad}");
        }
    }
}
