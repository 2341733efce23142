//! The ways a number is written.

use super::number;
use super::rng::Rng;

/// What a number stands in; decides which ways of writing it are possible.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Medium {
    Text,
    Html,
}

/// Returns a way of writing `person`, and its name.
pub(crate) fn write(rng: &mut Rng, person: &str, medium: Medium) -> (String, &'static str) {
    let html = medium == Medium::Html;
    match rng.below(if html { 24 } else { 20 }) {
        0 | 1 => (number::twenty(rng, person), "20 characters"),
        2 => {
            let main = number::person(rng);
            (number::thirty(rng, person, &main), "30 characters")
        }
        3 => (person.to_lowercase(), "lower case"),
        4 => (grouped(person, "\u{a0}"), "no-break spaces"),
        5 => (grouped(person, " "), "spaces"),
        6 => (format!("{}\u{ad}{}", &person[..5], &person[5..]), "soft hyphen"),
        7 => (format!("{}%20{}", &person[..4], &person[4..]), "URL-encoded space"),
        8 => (format!("https://portal.example/akte?kvnr%3D{person}%26x=1"), "URL-encoded"),
        9 => (format!("https://portal.example/akte?kvnr={person}"), "in a URL"),
        10 => (format!("{}\u{200b}{}", &person[..6], &person[6..]), "zero-width space"),
        20 => (format!("{}<b>{}</b>{}", &person[..3], &person[3..6], &person[6..]), "split by markup"),
        21 => (format!("<span class=\"x\">{}</span>{}", &person[..1], &person[1..]), "split by markup"),
        22 => (person.bytes().map(|b| format!("&#{b};")).collect(), "HTML entities"),
        23 => (format!("{}&shy;{}", &person[..5], &person[5..]), "HTML soft hyphen"),
        _ => (person.to_owned(), "plain"),
    }
}

fn grouped(person: &str, gap: &str) -> String {
    [&person[..1], &person[1..4], &person[4..7], &person[7..]].join(gap)
}

/// Returns text in HTML without anything that would be markup, numbers apart.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
