//! Marks what is no main text by the page's own words for it: elements, roles, hiding, class names.

use std::collections::HashSet;

use super::class_names::{Suspicion, judge_name};
use super::run::Run;
use super::tree::Tree;

/// Marks the roots of subtrees that never hold main text, whatever is in them.
pub fn never_text(tree: &Tree) -> Vec<bool> {
    (0..tree.nodes.len())
        .map(|node| is_never_text(tree, node))
        .collect()
}

fn is_never_text(tree: &Tree, node: usize) -> bool {
    let tag = tree.tag(node);
    if tag.is_empty() {
        return false;
    }
    matches!(
        tag,
        "head"
            | "script"
            | "style"
            | "noscript"
            | "template"
            | "svg"
            | "iframe"
            | "object"
            | "embed"
            | "canvas"
            | "audio"
            | "video"
            | "button"
            | "input"
            | "select"
            | "option"
            | "textarea"
            | "datalist"
            | "dialog"
            | "map"
            | "noframes"
            | "progress"
            | "meter"
            | "rp"
            | "rt"
    ) || is_hidden(tree, node)
}

fn is_hidden(tree: &Tree, node: usize) -> bool {
    if tree
        .attr(node, "hidden")
        .is_some_and(|value| value != "until-found")
    {
        return true;
    }
    let Some(style) = tree.attr(node, "style") else {
        return false;
    };
    let style: String = style
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect::<String>()
        .to_ascii_lowercase();
    style.contains("display:none") || style.contains("visibility:hidden")
}

/// Words in a box with a field to fill in; a page that is one form as a whole has more.
const SIGN_UP_WORDS_MAX: usize = 60;

/// Drops runs that stand in navigation, side columns, comments and the like.
pub fn drop_clutter(tree: &Tree, runs: Vec<Run>) -> Vec<Run> {
    let prose = prose_below(tree, &runs);
    let total = prose[0];
    let sign_ups = sign_ups(tree, &runs);
    let mut drop_until = 0;
    let mut dropped = vec![false; tree.nodes.len()];
    for node in 0..tree.nodes.len() {
        if node < drop_until {
            dropped[node] = true;
            continue;
        }
        let droppable = match suspicion(tree, node) {
            None => sign_ups.contains(&node),
            Some(Suspicion::Likely) => prose[node] * 5 < total * 2,
            Some(Suspicion::Comments) => total - prose[node] >= 80,
        };
        if droppable {
            dropped[node] = true;
            drop_until = tree.end(node);
        }
    }
    runs.into_iter().filter(|run| !dropped[run.node]).collect()
}

/// Small boxes around a field to fill in: sign-ups, searches, polls.
fn sign_ups(tree: &Tree, runs: &[Run]) -> HashSet<usize> {
    let mut words = vec![0; tree.nodes.len()];
    for run in runs {
        words[run.owner] += run.words;
    }
    for node in (1..tree.nodes.len()).rev() {
        words[tree.parent(node)] += words[node];
    }
    let is_field = |node: &usize| {
        let kind = tree.attr(*node, "type").unwrap_or("text");
        tree.tag(*node) == "textarea"
            || (tree.tag(*node) == "input" && matches!(kind, "text" | "email" | "search" | "tel" | "submit"))
    };
    let is_box = |node: &usize| {
        !matches!(tree.tag(*node), "html" | "body" | "main" | "article") && words[*node] <= SIGN_UP_WORDS_MAX
    };
    let around = |field: usize| tree.ancestors(field).take(5).take_while(is_box).last();
    (0..tree.nodes.len())
        .filter(is_field)
        .take(200)
        .filter_map(around)
        .collect()
}

/// Words of prose in the subtree of each node.
pub fn prose_below(tree: &Tree, runs: &[Run]) -> Vec<usize> {
    let mut prose = vec![0; tree.nodes.len()];
    for run in runs.iter().filter(|run| run.is_prose()) {
        prose[run.owner] += run.words;
    }
    for node in (1..tree.nodes.len()).rev() {
        prose[tree.parent(node)] += prose[node];
    }
    prose
}

fn suspicion(tree: &Tree, node: usize) -> Option<Suspicion> {
    let tag = tree.tag(node);
    if matches!(tag, "" | "html" | "body" | "main") {
        return None;
    }
    if matches!(tag, "nav" | "footer" | "aside" | "menu" | "search") {
        return Some(Suspicion::Likely);
    }
    if let Some(role) = tree.attr(node, "role")
        && matches!(
            role,
            "navigation"
                | "banner"
                | "contentinfo"
                | "search"
                | "dialog"
                | "alertdialog"
                | "complementary"
                | "menu"
                | "menubar"
                | "toolbar"
                | "alert"
        )
    {
        return Some(Suspicion::Likely);
    }
    if tree.attr(node, "aria-modal") == Some("true") {
        return Some(Suspicion::Likely);
    }
    let id = tree.attr(node, "id").into_iter();
    let names = tree
        .attr(node, "class")
        .unwrap_or_default()
        .split_whitespace()
        .take(24)
        .chain(id);
    names.filter_map(judge_name).max()
}
