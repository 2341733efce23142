//! Which programs a shell script names, as far as its text says it.
//!
//! This is no shell: it finds the words that stand where a command stands, follows
//! quotes, substitutions and the programs whose arguments are commands, and passes
//! over comments and the bodies of here-documents. What a script computes is not seen.

use super::elevate;

/// How deep commands inside commands are followed; published tests go four deep.
const DEEPEST: usize = 8;

/// Commands that one script may hold; a hundred times the most seen.
const MOST: usize = 10_000;

/// A command with its arguments, quotes removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) name: String,
    pub(super) arguments: Vec<String>,
}

impl Command {
    /// Returns the name without its folder.
    pub(super) fn short(&self) -> &str {
        self.name.rsplit_once('/').map_or(self.name.as_str(), |(_, name)| name)
    }

    /// Returns whether an argument is one of these.
    pub(super) fn has(&self, wanted: &[&str]) -> bool {
        self.arguments.iter().any(|a| wanted.contains(&a.as_str()))
    }
}

/// Words of the shell's grammar after which a command begins.
const GRAMMAR: [&str; 11] =
    ["if", "then", "else", "elif", "do", "while", "until", "!", "{", "time", "coproc"];

/// Programs whose arguments are a command, after options, assignments and numbers.
const WRAPPERS: [&str; 15] = [
    "busybox", "builtin", "command", "env", "exec", "ionice", "nice", "nohup", "setsid", "stdbuf", "sudo",
    "time", "timeout", "watch", "xargs",
];

/// Programs that take a script as an argument, and the option before it.
const SHELLS: [&str; 6] = ["bash", "dash", "ksh", "sh", "su", "zsh"];

/// Returns the commands of `script` in the order in which they stand there, and the
/// names of the functions it defines.
pub(super) fn commands(script: &str) -> (Vec<Command>, Vec<String>) {
    let mut found = Found::default();
    found.script(script, DEEPEST);
    (found.commands, found.functions)
}

#[derive(Default)]
struct Found {
    commands: Vec<Command>,
    functions: Vec<String>,
}

/// The reading of one script.
struct Lexer<'a> {
    rest: &'a str,
    words: Vec<String>,
    word: String,
    /// Whether `word` is one, which may be empty between quotes.
    begun: bool,
    /// Ends of here-documents whose bodies begin after this line.
    documents: Vec<String>,
    /// Scripts inside this one.
    inner: Vec<String>,
}

impl Found {
    fn script(&mut self, script: &str, depth: usize) {
        if depth == 0 {
            return;
        }
        let mut lexer = Lexer {
            rest: script,
            words: Vec::new(),
            word: String::new(),
            begun: false,
            documents: Vec::new(),
            inner: Vec::new(),
        };
        while let Some(words) = lexer.next_command() {
            for inner in std::mem::take(&mut lexer.inner) {
                self.script(&inner, depth - 1);
            }
            self.command(&words, depth);
            if self.commands.len() >= MOST {
                return;
            }
        }
        for inner in std::mem::take(&mut lexer.inner) {
            self.script(&inner, depth - 1);
        }
    }

    fn command(&mut self, words: &[String], depth: usize) {
        let mut words = words;
        while let Some((first, rest)) = words.split_first() {
            if GRAMMAR.contains(&first.as_str()) || is_assignment(first) {
                words = rest;
            } else {
                break;
            }
        }
        let Some((name, arguments)) = words.split_first() else { return };
        match name.as_str() {
            "" | "for" | "case" | "select" | "function" | "esac" | "done" | "fi" | "}" | "in" | "[["
            | "]]" => {
                return;
            }
            _ => {}
        }
        if let Some(function) = name.strip_suffix("()") {
            return self.functions.push(function.to_owned());
        }
        let command = Command { name: name.clone(), arguments: arguments.to_vec() };
        let short = command.short().to_owned();
        self.commands.push(command);
        if WRAPPERS.contains(&short.as_str()) && depth > 0 {
            let inner = match short.as_str() {
                "sudo" => Some(elevate::started_by_sudo(arguments)),
                _ => arguments.iter().position(|a| {
                    !a.starts_with('-') && !is_assignment(a) && !a.starts_with(|c: char| c.is_ascii_digit())
                }),
            };
            if let Some(rest) = inner.and_then(|at| arguments.get(at..)) {
                self.command(rest, depth - 1);
            }
        }
        let script = match short.as_str() {
            "eval" => Some(arguments.join(" ")),
            shell if SHELLS.contains(&shell) => {
                let option = arguments.iter().position(|a| {
                    a.starts_with('-') && !a.starts_with("--") && a.ends_with('c') || a == "--command"
                });
                option.and_then(|at| arguments.get(at + 1)).cloned()
            }
            _ => None,
        };
        if let Some(script) = script {
            self.script(&script, depth.saturating_sub(1));
        }
    }
}

