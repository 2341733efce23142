//! `sudo` and `su` in published tests.
//!
//! Setuid programs gain nothing inside the sandbox. A test that uses them only to be root
//! runs as the sandbox's root instead, and two scripts stand in for the programs: they start
//! the command that follows. A test about `sudo` itself, or one that becomes somebody else,
//! stays excluded: with a stand-in it would measure nothing.

use super::super::{Procedure, StagedFile};
use super::script::{self, Command};
use model::exercise::User;

/// The technique whose subject is elevation itself: Abuse Elevation Control Mechanism.
const ELEVATION: &str = "T1548";

/// Options of `sudo` that take a value, as the next letters or the next word (sudo(8)).
const WITH_VALUE: &str = "CDRTUghprtu";

/// Returns why the command cannot be passed through; `None` when it can, or is neither.
pub(super) fn refused(command: &Command) -> Option<&'static str> {
    match command.short() {
        "sudo" => sudo(&command.arguments),
        "su" => su(&command.arguments),
        _ => None,
    }
}

fn sudo(arguments: &[String]) -> Option<&'static str> {
    let mut at = 0;
    while let Some((option, value, next)) = option_at(arguments, at) {
        match option {
            Sudo::User if !is_root(value) => return Some(OTHER_USER),
            Sudo::Rights => return Some(ITSELF),
            Sudo::User | Sudo::Other => {}
        }
        at = next;
    }
    None
}

/// Returns where the command begins that `sudo` starts, after its options and assignments.
pub(super) fn started_by_sudo(arguments: &[String]) -> usize {
    let mut at = 0;
    while let Some((_, _, next)) = option_at(arguments, at) {
        at = next;
    }
    let rest = arguments.get(at..).unwrap_or_default();
    let ends = usize::from(rest.first().is_some_and(|word| word == "--"));
    let assigned = rest.iter().skip(ends).take_while(|word| script::is_assignment(word)).count();
    at + ends + assigned
}

enum Sudo {
    /// Names a user.
    User,
    /// Asks for rights, or edits as another user.
    Rights,
    Other,
}

/// Returns the option in the word at `at` with its value and the place of the next word; `None`
/// where no option is. Of letters in one word, the one that decides is returned.
fn option_at(arguments: &[String], at: usize) -> Option<(Sudo, Option<&str>, usize)> {
    let option = arguments.get(at)?.strip_prefix('-').filter(|rest| !rest.is_empty() && *rest != "-")?;
    let following = arguments.get(at + 1).map(String::as_str);
    if let Some(long) = option.strip_prefix('-') {
        let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
        let takes = matches!(name, "user" | "group" | "prompt" | "host" | "chdir" | "chroot" | "other-user");
        let (value, next) = match value {
            None if takes => (following, at + 2),
            value => (value, at + 1),
        };
        return Some(match name {
            "user" => (Sudo::User, value, next),
            "list" | "edit" | "other-user" => (Sudo::Rights, value, next),
            _ => (Sudo::Other, value, next),
        });
    }
    let mut letters = option.chars();
    let mut rights = false;
    while let Some(letter) = letters.next() {
        if WITH_VALUE.contains(letter) {
            let own = Some(letters.as_str()).filter(|rest| !rest.is_empty());
            let next = if own.is_some() { at + 1 } else { at + 2 };
            let kind = match letter {
                'U' => Sudo::Rights,
                _ if rights => Sudo::Rights,
                'u' => Sudo::User,
                _ => Sudo::Other,
            };
            return Some((kind, own.or(following), next));
        }
        rights |= matches!(letter, 'e' | 'l');
    }
    Some((if rights { Sudo::Rights } else { Sudo::Other }, None, at + 1))
}

fn su(arguments: &[String]) -> Option<&'static str> {
    let mut words = arguments.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "-c" | "--command" | "-s" | "--shell" | "-g" | "--group" | "-G" | "-w" => {
                words.next();
            }
            option if option.starts_with('-') => {}
            user => return (!is_root(Some(user))).then_some(OTHER_USER),
        }
    }
    None
}

const OTHER_USER: &str = "becomes another user, which gains nothing inside the sandbox";
const ITSELF: &str = "is asked for rights that a stand-in cannot tell";

fn is_root(user: Option<&str>) -> bool {
    matches!(user, Some("root" | "#0"))
}

/// Returns why a test may not have the stand-ins: it is about elevation itself.
pub(super) fn is_subject(procedure: &Procedure) -> bool {
    let of =
        |id: &str| id == ELEVATION || id.strip_prefix(ELEVATION).is_some_and(|rest| rest.starts_with('.'));
    procedure.techniques.iter().any(|t| of(t.as_str()))
        || procedure.published.iter().any(|joined| of(joined.published.as_str()))
}

/// Gives the stand-ins to a test that names `sudo` or `su`, and makes it run as root.
pub(super) fn pass_through(procedure: &mut Procedure) {
    let dependencies = procedure.dependencies.iter().flat_map(|d| d.get.iter().chain([&d.check]));
    let scripts = [&procedure.executor.command].into_iter().chain(&procedure.executor.cleanup);
    let names = |text: &String| {
        let (commands, functions) = script::commands(&procedure.fill(text));
        commands.iter().any(|c| matches!(c.short(), "su" | "sudo") && !functions.contains(&c.name))
    };
    if !scripts.chain(dependencies).any(names) {
        return;
    }
    procedure.executor.user = User::Root;
    for (path, text) in [("/usr/bin/su", SU), ("/usr/bin/sudo", SUDO)] {
        procedure.stage.files.push(StagedFile {
            path: path.to_owned(),
            bytes: text.as_bytes().to_vec(),
            mode: 0o755,
            owner: User::Root,
        });
    }
    procedure.notes.push(NOTE.to_owned());
}

/// What the result of such a test says.
const NOTE: &str = "sudo and su are stand-ins that start the command as the sandbox's root: rules on these two \
                    programs themselves are not tested by it";

const SUDO: &str = include_str!("sudo.sh");
const SU: &str = include_str!("su.sh");
