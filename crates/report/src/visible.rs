//! Text of any origin, so that it is shown and does nothing.

use std::borrow::Cow;

/// The colours of the terminal summary: what stands between `ESC [` and `m`.
pub(crate) const COLOURS: [&str; 7] = ["0", "1", "31", "32", "33", "34", "90"];

/// Returns whether a character is obeyed instead of shown: it controls a terminal,
/// turns the direction of what follows, ends a line, or is invisible by purpose.
fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Returns text in which every character that would be obeyed is written as an
/// escape, `\u202e`, as JSON has it: inside a string of JSON its meaning stays. Line
/// feed, tab, and a carriage return before a line feed are kept; with `colours` also
/// the sequences of the terminal summary.
pub fn visible(text: &str, colours: bool) -> Cow<'_, str> {
    let kept = |c: char| matches!(c, '\n' | '\t') || !is_obeyed(c);
    if text.chars().all(kept) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or("");
        let length = match c {
            c if kept(c) => c.len_utf8(),
            '\r' if after.starts_with('\n') => 1,
            '\u{1b}' if colours => sequence(after).map_or(0, |length| 1 + length),
            _ => 0,
        };
        if length == 0 {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
            rest = after;
        } else {
            let (shown, left) = rest.split_at(length);
            out.push_str(shown);
            rest = left;
        }
    }
    Cow::Owned(out)
}

/// Returns the length of one of our colour sequences after its escape.
fn sequence(after: &str) -> Option<usize> {
    let code = after.strip_prefix('[')?.split('m').next()?;
    COLOURS.contains(&code).then(|| code.len() + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_obeyed_is_shown_and_json_keeps_its_meaning() {
        let cases = [
            ("plain ä 日本 👩‍🚀 a\u{a0}b\u{2060}c\tx\n", false, "plain ä 日本 👩‍🚀 a\u{a0}b\u{2060}c\tx\n"),
            ("\u{1b}[2J\u{1b}]0;x\u{7}", true, "\\u001b[2J\\u001b]0;x\\u0007"),
            ("\u{1b}[31mred\u{1b}[0m", true, "\u{1b}[31mred\u{1b}[0m"),
            ("\u{1b}[31mred\u{1b}[0m", false, "\\u001b[31mred\\u001b[0m"),
            ("\u{1b}[8mhidden", true, "\\u001b[8mhidden"),
            ("\u{9b}2J\u{7f}\u{85}", false, "\\u009b2J\\u007f\\u0085"),
            ("exe.\u{202e}fdp\u{2066}\u{2069}\u{200f}", false, "exe.\\u202efdp\\u2066\\u2069\\u200f"),
            ("a\u{2028}b\u{2029}c", false, "a\\u2028b\\u2029c"),
            ("a\r\nb\rc", false, "a\r\nb\\u000dc"),
            ("\u{e0041}", false, "\\udb40\\udc41"),
        ];
        for (text, colours, expected) in cases {
            assert_eq!(visible(text, colours), expected, "{text:?}");
        }
        let hostile: String =
            (0..=0x2100).filter_map(char::from_u32).chain(['\u{feff}', '\u{e0041}']).collect();
        let json = serde_json::to_string(&hostile).expect("text is JSON");
        let shown = visible(&json, false);
        assert_ne!(shown, json);
        assert_eq!(serde_json::from_str::<String>(&shown).expect("still JSON"), hostile);
        assert!(shown.chars().all(|c| !is_obeyed(c)), "something would be obeyed");
    }
}
