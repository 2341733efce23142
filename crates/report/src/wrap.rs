//! Lines that fit a width.

/// Returns how many columns a text takes; every character of ours takes one.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().filter(|c| *c != '\u{2060}').count()
}

/// Returns `text` without control characters: raw events may carry escape
/// sequences that a terminal would obey.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

/// Returns text as a terminal and its tools expect it: the no-break blank becomes a
/// blank, and the word joiner, which some terminals draw, goes away.
pub(crate) fn plain(text: &str) -> String {
    text.chars().filter(|c| *c != '\u{2060}').map(|c| if c == '\u{a0}' { ' ' } else { c }).collect()
}

/// Returns `lines` as one text; what kept number and unit together has done its work.
pub(crate) fn joined(lines: &[String]) -> String {
    plain(&lines.join("\n")) + "\n"
}

/// Returns `text` broken at blanks into lines of at most `width` columns; the
/// first begins with `first`, later ones with as many blanks.
pub(crate) fn wrap(first: &str, text: &str, width: usize) -> Vec<String> {
    let indent = columns(first);
    let room = width.saturating_sub(indent).max(8);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in clean(text).split_ascii_whitespace() {
        for piece in pieces(word, room) {
            if !line.is_empty() && columns(&line) + 1 + columns(&piece) > room {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&piece);
        }
    }
    lines.push(line);
    lines
        .into_iter()
        .enumerate()
        .map(|(n, l)| if n == 0 { format!("{first}{l}") } else { format!("{}{l}", " ".repeat(indent)) })
        .map(|l| l.trim_end().to_owned())
        .collect()
}

fn pieces(word: &str, room: usize) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    letters.chunks(room).map(|chunk| chunk.iter().collect()).collect()
}

/// Returns `text` cut to `width` columns, with a mark where it was cut.
pub(crate) fn cut(text: &str, width: usize) -> String {
    let text = clean(text);
    if columns(&text) <= width {
        return text;
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}
