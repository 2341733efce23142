//! Valid numbers and the ways people write them. The check digits are computed here
//! again from the published rules, and not with the program's own code.

/// Numbers by a linear congruence (Knuth, MMIX): the test must be the same every time.
pub(crate) struct Draw(pub u64);

impl Draw {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn digits(&mut self, count: usize) -> Vec<u64> {
        (0..count).map(|_| self.below(10)).collect()
    }

    fn letter(&mut self) -> (char, u64) {
        let ordinal = self.below(26) + 1;
        let letter = u8::try_from(ordinal).expect("below 27") - 1 + b'A';
        (char::from(letter), ordinal)
    }
}

fn text(digits: &[u64]) -> String {
    digits.iter().map(u64::to_string).collect()
}

fn crossed(values: &[u64], weights: &[u64]) -> u64 {
    values.iter().zip(weights.iter().cycle()).map(|(v, w)| (v * w) / 10 + (v * w) % 10).sum::<u64>() % 10
}

fn kvnr(draw: &mut Draw) -> String {
    let (letter, ordinal) = draw.letter();
    let digits = draw.digits(8);
    let values = [vec![ordinal / 10, ordinal % 10], digits.clone()].concat();
    format!("{letter}{}{}", text(&digits), crossed(&values, &[1, 2]))
}

fn iban(draw: &mut Draw) -> String {
    let account = draw.digits(18);
    let rest = account.iter().chain(&[1, 3, 1, 4, 0, 0]).fold(0, |r, d| (r * 10 + d) % 97);
    format!("DE{:02}{}", 98 - rest, text(&account))
}

fn tax_id(draw: &mut Draw) -> String {
    let mut pool: Vec<u64> = (0..10).collect();
    let mut digits: Vec<u64> = (0..9)
        .map(|i| {
            let fitting: Vec<usize> = (0..pool.len()).filter(|p| i > 0 || pool[*p] > 0).collect();
            let at = fitting[usize::try_from(draw.below(fitting.len() as u64)).expect("small")];
            pool.remove(at)
        })
        .collect();
    digits.push(digits[usize::try_from(draw.below(9)).expect("small")]);
    let mut product = 10;
    for digit in &digits {
        let sum = (digit + product) % 10;
        product = if sum == 0 { 10 } else { sum } * 2 % 11;
    }
    format!("{}{}", text(&digits), (11 - product) % 10)
}

fn pension(draw: &mut Draw) -> String {
    let head = [10 + draw.below(70), 1 + draw.below(28), 1 + draw.below(12), 40 + draw.below(59)];
    let head: Vec<u64> = head.iter().flat_map(|n| [n / 10, n % 10]).collect();
    let (letter, ordinal) = draw.letter();
    let serial = draw.digits(2);
    let values = [head.clone(), vec![ordinal / 10, ordinal % 10], serial.clone()].concat();
    let check = crossed(&values, &[2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1]);
    format!("{}{letter}{}{check}", text(&head), text(&serial))
}

fn card(draw: &mut Draw) -> String {
    format!("80276{}", text(&draw.digits(15)))
}

fn physician(draw: &mut Draw) -> String {
    let digits = draw.digits(6);
    let sum: u64 = digits.iter().zip([4, 9].iter().cycle()).map(|(d, w)| d * w).sum();
    format!("{}{}01", text(&digits), (10 - sum % 10) % 10)
}

/// A kind of number: its name in texts, and how one is drawn.
pub(crate) type Kind = (&'static str, fn(&mut Draw) -> String);

pub(crate) const KINDS: [Kind; 6] = [
    ("KVNR", kvnr),
    ("Steuer-ID", tax_id),
    ("IBAN", iban),
    ("RVNR", pension),
    ("eGK", card),
    ("LANR", physician),
];

fn grouped(number: &str, by: char) -> String {
    let signs: Vec<char> = number.chars().collect();
    let first = signs.len() % 3;
    let groups = [&signs[..first]].into_iter().chain(signs[first..].chunks(3));
    groups
        .filter(|g| !g.is_empty())
        .map(|g| g.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join(&by.to_string())
}

fn shifted(number: &str, zero: u32) -> String {
    number.chars().map(|c| c.to_digit(10).and_then(|d| char::from_u32(zero + d)).unwrap_or(c)).collect()
}

fn coded(number: &str, with: impl Fn(u32) -> String) -> String {
    number.chars().map(|c| with(u32::from(c))).collect()
}

pub(crate) const FORMS: usize = 20;

/// Returns the number in one of the forms, as part of a name.
pub(crate) fn written(number: &str, label: &str, form: usize) -> String {
    let name = match form {
        0 => format!("Befund_{number}"),
        1 => format!("akte {}", number.to_lowercase()),
        2 => format!("PAT{number}neu"),
        3 => format!("{number}20240101"),
        4 => format!("x{number}_20240101"),
        5 => format!("akte_{}", grouped(number, '_')),
        6 => format!("akte-{}-neu", grouped(number, '-')),
        7 => format!("akte {}", grouped(number, ' ')),
        8 => grouped(number, '.'),
        9 => format!("akte {}", shifted(number, 0xff10)),
        10 => format!("akte {}", coded(number, |c| format!("%{c:02x}"))),
        11 => format!("akte%20{number}%2epdf"),
        12 => format!("akte {}", coded(number, |c| format!("%25{c:02x}"))),
        13 => number.chars().map(String::from).collect::<Vec<_>>().join("\u{200b}"),
        14 => shifted(number, 0x1d7ce),
        15 => format!("{label} {number}"),
        16 => coded(number, |c| format!("\\u{c:04x}")),
        17 => coded(number, |c| format!("&#{c};")),
        18 => number.to_owned(),
        _ => format!("20240101_{number}"),
    };
    // Nine digits are everything else unless something says what they are.
    if label == "LANR" { format!("{label} {name}") } else { name }
}

/// Returns a text as letters and digits alone, with whatever encoding taken off that a
/// reader could take off: what stands here stands in clear.
pub(crate) fn plain(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..3 {
        let mut out = Vec::with_capacity(bytes.len());
        let mut at = 0;
        while at < bytes.len() {
            let code = bytes.get(at + 1..at + 3).and_then(|c| std::str::from_utf8(c).ok());
            let code = code.and_then(|c| u8::from_str_radix(c, 16).ok()).filter(|_| bytes[at] == b'%');
            out.push(code.unwrap_or(bytes[at]));
            at += if code.is_some() { 3 } else { 1 };
        }
        bytes = out;
    }
    let decoded = String::from_utf8_lossy(&bytes);
    // Escapes of zero-width characters, as places are shown with.
    let decoded = decoded.replace("\\u{200b}", "");
    let kept = decoded.nfkc().filter(char::is_ascii_alphanumeric);
    kept.map(|c| c.to_ascii_uppercase()).collect()
}
