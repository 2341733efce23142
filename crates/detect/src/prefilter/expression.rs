//! Texts that stand in whatever a regular expression matches.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Characters of a class that is taken for one letter: both cases, and the further letter that
/// Unicode folds to `k` or to `s`.
const MOST_CASES: usize = 3;

/// Longest text that is taken from an expression, in bytes.
const LONGEST: usize = 64;

/// Alternatives beyond which an expression is not looked into.
const WIDEST: usize = 256;

/// Returns lists of texts in small letters: what matches holds at least one of each list.
pub(super) fn needs(pattern: &str) -> Vec<Vec<String>> {
    regex_syntax::parse(pattern).map_or(Vec::new(), |expression| of(&expression))
}

fn of(expression: &Hir) -> Vec<Vec<String>> {
    match expression.kind() {
        HirKind::Literal(_) | HirKind::Class(_) => sequence(std::slice::from_ref(expression)),
        HirKind::Concat(parts) => sequence(parts),
        HirKind::Capture(capture) => of(&capture.sub),
        HirKind::Repetition(repeated) if repeated.min > 0 => of(&repeated.sub),
        HirKind::Alternation(parts) => {
            let mut joined = Vec::new();
            for part in parts {
                // The list whose shortest text is longest stands for each.
                let worst = |need: &Vec<String>| need.iter().map(String::len).min().unwrap_or(0);
                let Some(best) = of(part).into_iter().max_by_key(worst) else { return Vec::new() };
                joined.extend(best);
            }
            if joined.len() <= WIDEST { vec![joined] } else { Vec::new() }
        }
        HirKind::Empty | HirKind::Look(_) | HirKind::Repetition(_) => Vec::new(),
    }
}

/// Letters one after the other make a text; what lies between them has needs of its own.
fn sequence(parts: &[Hir]) -> Vec<Vec<String>> {
    let mut needs = Vec::new();
    let mut run = String::new();
    let end = |run: &mut String, needs: &mut Vec<Vec<String>>| {
        if !run.is_empty() {
            needs.push(vec![std::mem::take(run)]);
        }
    };
    for part in parts {
        match part.kind() {
            HirKind::Literal(literal) => {
                for byte in &literal.0 {
                    if byte.is_ascii() {
                        run.push(char::from(byte.to_ascii_lowercase()));
                    } else {
                        end(&mut run, &mut needs);
                    }
                    if run.len() == LONGEST {
                        end(&mut run, &mut needs);
                    }
                }
            }
            HirKind::Class(class) => match letter(class) {
                Some(letter) => run.push(letter),
                None => end(&mut run, &mut needs),
            },
            // They stand between two letters and are none.
            HirKind::Look(_) | HirKind::Empty => {}
            _ => {
                end(&mut run, &mut needs);
                needs.extend(of(part));
            }
        }
    }
    end(&mut run, &mut needs);
    needs
}

/// Returns the one ASCII character that all of a class become in small letters.
fn letter(class: &Class) -> Option<char> {
    let mut all: Vec<char> = Vec::new();
    match class {
        Class::Unicode(class) => {
            for range in class.ranges() {
                if range.len() + all.len() > MOST_CASES {
                    return None;
                }
                all.extend(range.start()..=range.end());
            }
        }
        // Of bytes, only those of ASCII are characters.
        Class::Bytes(class) => {
            for range in class.ranges() {
                if range.len() + all.len() > MOST_CASES || !range.end().is_ascii() {
                    return None;
                }
                all.extend((range.start()..=range.end()).map(char::from));
            }
        }
    }
    let mut folded = all.into_iter().map(|letter| match letter {
        // Looked for under this letter too (see `Literals::look`).
        '\u{17f}' => Some('s'),
        other => {
            let mut small = other.to_lowercase();
            small.next().filter(|first| first.is_ascii() && small.next().is_none())
        }
    });
    let first = folded.next()??;
    folded.all(|other| other == Some(first)).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::needs;

    #[test]
    fn texts_are_found_in_expressions() {
        for (pattern, expected) in [
            (r"(?i)^.*\\cmd\.exe.*$", vec![vec![r"\cmd.exe"]]),
            (r"(?i)sk", vec![vec!["sk"]]),
            (r"a(?:bc|def)+g", vec![vec!["a"], vec!["bc", "def"], vec!["g"]]),
            (r"(x|y?)z\b!", vec![vec!["z!"]]),
            (r"[a-c]d{2,}e*f", vec![vec!["d"], vec!["f"]]),
            (r".*", vec![]),
            (r"(", vec![]),
        ] {
            let mut found = needs(pattern);
            found.iter_mut().for_each(|need| need.sort());
            assert_eq!(found, expected, "{pattern}");
        }
    }
}
