//! One JSON object in a line, read without a table of hashes.
//!
//! What is read here is what collectors write nearly always; the rest is left to `serde_json`,
//! which alone says what is an error. A property test compares the two.

use std::borrow::Cow;

use model::event::{Fields, Name};
use serde_json::{Number, Value};

use crate::names;

/// Members that are told apart by looking through them; an object with more is left to a table.
const MOST: usize = 256;

/// Digits of a whole number that fit 64 bits, whatever they are.
const SAFE_DIGITS: usize = 18;

/// Returns the object that `bytes` hold, `None` where `serde_json` is to be asked.
pub(crate) fn read(bytes: &[u8]) -> Option<Fields> {
    // Below 0x20 stands nothing but white space between members, and what is no JSON.
    if bytes.iter().any(|byte| *byte < b' ') {
        return None;
    }
    let mut reader = Reader { rest: std::str::from_utf8(bytes).ok()? };
    reader.take(b'{')?;
    let mut members: Vec<(Name, Value)> = Vec::with_capacity(48);
    let mut taken = Taken::default();
    if reader.peek()? == b'}' {
        reader.take(b'}')?;
    } else {
        loop {
            reader.take(b'"')?;
            let name = names::shared(&reader.text()?);
            reader.take(b':')?;
            let value = reader.value()?;
            match taken.may_hold(&name).then(|| members.iter_mut().find(|(own, _)| *own == name)).flatten() {
                // Of two members of one name the last counts, where the first stood.
                Some((_, own)) => *own = value,
                None => members.push((name, value)),
            }
            match reader.peek()? {
                b',' => reader.take(b',')?,
                _ => break reader.take(b'}')?,
            }
            if members.len() > MOST {
                return None;
            }
        }
    }
    reader.rest.trim_start_matches(' ').is_empty().then(|| Fields::of_distinct(members))
}

/// Which hashes of names have been seen.
#[derive(Default)]
struct Taken([u64; 4]);

impl Taken {
    /// Notes the name; returns whether it may have been noted before.
    fn may_hold(&mut self, name: &str) -> bool {
        let hash = names::hash(name.as_bytes());
        let Some(word) = self.0.get_mut(hash / 64 % 4) else { return true };
        let bit = 1 << (hash % 64);
        let before = *word & bit != 0;
        *word |= bit;
        before
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    /// Returns the next byte that is no blank.
    fn peek(&mut self) -> Option<u8> {
        let first = *self.rest.as_bytes().first()?;
        if first != b' ' {
            return Some(first);
        }
        self.rest = self.rest.trim_start_matches(' ');
        self.rest.as_bytes().first().copied()
    }

    fn take(&mut self, wanted: u8) -> Option<()> {
        let found = self.peek()?;
        self.rest = self.rest.get(1..)?;
        (found == wanted).then_some(())
    }

    /// Returns the text behind an opening quote, and passes the closing one.
    fn text(&mut self) -> Option<Cow<'a, str>> {
        let bytes = self.rest.as_bytes();
        let mut end = memchr::memchr2(b'"', b'\\', bytes)?;
        let escaped = bytes.get(end) == Some(&b'\\');
        while bytes.get(end) == Some(&b'\\') {
            end += 2;
            end += memchr::memchr2(b'"', b'\\', bytes.get(end..)?)?;
        }
        let raw = self.rest.get(..end)?;
        self.rest = self.rest.get(end + 1..)?;
        if escaped { unescaped(raw).map(Cow::Owned) } else { Some(Cow::Borrowed(raw)) }
    }

    fn value(&mut self) -> Option<Value> {
        match self.peek()? {
            b'"' => {
                self.rest = self.rest.get(1..)?;
                self.text().map(|text| Value::String(text.into_owned()))
            }
            b'{' | b'[' => {
                let mut values = serde_json::Deserializer::from_str(self.rest).into_iter::<Value>();
                let value = values.next()?.ok()?;
                self.rest = self.rest.get(values.byte_offset()..)?;
                Some(value)
            }
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            b'n' => self.word("null", Value::Null),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        self.rest = self.rest.strip_prefix(word)?;
        Some(value)
    }

    fn number(&mut self) -> Option<Value> {
        let of_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let length = self.rest.bytes().take_while(|byte| of_number(byte)).count();
        let (digits, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        let (sign, whole) = match digits.strip_prefix('-') {
            Some(whole) => (-1, whole),
            None => (1, digits),
        };
        let plain = whole.len() <= SAFE_DIGITS
            && whole.bytes().all(|byte| byte.is_ascii_digit())
            && matches!(whole.as_bytes(), [b'0'] | [b'1'..=b'9', ..]);
        // -0 is a floating point number.
        if !plain || digits == "-0" {
            return serde_json::from_str::<Number>(digits).ok().map(Value::Number);
        }
        let size = whole.bytes().fold(0_i64, |size, digit| size * 10 + i64::from(digit - b'0'));
        Some(Value::Number(Number::from(size * sign)))
    }
}

/// Returns what a text with escapes stands for; `None` for what is not read here.
fn unescaped(raw: &str) -> Option<String> {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        let (before, escape) = rest.split_at_checked(at)?;
        out.push_str(before);
        let code = *escape.as_bytes().get(1)?;
        rest = escape.get(2..)?;
        out.push(match code {
            b'\\' => '\\',
            b'"' => '"',
            b'/' => '/',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => {
                let (digits, after) = rest.split_at_checked(4)?;
                rest = after;
                let whole = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                // Halves of pairs are no characters of their own.
                char::from_u32(u32::from_str_radix(digits, 16).ok().filter(|_| whole)?)?
            }
            _ => return None,
        });
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests;
