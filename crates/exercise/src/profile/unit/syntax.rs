//! Lines of a unit file: sections, continuations, comments and quoting (systemd.syntax(7)).

use model::diagnostic::Diagnostic;

use crate::profile::Directive;

/// One `key=value` of the section `[Service]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) file: String,
    pub(super) line: u32,
}

impl Setting {
    pub(super) fn directive(&self) -> Directive {
        Directive { text: format!("{}={}", self.key, self.value), file: self.file.clone(), line: self.line }
    }

    pub(super) fn warning(&self, code: &str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::warning(&self.file, code, message).at(self.line, 1)
    }

    /// Returns the value as a truth value.
    pub(super) fn truth(&self) -> Option<bool> {
        truth(&self.value)
    }

    /// Returns the value's words with quotes and escapes resolved.
    pub(super) fn words(&self, diagnostics: &mut Vec<Diagnostic>) -> Vec<String> {
        let (words, odd) = words(&self.value);
        if let Some(odd) = odd {
            diagnostics.push(
                self.warning("profile.unit-syntax", format!("{odd} in the value of {}", self.key))
                    .help("close every quote, and write a backslash twice"),
            );
        }
        words
    }
}

/// Returns what systemd takes for true and false.
pub(super) fn truth(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "yes" | "y" | "true" | "t" | "on" => Some(true),
        "0" | "no" | "n" | "false" | "f" | "off" => Some(false),
        _ => None,
    }
}

/// Returns the settings of `[Service]` in the order of the file.
pub(super) fn settings(file: &str, bytes: &[u8], diagnostics: &mut Vec<Diagnostic>) -> Vec<Setting> {
    let text = String::from_utf8_lossy(bytes);
    if matches!(text, std::borrow::Cow::Owned(_)) {
        diagnostics.push(
            Diagnostic::warning(file, "text.not-utf8", "the file is not UTF-8")
                .help("save the file as UTF-8; the odd bytes were replaced"),
        );
    }
    let mut found = Vec::new();
    let mut section = None;
    for (line, content) in logical_lines(text.trim_start_matches('\u{feff}')) {
        let content = content.trim();
        if content.is_empty() {
            continue;
        }
        if let Some(name) = content.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = Some(name.to_owned());
            continue;
        }
        let fault = match (content.split_once('='), &section) {
            (Some((key, value)), Some(section)) => {
                if section == "Service" {
                    found.push(Setting {
                        key: key.trim().to_owned(),
                        value: value.trim().to_owned(),
                        file: file.to_owned(),
                        line,
                    });
                }
                continue;
            }
            (Some(_), None) => "a setting stands before the first section",
            (None, _) => "a line is neither a section, a comment nor a setting",
        };
        diagnostics.push(
            Diagnostic::warning(file, "profile.unit-syntax", fault)
                .help("write [Service], and below it one Directive=value a line")
                .at(line, 1),
        );
    }
    found
}

/// Returns whether a file has the section whose settings count.
pub(super) fn has_service(bytes: &[u8]) -> bool {
    String::from_utf8_lossy(bytes).lines().any(|line| line.trim() == "[Service]")
}

/// Returns lines with continuations joined, each with the number of its first line.
fn logical_lines(text: &str) -> Vec<(u32, String)> {
    let mut lines = Vec::new();
    let mut open: Option<(u32, String)> = None;
    for (index, raw) in text.lines().enumerate() {
        let comment = raw.trim_start().starts_with(['#', ';']);
        if comment {
            // A comment inside a continuation is left out and the continuation goes on.
            continue;
        }
        let (mut line, content) = (u32::try_from(index + 1).unwrap_or(u32::MAX), raw);
        let mut joined = String::new();
        if let Some((first, before)) = open.take() {
            line = first;
            joined = before;
        }
        match content.trim_end().strip_suffix('\\') {
            Some(rest) => {
                joined.push_str(rest);
                joined.push(' ');
                open = Some((line, joined));
            }
            None => {
                joined.push_str(content);
                lines.push((line, joined));
            }
        }
    }
    lines.extend(open);
    lines
}

/// Splits at white space outside quotes; the second value says what was odd.
fn words(value: &str) -> (Vec<String>, Option<&'static str>) {
    let mut found = Vec::new();
    let mut odd = None;
    let mut rest = value.trim_start();
    while let Some(first) = rest.chars().next() {
        let quote = (first == '"' || first == '\'').then_some(first);
        let mut word = String::new();
        let mut chars = rest.char_indices().skip(usize::from(quote.is_some()));
        let mut end = None;
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some((_, escaped)) => word.push(unescape(escaped, &mut odd)),
                    None => odd = Some("a lone backslash"),
                },
                c if Some(c) == quote => {
                    end = Some(at + c.len_utf8());
                    break;
                }
                c if quote.is_none() && c.is_whitespace() => {
                    end = Some(at);
                    break;
                }
                c => word.push(c),
            }
        }
        if end.is_none() && quote.is_some() {
            odd = Some("a quote that is not closed");
        }
        found.push(word);
        rest = end.map_or("", |end| rest[end..].trim_start());
    }
    (found, odd)
}

fn unescape(c: char, odd: &mut Option<&'static str>) -> char {
    match c {
        'n' => '\n',
        't' => '\t',
        's' => ' ',
        '\\' | '"' | '\'' => c,
        other => {
            *odd = Some("an escape that has no meaning");
            other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continuations_comments_sections_and_quotes_are_read_as_systemd_does() {
        let text = b"# top\n[Unit]\nProtectHome=yes\n[Service]\nA = one \\\n# in between\n  ; and this\n  two\n\nB=\nC=\"a b\" 'c d' e\\x\n[Install]\nA=no\n";
        let mut diagnostics = Vec::new();
        let found = settings("x.service", text, &mut diagnostics);
        let seen: Vec<_> = found.iter().map(|s| (s.key.as_str(), s.value.as_str(), s.line)).collect();
        assert_eq!(seen, [("A", "one    two", 5), ("B", "", 10), ("C", "\"a b\" 'c d' e\\x", 11)]);
        assert_eq!(diagnostics, []);
        assert_eq!(found[2].words(&mut diagnostics), ["a b", "c d", "ex"]);
        assert_eq!(diagnostics.len(), 1, "{diagnostics:?}");
    }

    #[test]
    fn lines_without_sense_are_placed() {
        let mut diagnostics = Vec::new();
        assert_eq!(settings("x", b"A=1\n[Service]\nnonsense\n", &mut diagnostics), []);
        let lines: Vec<_> = diagnostics.iter().map(|d| d.position.map(|p| p.line)).collect();
        assert_eq!(lines, [Some(1), Some(3)]);
    }
}
