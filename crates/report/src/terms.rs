//! The words of everything the crisis team reads, in German and English, from one
//! file: `terms.tsv` beside this crate's manifest.

use std::collections::BTreeMap;

use model::estate::People;

use crate::wrap::cut;

/// The language of a view for the crisis team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// German.
    De,
}

/// The words of one language.
pub(crate) struct Terms {
    pub(crate) language: Language,
    /// What the people of the estate are called, where it says so.
    people: Option<People>,
    words: BTreeMap<&'static str, &'static str>,
}

fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    include_str!("../terms.tsv").lines().skip(1).filter_map(|line| {
        let mut cells = line.split('\t');
        Some((cells.next()?, cells.next()?, cells.next()?))
    })
}

impl Terms {
    pub(crate) fn of(language: Language) -> Self {
        let pick = |en, de| if language == Language::De { de } else { en };
        Self { language, people: None, words: rows().map(|(key, en, de)| (key, pick(en, de))).collect() }
    }

    /// Returns the words of an estate that calls its people so.
    pub(crate) fn about(language: Language, people: Option<&People>) -> Self {
        Self { people: people.cloned(), ..Self::of(language) }
    }

    /// Returns what several people of the estate are called.
    pub(crate) fn people(&self) -> &str {
        match (&self.people, self.language) {
            (None, _) => self.get("insured"),
            (Some(people), Language::En) => &people.many,
            (Some(people), Language::De) => &people.german,
        }
    }

    /// Returns the same as the head of a column of `width`.
    pub(crate) fn people_head(&self, width: usize) -> String {
        cut(&self.whole_people_head(), width)
    }

    /// Returns the same as the head of a column as wide as it needs.
    pub(crate) fn whole_people_head(&self) -> String {
        match &self.people {
            None => self.get("insured-head").to_owned(),
            Some(_) => capital(self.people()),
        }
    }

    /// Returns the words with what the people are called put in, in German also in the dative,
    /// which adds an n to a plural that does not end in n or s.
    fn filled(&self, words: &str) -> String {
        if !words.contains('{') {
            return words.to_owned();
        }
        let people = self.people();
        let ending = if people.ends_with(['n', 's']) || self.language == Language::En { "" } else { "n" };
        words.replace("{to-people}", &format!("{people}{ending}")).replace("{people}", people)
    }

