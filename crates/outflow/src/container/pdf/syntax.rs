//! The bare syntax of PDF: where a value ends, what a dictionary holds.

/// Returns whether a byte ends a name or a number.
pub(super) fn ends(byte: u8) -> bool {
    byte.is_ascii_whitespace()
        || byte == 0
        || matches!(byte, b'/' | b'<' | b'>' | b'[' | b']' | b'(' | b')' | b'{' | b'}' | b'%')
}

/// Returns where white space ends.
pub(super) fn blank(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() {
        match bytes[at] {
            b'%' => at += memchr::memchr2(b'\n', b'\r', &bytes[at..]).unwrap_or(bytes.len() - at),
            b if b.is_ascii_whitespace() || b == 0 => at += 1,
            _ => break,
        }
    }
    at
}

/// Returns where the string that begins at `at` ends.
pub(super) fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut depth = 0_u32;
    let mut i = at;
    while i < bytes.len() {
        match bytes[i] {
            b'\\' => i += 1,
            b'(' => depth += 1,
            b')' if depth <= 1 => return i + 1,
            b')' => depth -= 1,
            _ => {}
        }
        i += 1;
    }
    bytes.len()
}

/// Returns where the value that begins at or after `at` ends. Nesting is
/// counted and not followed, so depth costs nothing.
pub(super) fn skip(bytes: &[u8], at: usize) -> usize {
    let mut at = blank(bytes, at);
    let mut depth = 0_u32;
    while at < bytes.len() {
        match bytes[at] {
            b'(' => at = string_end(bytes, at),
            b'<' if bytes.get(at + 1) == Some(&b'<') => {
                depth += 1;
                at += 2;
            }
            b'>' if bytes.get(at + 1) == Some(&b'>') => {
                depth = depth.saturating_sub(1);
                at += 2;
            }
            b'<' => at += memchr::memchr(b'>', &bytes[at..]).map_or(bytes.len() - at, |n| n + 1),
            b'[' | b'{' => {
                depth += 1;
                at += 1;
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            b'/' => at = word(bytes, at + 1),
            b'>' | b')' => at += 1,
            _ => {
                let end = word(bytes, at).max(at + 1);
                if depth > 0 && matches!(&bytes[at..end], b"endobj" | b"stream") {
                    return at;
                }
                // A reference is three words.
                at = if depth == 0 { reference_end(bytes, at).unwrap_or(end) } else { end };
            }
        }
        if depth == 0 {
            return at;
        }
        at = blank(bytes, at);
    }
    at
}

pub(super) fn word(bytes: &[u8], at: usize) -> usize {
    at + bytes[at.min(bytes.len())..].iter().take_while(|b| !ends(**b)).count()
}

fn reference_end(bytes: &[u8], at: usize) -> Option<usize> {
    let first = word(bytes, at);
    let second_at = blank(bytes, first);
    let second = word(bytes, second_at);
    let third = blank(bytes, second);
    let digits = |range: &[u8]| !range.is_empty() && range.iter().all(u8::is_ascii_digit);
    let whole = digits(bytes.get(at..first)?) && digits(bytes.get(second_at..second)?);
    (whole && bytes.get(third) == Some(&b'R') && bytes.get(third + 1).is_none_or(|b| ends(*b)))
        .then_some(third + 1)
}

/// Returns the object a reference names.
pub(super) fn reference(value: &[u8]) -> Option<u32> {
    let at = blank(value, 0);
    reference_end(value, at)?;
    std::str::from_utf8(&value[at..word(value, at)]).ok()?.parse().ok()
}

/// Returns all references of a value.
pub(super) fn references(value: &[u8]) -> impl Iterator<Item = u32> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < value.len() {
            let here = blank(value, at);
            if let Some(end) = reference_end(value, here) {
                at = end;
                return reference(&value[here..]);
            }
            at = word(value, here).max(here + 1);
        }
        None
    })
}

/// Returns a value as a whole number.
pub(super) fn integer(value: &[u8]) -> Option<i64> {
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

/// Returns the entries of a dictionary.
pub(super) fn entries(dictionary: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let start = blank(dictionary, 0);
    let mut at = if dictionary[start.min(dictionary.len())..].starts_with(b"<<") {
        start + 2
    } else {
        dictionary.len()
    };
    std::iter::from_fn(move || {
        at = blank(dictionary, at);
        if dictionary.get(at) != Some(&b'/') {
            return None;
        }
        let name_end = word(dictionary, at + 1);
        let name = &dictionary[at + 1..name_end];
        let value_at = blank(dictionary, name_end);
        at = skip(dictionary, value_at).max(value_at + 1).min(dictionary.len());
        Some((name, dictionary.get(value_at..at)?))
    })
}

/// Returns the entry of a dictionary.
pub(super) fn get<'d>(dictionary: &'d [u8], key: &[u8]) -> Option<&'d [u8]> {
    entries(dictionary).find(|(name, _)| *name == key).map(|(_, value)| value)
}

/// Returns the object number of the `N G obj` whose ` obj` stands at `at`.
pub(super) fn number_before(bytes: &[u8], at: usize) -> Option<u32> {
    let before = &bytes[at.saturating_sub(20)..at];
    let text =
        before.iter().rposition(|b| !b.is_ascii_digit() && *b != b' ').map_or(before, |p| &before[p + 1..]);
    let mut words = std::str::from_utf8(text).ok()?.split_ascii_whitespace().rev();
    words.next()?;
    words.next()?.parse().ok()
}
