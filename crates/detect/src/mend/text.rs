//! Texts of a rule: dashes, encodings, wildcards and digits.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsigma_parser::{DetectionItem, Modifier, SigmaString, SpecialChar, StringPart};

use super::has;

/// The characters that `|windash` takes for one another (Sigma modifiers 2.1): hyphen, slash,
/// en dash, em dash and horizontal bar.
const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];

/// A piece of a text to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Plain(String),
    /// One of [`DASHES`].
    Dash,
    /// `?`
    One,
    /// `*`
    Many,
}

/// A text to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text(Vec<Piece>);

impl Text {
    fn new(text: &SigmaString, dashes: bool) -> Self {
        let mut pieces = Vec::new();
        for part in &text.parts {
            match part {
                StringPart::Special(SpecialChar::WildcardMulti) => pieces.push(Piece::Many),
                StringPart::Special(SpecialChar::WildcardSingle) => pieces.push(Piece::One),
                StringPart::Plain(plain) if !dashes => pieces.push(Piece::Plain(plain.clone())),
                StringPart::Plain(plain) => {
                    for run in plain.split_inclusive(DASHES) {
                        let rest = run.strip_suffix(DASHES);
                        pieces.push(Piece::Plain(rest.unwrap_or(run).to_owned()));
                        pieces.extend(rest.map(|_| Piece::Dash));
                    }
                }
            }
        }
        Self(pieces)
    }

    /// Returns the text where it has no wildcard and no open dash.
    pub(super) fn plain(&self) -> Option<String> {
        let plain = |piece: &Piece| match piece {
            Piece::Plain(plain) => Some(plain.clone()),
            _ => None,
        };
        self.0.iter().map(plain).collect()
    }

    /// Returns a regular expression; a `*` at an open end says nothing.
    pub(super) fn expression(&self, open_start: bool, open_end: bool) -> String {
        let mut pieces = self.0.as_slice();
        while let ([Piece::Many, rest @ ..], true) = (pieces, open_start) {
            pieces = rest;
        }
        while let ([rest @ .., Piece::Many], true) = (pieces, open_end) {
            pieces = rest;
        }
        let mut expression = String::new();
        for piece in pieces {
            match piece {
                Piece::Many => expression.push_str(".*"),
                Piece::One => expression.push('.'),
                Piece::Dash => expression.push_str("[-/\u{2013}\u{2014}\u{2015}]"),
                Piece::Plain(plain) => plain.chars().for_each(|c| {
                    if r"\.+*?()|[]{}^$#&-~".contains(c) {
                        expression.push('\\');
                    }
                    expression.push(c);
                }),
            }
        }
        expression
    }
}

/// Returns the spellings of a text: itself, and where `dashes` is set one for each way to write
/// its dashes, as long as these are not more than `most` and it has no wildcard.
pub(super) fn spellings(text: &SigmaString, dashes: bool, most: usize) -> Vec<Text> {
    let whole = Text::new(text, dashes);
    let open = whole.0.iter().filter(|piece| **piece == Piece::Dash).count();
    let ways = u32::try_from(open).ok().and_then(|open| DASHES.len().checked_pow(open));
    if !text.is_plain() || ways.is_none_or(|ways| ways > most) {
        return vec![whole];
    }
    let mut found = vec![String::new()];
    for piece in &whole.0 {
        match piece {
            Piece::Plain(plain) => found.iter_mut().for_each(|text| text.push_str(plain)),
            _ => found = found.iter().flat_map(|text| DASHES.map(|dash| format!("{text}{dash}"))).collect(),
        }
    }
    found.into_iter().map(|text| Text(vec![Piece::Plain(text)])).collect()
}

/// Returns the texts that `|wide`, `|utf16`, `|utf16be`, `|base64` and `|base64offset` make of one.
pub(super) fn encoded(text: &Text, own: &DetectionItem) -> Result<Vec<String>, String> {
    let Some(plain) = text.plain() else {
        return Err("a text with wildcards cannot be encoded".to_owned());
    };
    let units = |bytes: fn(u16) -> [u8; 2]| plain.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let bytes = if has(own, Modifier::Wide) {
        units(u16::to_le_bytes)
    } else if has(own, Modifier::Utf16be) {
        units(u16::to_be_bytes)
    } else if has(own, Modifier::Utf16) {
        [vec![0xff, 0xfe], units(u16::to_le_bytes)].concat()
    } else {
        plain.clone().into_bytes()
    };
    if has(own, Modifier::Base64Offset) {
        return (0..3).map(|offset| at_offset(&bytes, offset)).collect();
    }
    if has(own, Modifier::Base64) {
        return Ok(vec![STANDARD.encode(bytes)]);
    }
    Err("an encoding in UTF-16 is compared only together with |base64 or |base64offset".to_owned())
}

/// Returns what stands in base64 whatever is before and after: `bytes` begin at `offset` of a
/// group of three, and characters that hold bits of a neighbour are left out (as pySigma does).
fn at_offset(bytes: &[u8], offset: usize) -> Result<String, String> {
    let all = [vec![0; offset], bytes.to_vec()].concat();
    // Six bits a character: the first that holds none of the offset, and the last whole one.
    let (first, end) = ((offset * 8).div_ceil(6), all.len() * 8 / 6);
    let text = STANDARD.encode(all);
    match text.get(first..end) {
        Some(own) if !own.is_empty() => Ok(own.to_owned()),
        _ => Err("the text is too short to be found in base64 at any offset".to_owned()),
    }
}

/// Returns a regular expression for whole numbers of at least `bound`, decimals allowed behind.
pub(super) fn at_least(bound: u128) -> String {
    let digits: Vec<u32> = bound.to_string().chars().filter_map(|c| c.to_digit(10)).collect();
    let mut ways = vec![format!("[1-9][0-9]{{{},}}", digits.len())];
    let mut before = String::new();
    for (at, digit) in digits.iter().enumerate() {
        let left = digits.len() - at - 1;
        if *digit < 9 {
            ways.push(format!("{before}[{}-9][0-9]{{{left}}}", digit + 1));
        }
        before.push_str(&digit.to_string());
    }
    ways.push(before);
    format!(r"^0*({})(\.[0-9]+)?$", ways.join("|"))
}

/// Returns a regular expression for numbers above `bound`.
pub(super) fn above(bound: u128) -> String {
    let next = at_least(bound.saturating_add(1));
    let part = format!(r"^0*{bound}\.0*[1-9][0-9]*$");
    format!("{next}|{part}")
}