    /// Returns the words for a key; the key itself where the file has none, so that a gap is seen.
    /// Words that name the people are had by [`Self::with`] and [`Self::known`] alone.
    pub(crate) fn get(&self, key: &'static str) -> &'static str {
        self.words.get(key).copied().unwrap_or(key)
    }

    /// Returns the words for a key that is made at run time, if the file has it.
    pub(crate) fn known(&self, key: &str) -> Option<String> {
        self.words.get(key).map(|words| self.filled(words))
    }

    /// Returns the words with `%1`, `%2` … replaced.
    pub(crate) fn with(&self, key: &'static str, parts: &[&str]) -> String {
        let mut text = self.filled(self.get(key));
        for (n, part) in parts.iter().enumerate() {
            text = text.replace(&format!("%{}", n + 1), part);
        }
        text
    }

    /// Returns a number as the language writes it: German has the comma and the point exchanged.
    pub(crate) fn number(&self, english: &str) -> String {
        let swap = |c| match c {
            ',' => '.',
            '.' => ',',
            other => other,
        };
        let text = if self.language == Language::De {
            english.chars().map(swap).collect()
        } else {
            english.to_owned()
        };
        // Millions first: the word for billions begins with the same letter.
        let words = [
            ("days", "Tage"),
            ("years", "Jahre"),
            ("tn", "Bio."),
            (" M", " Mio."),
            ("\u{a0}M", "\u{a0}Mio."),
            ("bn", "Mrd."),
            ("<", "unter "),
        ];
        match self.language {
            Language::En => text,
            Language::De => words.iter().fold(text, |t, (en, de)| t.replace(en, de)),
        }
    }
}

/// Returns the words with a capital at the beginning.
pub(crate) fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Returns a sentence with its full stop; an abbreviation at the end, such as “Mrd.”, has one.
pub(crate) fn stopped(mut text: String) -> String {
    if !text.ends_with('.') {
        text.push('.');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that asks for terms.
    const SOURCES: [&str; 22] = [
        include_str!("terms.rs"),
        include_str!("banner.rs"),
        include_str!("restart.rs"),
        include_str!("restart/chart.rs"),
        include_str!("restart/order.rs"),
        include_str!("restart/sheet.rs"),
        include_str!("restart/words.rs"),
        include_str!("decide.rs"),
        include_str!("decide/page.rs"),
        include_str!("decide/wording.rs"),
        include_str!("impact.rs"),
        include_str!("impact/data.rs"),
        include_str!("impact/service.rs"),
        include_str!("impact/sheet.rs"),
        include_str!("tabletop.rs"),
        include_str!("../templates/decide.html"),
        include_str!("../templates/impact.html"),
        include_str!("../templates/restart.html"),
        include_str!("../templates/tabletop.html"),
        include_str!("../templates/binder.html"),
        include_str!("../templates/clocks.html"),
        include_str!("binder.rs"),
    ];

    /// Beginnings of keys that are made at run time, from what a tabletop exercise or a legal
    /// clock names.
    const MADE: [&str; 8] = ["doubt-", "who-", "whom-", "inject-", "in-fact-", "ask-", "answer-", "hint-"];

    #[test]
    fn a_sentence_stops_once() {
        assert_eq!(stopped("2,5 Mrd.".to_owned()), "2,5 Mrd.");
        assert_eq!(stopped("2.5 bn".to_owned()), "2.5 bn.");
    }

    #[test]
    fn every_term_stands_once_and_in_both_languages() {
        let lines: Vec<&str> = include_str!("../terms.tsv").lines().skip(1).collect();
        let keys: std::collections::BTreeSet<&str> = rows().map(|r| r.0).collect();
        assert_eq!(keys.len(), lines.len(), "a key stands twice, or a line has less than three cells");
        for (key, en, de) in rows() {
            assert!(!en.trim().is_empty() && !de.trim().is_empty(), "{key} lacks a language");
            let marks = |t: &str| ["%1", "%2"].iter().map(|m| t.matches(m).count()).collect::<Vec<_>>();
            assert_eq!(marks(en), marks(de), "{key}: the languages take other parts");
        }
    }

    #[test]
    fn every_term_that_code_asks_for_is_in_the_file() {
        let keys: std::collections::BTreeSet<&str> = rows().map(|r| r.0).collect();
        for source in SOURCES {
            for call in [".get(\"", ".with(\"", "flip(\"", "row(\""] {
                for part in source.split(call).skip(1) {
                    let key = part.split('"').next().unwrap_or("");
                    assert!(keys.contains(key), "terms.tsv has no “{key}”");
                }
            }
        }
    }

    #[test]
    fn every_term_of_the_file_is_asked_for() {
        let idle: Vec<&str> = rows()
            .map(|r| r.0)
            .filter(|key| !MADE.iter().any(|m| key.starts_with(m)))
            .filter(|key| !SOURCES.iter().any(|s| s.contains(&format!("\"{key}\""))))
            .collect();
        assert!(idle.is_empty(), "nothing asks for {idle:?}");
    }

    #[test]
    fn german_writes_numbers_its_own_way() {
        let de = Terms::of(Language::De);
        assert_eq!(de.number("12,345"), "12.345");
        assert_eq!(de.number("6.2\u{a0}bn"), "6,2\u{a0}Mrd.");
        assert_eq!(de.number("6.2\u{a0}days"), "6,2\u{a0}Tage");
        assert_eq!(de.number("1.4\u{a0}bn, 3.2\u{a0}M"), "1,4\u{a0}Mrd.. 3,2\u{a0}Mio.");
        assert_eq!(Terms::of(Language::En).number("6.2\u{a0}days"), "6.2\u{a0}days");
    }
}
