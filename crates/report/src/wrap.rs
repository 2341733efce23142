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
/// first begins with `first`, later ones with as many blanks. Words that are too
/// long are broken.
pub(crate) fn wrap(first: &str, text: &str, width: usize) -> Vec<String> {
    let room = width.saturating_sub(columns(first)).max(8);
    let text = clean(text);
    fill(first, text.split_ascii_whitespace().flat_map(|word| pieces(word, room)), room)
}

/// Returns the same with words left whole, so that ids can be copied: a line may
/// be wider than `width`.
pub(crate) fn wrap_whole(first: &str, text: &str, width: usize) -> Vec<String> {
    let room = width.saturating_sub(columns(first)).max(8);
    fill(first, clean(text).split_ascii_whitespace().map(str::to_owned), room)
}

fn fill(first: &str, words: impl Iterator<Item = String>, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in words {
        if !line.is_empty() && columns(&line) + 1 + columns(&word) > room {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    lines.push(line);
    let indent = " ".repeat(columns(first));
    let before = |n: usize| if n == 0 { first } else { indent.as_str() };
    lines.iter().enumerate().map(|(n, line)| format!("{}{line}", before(n)).trim_end().to_owned()).collect()
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
