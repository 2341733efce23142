//! Wildcards of declared effects.
//!
//! `?` stands for one character and `*` for any number of them, neither of them a
//! `/`; `**` stands for any number of characters, `/` among them. A backslash takes
//! the meaning from the character after it. Everything else stands for itself, in
//! its letter case. A wildcard covers a path only as a whole: `/tmp/x` does not
//! cover `/tmp/x/y`, and `/tmp/x/**` does not cover `/tmp/x`.

/// Returns whether `pattern` covers the whole of `text`.
pub(super) fn covers(pattern: &str, text: &str) -> bool {
    let pattern = symbols(pattern);
    // Which places of the pattern are reached after each character of the text: a
    // walk of all ways at once, so that no pattern takes exponential time.
    let mut reached = vec![false; pattern.len() + 1];
    reached[0] = true;
    pass_stars(&pattern, &mut reached);
    for c in text.chars() {
        let mut next = vec![false; pattern.len() + 1];
        for (at, symbol) in pattern.iter().enumerate().filter(|(at, _)| reached[*at]) {
            match symbol {
                Symbol::Plain(wanted) => next[at + 1] |= *wanted == c,
                Symbol::One => next[at + 1] |= c != '/',
                Symbol::Part => next[at] |= c != '/',
                Symbol::All => next[at] = true,
            }
        }
        pass_stars(&pattern, &mut next);
        reached = next;
    }
    reached[pattern.len()]
}

enum Symbol {
    Plain(char),
    One,
    Part,
    All,
}

fn symbols(pattern: &str) -> Vec<Symbol> {
    let mut symbols = Vec::with_capacity(pattern.len());
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        symbols.push(match c {
            '?' => Symbol::One,
            '*' if rest.next_if_eq(&'*').is_some() => Symbol::All,
            '*' => Symbol::Part,
            '\\' => Symbol::Plain(rest.next().unwrap_or('\\')),
            plain => Symbol::Plain(plain),
        });
    }
    symbols
}

/// A star may stand for nothing.
fn pass_stars(pattern: &[Symbol], reached: &mut [bool]) {
    for (at, symbol) in pattern.iter().enumerate() {
        if reached[at] && matches!(symbol, Symbol::Part | Symbol::All) {
            reached[at + 1] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wildcards_cover_what_is_said_and_no_more() {
        for (pattern, text, covered) in [
            ("/etc/cron.d/*", "/etc/cron.d/x", true),
            ("/etc/cron.d/*", "/etc/cron.d/", true),
            ("/etc/cron.d/*", "/etc/cron.d", false),
            ("/etc/cron.d/*", "/etc/cron.d/a/b", false),
            ("/tmp/**", "/tmp/a/b", true),
            ("/tmp/**", "/tmp", false),
            ("/home/*/.ssh/id_?", "/home/max/.ssh/id_1", true),
            ("/home/*/.ssh/id_?", "/home/max/.ssh/id_12", false),
            ("/home/*/.ssh/id_?", "/home/a/b/.ssh/id_1", false),
            ("/**/x", "/a/b/x", true),
            ("/tmp/[a]", "/tmp/[a]", true),
            (r"/tmp/\*", "/tmp/*", true),
            (r"/tmp/\*", "/tmp/x", false),
            ("cat", "cat", true),
            ("cat", "Cat", false),
            ("", "", true),
            ("*", "", true),
        ] {
            assert_eq!(covers(pattern, text), covered, "{pattern} over {text}");
        }
        assert!(!covers(&"*a".repeat(200), &"a".repeat(199)), "ends in time");
    }

    proptest! {
        #[test]
        fn a_text_without_wildcards_covers_itself_alone(text in "[a-z/.]{0,12}", other in "[a-z/.]{0,12}") {
            prop_assert!(covers(&text, &text));
            prop_assert_eq!(covers(&text, &other), text == other);
            prop_assert!(covers("**", &text));
            let starred = format!("{text}*");
            prop_assert!(covers(&starred, &text));
        }
    }
}
