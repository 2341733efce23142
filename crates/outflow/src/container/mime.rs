//! Transfer encodings and header fields of mail.

/// How the body of a part is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Transfer {
    #[default]
    Plain,
    Base64,
    QuotedPrintable,
}

/// Decodes a body line by line; keeps what a line leaves open.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    bits: u32,
    count: u32,
}

impl Decoder {
    /// Decodes one line with its ending and appends to `out`.
    pub(super) fn line(&mut self, transfer: Transfer, line: &[u8], out: &mut Vec<u8>) {
        match transfer {
            Transfer::Plain => out.extend_from_slice(line),
            // What is no base64 was put behind it, as the footers of lists are.
            Transfer::Base64 if !line.trim_ascii().iter().all(|b| is_base64(*b)) => {
                out.extend_from_slice(b"\n");
                out.extend_from_slice(line);
            }
            Transfer::Base64 => self.base64(line, out),
            Transfer::QuotedPrintable => quoted_printable(line, out),
        }
    }

    fn base64(&mut self, line: &[u8], out: &mut Vec<u8>) {
        for byte in line {
            let value = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' | b'-' => 62,
                b'/' | b'_' => 63,
                b'=' => {
                    self.count = 0;
                    continue;
                }
                _ => continue,
            };
            self.bits = self.bits << 6 | u32::from(value);
            self.count += 6;
            if self.count >= 8 {
                self.count -= 8;
                out.push((self.bits >> self.count) as u8);
            }
        }
    }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=')
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|d| d as u8)
}

fn quoted_printable(line: &[u8], out: &mut Vec<u8>) {
    let body = line.trim_ascii_end();
    let soft = body.last() == Some(&b'=');
    let text = if soft { &body[..body.len() - 1] } else { body };
    let mut at = 0;
    while at < text.len() {
        let pair = (text.get(at + 1).copied().and_then(hex), text.get(at + 2).copied().and_then(hex));
        match (text[at], pair) {
            (b'=', (Some(high), Some(low))) => {
                out.push(high << 4 | low);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    if !soft && line.ends_with(b"\n") {
        out.push(b'\n');
    }
}

/// Returns a header field's value with its encoded words (`=?utf-8?B?…?=`) decoded.
pub(super) fn words(value: &str) -> String {
    let mut out = String::new();
    let mut rest = value;
    while let Some(start) = rest.find("=?") {
        let mut fields = rest[start + 2..].splitn(4, '?');
        let (charset, how, text) = (fields.next(), fields.next(), fields.next());
        let tail = fields.next().and_then(|t| t.strip_prefix('='));
        let (Some(charset), Some(how), Some(text), Some(tail)) = (charset, how, text, tail) else {
            out.push_str(&rest[..start + 2]);
            rest = &rest[start + 2..];
            continue;
        };
        // White space between two encoded words is no part of the text.
        if !rest[..start].trim().is_empty() || out.is_empty() {
            out.push_str(&rest[..start]);
        }
        let mut bytes = Vec::new();
        if how.eq_ignore_ascii_case("b") {
            Decoder::default().base64(text.as_bytes(), &mut bytes);
        } else {
            quoted_printable(text.replace('_', "=20").as_bytes(), &mut bytes);
        }
        out.push_str(&decode(charset, &bytes));
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// Returns `bytes` of a named character set as text.
pub(super) fn decode(charset: &str, bytes: &[u8]) -> String {
    let encoding = encoding_rs::Encoding::for_label(charset.as_bytes()).unwrap_or(encoding_rs::UTF_8);
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

/// Returns a parameter of a header field: `name="…"`, `name*=utf-8''…` or its
/// numbered pieces.
pub(super) fn parameter(value: &str, name: &str) -> Option<String> {
    let mut pieces = String::new();
    for field in split_quoted(value).into_iter().skip(1) {
        let Some((key, text)) = field.split_once('=') else { continue };
        let key = key.trim();
        let text = text.trim().trim_matches('"').replace("\\\"", "\"");
        if key.eq_ignore_ascii_case(name) {
            return Some(words(&text));
        }
        let head = key.split('*').next().unwrap_or("");
        if head.len() < key.len() && head.eq_ignore_ascii_case(name) {
            if key.ends_with('*') {
                let (charset, text) = text.split_once("''").unwrap_or(("utf-8", &text));
                pieces.push_str(&decode(charset, &percent(text)));
            } else {
                pieces.push_str(&text);
            }
        }
    }
    (!pieces.is_empty()).then_some(pieces)
}

fn percent(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = (bytes.get(at + 1).copied().and_then(hex), bytes.get(at + 2).copied().and_then(hex));
        if let (b'%', (Some(high), Some(low))) = (bytes[at], pair) {
            out.push(high << 4 | low);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    out
}

/// Splits at semicolons outside of quotes.
fn split_quoted(value: &str) -> Vec<&str> {
    let (mut fields, mut start, mut quoted) = (Vec::new(), 0, false);
    for (at, c) in value.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ';' if !quoted => {
                fields.push(&value[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    fields.push(&value[start..]);
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_fields_are_decoded() {
        assert_eq!(words("=?utf-8?Q?M=C3=BCller_?= =?UTF-8?B?UMOkdWw=?= x"), "Müller Päul x");
        assert_eq!(words("a =?broken b"), "a =?broken b");
        assert_eq!(parameter("x; name=\"a;b.pdf\"", "name").as_deref(), Some("a;b.pdf"));
        assert_eq!(parameter("x; filename*=utf-8''M%C3%BC.txt", "filename").as_deref(), Some("Mü.txt"));
        assert_eq!(parameter("x; filename*0=ab; filename*1=cd", "filename").as_deref(), Some("abcd"));
    }

    #[test]
    fn a_footer_behind_base64_is_text() {
        let mut out = Vec::new();
        let mut decoder = Decoder::default();
        for line in [&b"aGVsbG8g\n"[..], b"d29ybGQ=\n", b"\n", b"List: see a page.\n"] {
            decoder.line(Transfer::Base64, line, &mut out);
        }
        assert_eq!(out, b"hello world\nList: see a page.\n");
    }

    #[test]
    fn a_number_across_a_soft_line_break_is_whole() {
        let mut out = Vec::new();
        let mut decoder = Decoder::default();
        decoder.line(Transfer::QuotedPrintable, b"A00050=\r\n", &mut out);
        decoder.line(Transfer::QuotedPrintable, b"0015=C3=A4 \r\n", &mut out);
        assert_eq!(out, "A000500015ä\n".as_bytes());
    }
}