pub(super) fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        let name = name.strip_suffix('+').unwrap_or(name);
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    })
}

impl Lexer<'_> {
    /// Returns the words up to the next separator; `None` at the end.
    fn next_command(&mut self) -> Option<Vec<String>> {
        loop {
            let Some(c) = self.take() else {
                self.end_word();
                return (!self.words.is_empty()).then(|| std::mem::take(&mut self.words));
            };
            match c {
                '\'' => {
                    let text = self.until('\'');
                    self.add(&text);
                }
                '"' => self.double(),
                '\\' => match self.take() {
                    Some('\n') | None => {}
                    Some(c) => self.push(c),
                },
                '$' if self.rest.starts_with('(') => self.substitution(),
                '`' => {
                    let script = self.until('`');
                    self.inner.push(script);
                    self.add("");
                }
                '#' if !self.begun => drop(self.line()),
                '<' | '>' => self.redirection(c),
                '(' if self.begun && self.rest.starts_with(')') => {
                    self.rest = &self.rest[1..];
                    self.add("()");
                    self.end_word();
                    return Some(std::mem::take(&mut self.words));
                }
                // A word that a closing parenthesis ends is a pattern of `case`, or the
                // end of a subshell, which the words before it tell apart.
                '(' | ')' | ';' | '&' | '|' | '\n' => {
                    self.end_word();
                    if c == '\n' {
                        self.skip_documents();
                    }
                    if !self.words.is_empty() {
                        return Some(std::mem::take(&mut self.words));
                    }
                }
                c if c.is_whitespace() => self.end_word(),
                c => self.push(c),
            }
        }
    }

    fn take(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn push(&mut self, c: char) {
        self.begun = true;
        self.word.push(c);
    }

    fn add(&mut self, text: &str) {
        self.begun = true;
        self.word.push_str(text);
    }

    fn end_word(&mut self) {
        if std::mem::take(&mut self.begun) {
            self.words.push(std::mem::take(&mut self.word));
        }
    }

    /// Takes everything up to `end` and the end itself; a backslash protects it but
    /// for single quotes, which know none.
    fn until(&mut self, end: char) -> String {
        let mut text = String::new();
        while let Some(c) = self.take() {
            match c {
                c if c == end => break,
                '\\' if end != '\'' => text.extend(self.take()),
                c => text.push(c),
            }
        }
        text
    }

    fn line(&mut self) -> &str {
        let end = self.rest.find('\n').unwrap_or(self.rest.len());
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest;
        line
    }

    fn double(&mut self) {
        self.begun = true;
        while let Some(c) = self.take() {
            match c {
                '"' => return,
                '\\' => match self.take() {
                    Some(c @ ('"' | '\\' | '$' | '`')) => self.word.push(c),
                    Some('\n') | None => {}
                    Some(c) => self.word.extend(['\\', c]),
                },
                '$' if self.rest.starts_with('(') => self.substitution(),
                '`' => {
                    let script = self.until('`');
                    self.inner.push(script);
                }
                c => self.word.push(c),
            }
        }
    }

    /// `$(…)`, whose text goes to the matching parenthesis.
    fn substitution(&mut self) {
        self.begun = true;
        let mut depth = 0_usize;
        let mut quote = None;
        let mut end = self.rest.len();
        let mut escaped = false;
        for (at, c) in self.rest.char_indices() {
            match (quote, c) {
                _ if escaped => escaped = false,
                (None | Some('"'), '\\') => escaped = true,
                (Some(q), c) if q == c => quote = None,
                (None, '\'' | '"') => quote = Some(c),
                (None, '(') => depth += 1,
                (None, ')') => {
                    depth -= 1;
                    if depth == 0 {
                        end = at;
                        break;
                    }
                }
                _ => {}
            }
        }
        let inside = self.rest.get(1..end).unwrap_or("");
        // `$((…))` is arithmetic.
        if !inside.starts_with('(') {
            self.inner.push(inside.to_owned());
        }
        self.rest = self.rest.get(end + 1..).unwrap_or("");
    }

    /// `<`, `>`, `<<end` and their like: the word after them is no argument.
    fn redirection(&mut self, c: char) {
        // The number of a file descriptor belongs to it.
        if self.word.bytes().all(|b| b.is_ascii_digit()) {
            self.word.clear();
            self.begun = false;
        }
        self.end_word();
        let here = c == '<' && self.rest.starts_with('<') && !self.rest.starts_with("<<");
        if here {
            self.rest = self.rest[1..].strip_prefix('-').unwrap_or(&self.rest[1..]);
        }
        if self.rest.starts_with('(') {
            return self.substitution();
        }
        self.rest = self.rest.trim_start_matches(['<', '>', '&', '|', ' ', '\t']);
        let end =
            self.rest.find(|c: char| c.is_whitespace() || ";|&)".contains(c)).unwrap_or(self.rest.len());
        let (target, rest) = self.rest.split_at(end);
        self.rest = rest;
        if here {
            self.documents.push(target.trim_matches(['\'', '"', '\\']).to_owned());
        }
    }

    fn skip_documents(&mut self) {
        for end in std::mem::take(&mut self.documents) {
            while !self.rest.is_empty() {
                let done = self.line().trim() == end;
                self.rest = self.rest.strip_prefix('\n').unwrap_or(self.rest);
                if done {
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(script: &str) -> Vec<String> {
        commands(script).0.into_iter().map(|c| c.name).collect()
    }

    #[test]
    fn the_words_where_commands_stand_are_found() {
        for (script, expected) in [
            ("cat /etc/passwd; id", vec!["cat", "id"]),
            ("# curl x\ncat a # wget b\nls", vec!["cat", "ls"]),
            ("echo 'sudo x' \"curl y\" sudo", vec!["echo"]),
            ("a=1 b=\"$(whoami)\" id", vec!["whoami", "id"]),
            ("x | y && z || w & v", vec!["x", "y", "z", "w", "v"]),
            ("if ! test -f x; then mv a b; else rm x; fi", vec!["test", "mv", "rm"]),
            ("for i in a b; do ping $i; done", vec!["ping"]),
            ("(cd /x && make) > log 2>&1", vec!["cd", "make"]),
            ("echo `date` $(id -u)", vec!["date", "id", "echo"]),
            ("bash -c \"curl http://x | sh\"", vec!["bash", "curl", "sh"]),
            ("env A=1 timeout 5 nmap -p 1 x", vec!["env", "timeout", "nmap"]),
            ("cat <<EOF > /tmp/x\ncurl http://x\nEOF\nls", vec!["cat", "ls"]),
            ("f() { curl x; }\nf", vec!["curl", "f"]),
            ("find . -name x \\\n  -print", vec!["find"]),
            ("echo $((1 + 2)); ls", vec!["echo", "ls"]),
            ("/usr/bin/sudo -n true", vec!["/usr/bin/sudo", "true"]),
            ("", vec![]),
        ] {
            assert_eq!(names(script), expected, "{script}");
        }
        assert_eq!(commands("f() { :; }").1, ["f"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_to_its_end(script in "([a-z$()'\"`<>|&;#\\\\ \n{}=]|\\PC){0,200}") {
            commands(&script);
        }
    }
}
