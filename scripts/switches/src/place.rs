//! Finds the expression, function or arm that a mutant changes.

use std::collections::BTreeMap;

use proc_macro2::LineColumn;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::{Mutant, Point, Switch};

/// Returns what each mutant switches; what was not found is left out.
pub(crate) fn switches(source: &str, mutants: &[&Mutant]) -> Result<Vec<(u32, Switch)>, syn::Error> {
    let mut at: BTreeMap<Point, Vec<&Mutant>> = BTreeMap::new();
    for mutant in mutants {
        at.entry(mutant.span.start).or_default().push(mutant);
    }
    let mut starts = vec![0];
    starts.extend(source.match_indices('\n').map(|(i, _)| i + 1));
    let mut finder = Finder { source, starts, at, found: Vec::new() };
    finder.visit_file(&syn::parse_file(source)?);
    Ok(finder.found)
}

struct Finder<'a> {
    source: &'a str,
    starts: Vec<usize>,
    at: BTreeMap<Point, Vec<&'a Mutant>>,
    found: Vec<(u32, Switch)>,
}

impl<'a> Finder<'a> {
    fn byte(&self, at: LineColumn) -> usize {
        let start = self.starts[at.line - 1];
        let line = &self.source[start..];
        start + line.char_indices().nth(at.column).map_or(line.len(), |(i, _)| i)
    }

    fn range(&self, node: &impl Spanned) -> (usize, usize) {
        let span = node.span();
        (self.byte(span.start()), self.byte(span.end()))
    }

    fn text(&self, node: &impl Spanned) -> &'a str {
        let (from, to) = self.range(node);
        &self.source[from..to]
    }

    fn here(&self, at: LineColumn, genre: &str) -> Vec<&'a Mutant> {
        let point = Point { line: at.line, column: at.column + 1 };
        let here = self.at.get(&point).into_iter().flatten();
        here.copied().filter(|m| m.genre == genre).collect()
    }

    fn other(&mut self, mutant: &Mutant, range: (usize, usize), text: String) {
        self.found.push((mutant.number, Switch::Other { range, text }));
    }

    fn body(&mut self, signature: &syn::Signature, block: &syn::Block) {
        // Two values of one opaque type have one type: no switch between them.
        if self.text(&signature.output).contains("impl ") {
            return;
        }
        let Some(first) = block.stmts.first() else { return };
        for mutant in self.here(first.span().start(), "FnValue") {
            let at = self.byte(first.span().start());
            self.found.push((mutant.number, Switch::Return { at, text: mutant.replacement.clone() }));
        }
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_fn(&mut self, node: &'ast syn::ItemFn) {
        self.body(&node.sig, &node.block);
        visit::visit_item_fn(self, node);
    }

    fn visit_impl_item_fn(&mut self, node: &'ast syn::ImplItemFn) {
        self.body(&node.sig, &node.block);
        visit::visit_impl_item_fn(self, node);
    }

    fn visit_expr_binary(&mut self, node: &'ast syn::ExprBinary) {
        for mutant in self.here(node.op.span().start(), "BinaryOperator") {
            let text = format!("{} {} {}", self.text(&node.left), mutant.replacement, self.text(&node.right));
            self.other(mutant, self.range(node), text);
        }
        visit::visit_expr_binary(self, node);
    }

    fn visit_expr_unary(&mut self, node: &'ast syn::ExprUnary) {
        for mutant in self.here(node.op.span().start(), "UnaryOperator") {
            let text = format!("{}{}", mutant.replacement, self.text(&node.expr));
            self.other(mutant, self.range(node), text);
        }
        visit::visit_expr_unary(self, node);
    }

    fn visit_expr_match(&mut self, node: &'ast syn::ExprMatch) {
        // An arm behind a switch covers nothing: another must cover all.
        let all = |arm: &syn::Arm| matches!(arm.pat, syn::Pat::Wild(_)) && arm.guard.is_none();
        if node.arms.iter().any(all) {
            for arm in &node.arms {
                for mutant in self.here(arm.span().start(), "MatchArm") {
                    let (_, at) = self.range(&arm.pat);
                    let guard = arm.guard.as_ref().map(|(_, guard)| self.range(guard));
                    self.found.push((mutant.number, Switch::Arm { at, guard }));
                }
            }
        }
        visit::visit_expr_match(self, node);
    }

    fn visit_arm(&mut self, node: &'ast syn::Arm) {
        if let Some((_, guard)) = &node.guard {
            for mutant in self.here(guard.span().start(), "MatchArmGuard") {
                self.other(mutant, self.range(guard), mutant.replacement.clone());
            }
        }
        visit::visit_arm(self, node);
    }

    fn visit_expr_struct(&mut self, node: &'ast syn::ExprStruct) {
        if let Some(rest) = &node.rest {
            for field in &node.fields {
                for mutant in self.here(field.span().start(), "StructField") {
                    let (path, rest) = (self.text(&node.path), self.text(rest));
                    let name = self.text(&field.member);
                    let text = format!("{{ let rest: {path} = {rest}; rest.{name} }}");
                    let text = if field.colon_token.is_some() { text } else { continue };
                    self.other(mutant, self.range(&field.expr), text);
                }
            }
        }
        visit::visit_expr_struct(self, node);
    }
}
