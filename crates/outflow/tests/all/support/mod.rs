//! People who stand in the files that tests make.

/// A shape: its name, the file, how many people stand in it, and a word of what must be
/// reported, empty when everything is read.
pub(crate) type Shape = (String, Vec<u8>, usize, &'static str);

/// Returns a number of an insured person, valid by § 290 SGB V, Anlage 1.
pub(crate) fn kvnr(n: usize) -> String {
    let letter = b'A' + u8::try_from(n % 26).expect("below 26");
    let ordinal = u32::from(letter - b'A') + 1;
    let digits = format!("{:02}{:08}", ordinal, (n * 7_654_321 + 1_234_567) % 100_000_000);
    let sum: u32 = digits
        .bytes()
        .enumerate()
        .map(|(i, d)| u32::from(d - b'0') * (1 + u32::from(i % 2 == 1)))
        .map(|p| p / 10 + p % 10)
        .sum();
    format!("{}{}{}", char::from(letter), &digits[2..], sum % 10)
}

/// A sentence about a person, enough for a finding.
pub(crate) fn sentence(n: usize) -> String {
    format!("Versicherte Erika Muster, geb. 03.05.1971, KVNR {}", kvnr(n))
}

/// Tax ids of the tax administration are test data; these are made to its rule.
pub(crate) const TAX_IDS: [&str; 2] = ["81750042932", "50681594324"];

/// Returns a text in one, two and four bytes a character, in both orders.
pub(crate) fn written_in_every_width(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("UTF-8", text.as_bytes().to_vec()),
        ("UTF-16LE", text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("UTF-16BE", text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        ("UTF-32LE", text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect()),
        ("UTF-32BE", text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect()),
    ]
}
