//! System call filters, decided by number and register values.

use std::collections::BTreeMap;

use super::{Denial, Directive};

/// What a filter answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The call is carried out.
    Allow,
    /// The call returns this error number, positive.
    Errno(i32),
    /// The process is ended with SIGSYS.
    Kill,
}

/// How a register is compared (runtime-spec `config-linux.md`, `seccomp`, `op`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// Not equal.
    NotEqual,
    /// Less.
    Less,
    /// Less or equal.
    LessEqual,
    /// Equal.
    Equal,
    /// Greater or equal.
    GreaterEqual,
    /// Greater.
    Greater,
}

/// A test of one register: `register & mask` compared with `value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Test {
    /// Which argument, from 0; an argument past the sixth never matches.
    pub index: usize,
    /// Bits that count.
    pub mask: u64,
    /// The comparison.
    pub compare: Compare,
    /// What the register is compared with.
    pub value: u64,
}

impl Test {
    /// Returns a test that some of `bits` are set in argument `index`.
    pub fn any_bit(index: usize, bits: u64) -> Self {
        Self { index, mask: bits, compare: Compare::NotEqual, value: 0 }
    }

    /// Returns a test that all of `bits` are set in argument `index`.
    pub fn all_bits(index: usize, bits: u64) -> Self {
        Self { index, mask: bits, compare: Compare::Equal, value: bits }
    }

    /// Returns a test of argument `index` as the 32-bit integer that the kernel takes.
    pub fn int(index: usize, compare: Compare, value: u32) -> Self {
        Self { index, mask: 0xffff_ffff, compare, value: u64::from(value) }
    }

    fn holds(&self, args: [u64; 6]) -> bool {
        let Some(register) = args.get(self.index).map(|r| r & self.mask) else { return false };
        match self.compare {
            Compare::NotEqual => register != self.value,
            Compare::Less => register < self.value,
            Compare::LessEqual => register <= self.value,
            Compare::Equal => register == self.value,
            Compare::GreaterEqual => register >= self.value,
            Compare::Greater => register > self.value,
        }
    }
}

/// What is answered to one system call when all tests hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRule {
    /// Tests that must all hold; none means always.
    pub when: Vec<Test>,
    /// The answer.
    pub then: Answer,
    /// Who says so.
    pub directive: Directive,
}

/// One filter: an answer for each call, and one for all the others.
///
/// Rules without tests are asked before rules with tests, because libseccomp lets the
/// more general rule replace the more specific one; among equals the order of the
/// document decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallFilter {
    /// What is answered when no rule holds.
    pub otherwise: Answer,
    /// Who says so.
    pub directive: Directive,
    /// Rules by system call number of this machine's processor.
    pub rules: BTreeMap<u32, Vec<CallRule>>,
}

impl CallFilter {
    /// Returns a filter that lets every call pass but those added to it.
    pub fn allowing(directive: &Directive) -> Self {
        Self { otherwise: Answer::Allow, directive: directive.clone(), rules: BTreeMap::new() }
    }

    /// Adds a rule for the call `name`; a call that this processor does not have is left out.
    #[must_use]
    pub fn with(mut self, name: &str, when: &[Test], then: Answer) -> Self {
        if let Some(number) = model::syscalls::number(name) {
            let rule = CallRule { when: when.to_vec(), then, directive: self.directive.clone() };
            self.rules.entry(number).or_default().push(rule);
        }
        self
    }

    pub(super) fn deny(&self, number: u32, args: [u64; 6]) -> Option<Denial<'_>> {
        let rules = self.rules.get(&number).map_or(&[][..], Vec::as_slice);
        let held = rules
            .iter()
            .find(|rule| rule.when.is_empty())
            .or_else(|| rules.iter().find(|rule| rule.when.iter().all(|test| test.holds(args))));
        let (answer, directive) = match held {
            Some(rule) => (rule.then, &rule.directive),
            None => (self.otherwise, &self.directive),
        };
        let (errno, kill) = match answer {
            Answer::Allow => return None,
            Answer::Errno(errno) => (errno, false),
            Answer::Kill => (libc::EPERM, true),
        };
        Some(Denial { errno, kill, directive: &directive.text })
    }

    pub(super) fn may_refuse(&self, number: u32) -> bool {
        let rules = self.rules.get(&number).map_or(&[][..], Vec::as_slice);
        match rules.iter().find(|rule| rule.when.is_empty()) {
            Some(rule) => rule.then != Answer::Allow,
            None => self.otherwise != Answer::Allow || rules.iter().any(|rule| rule.then != Answer::Allow),
        }
    }
}
