//! Lists of teasers, told by repetition: siblings of one shape, each short and led by a link within the site.

use std::collections::{HashMap, HashSet};

use super::model::BlockKind;
use super::run::Run;
use super::site::Site;
use super::tree::Tree;

/// Siblings of one shape that make a list of teasers.
const CARDS_MIN: usize = 3;
/// Words in one teaser at most.
const CARD_WORDS_MAX: usize = 80;

/// Words in one reader's comment or entry at most.
const ENTRY_WORDS_MAX: usize = 200;

/// What stands below each node.
struct Spans {
    /// Its first run.
    first: Vec<Option<usize>>,
    /// Its words.
    words: Vec<usize>,
    /// By run: words of prose in all runs before it.
    prose: Vec<usize>,
}

/// Runs without those that stand in lists of teasers.
pub fn drop_cards(tree: &Tree, runs: Vec<Run>, site: &Site) -> Vec<Run> {
    let spans = spans(tree, &runs);
    let mut in_card = vec![false; tree.nodes.len()];
    for parent in 0..tree.nodes.len() {
        if in_card[parent] || spans.words[parent] < CARDS_MIN {
            continue;
        }
        let mut group: Vec<usize> = Vec::new();
        for child in tree
            .children(parent)
            .filter(|&child| spans.first[child].is_some())
        {
            if group
                .first()
                .is_some_and(|&first| !same_shape(tree, first, child))
                || !is_card(tree, &runs, &spans, child, site)
            {
                mark(tree, &spans, &runs, &group, &mut in_card);
                group.clear();
            }
            if is_card(tree, &runs, &spans, child, site) {
                group.push(child);
            }
        }
        mark(tree, &spans, &runs, &group, &mut in_card);
    }
    runs.into_iter().filter(|run| !in_card[run.node]).collect()
}

/// Runs without lists of entries, such as comments: siblings of one shape in which the same short line comes back
/// ("Reply", "Posts: 12"). `title`: first node of the run that shows the title; its own entry is not one of many.
pub fn drop_entries(tree: &Tree, runs: Vec<Run>, title: Option<usize>) -> Vec<Run> {
    let spans = spans(tree, &runs);
    let mut dropped = vec![false; tree.nodes.len()];
    for parent in 0..tree.nodes.len() {
        if dropped[parent] || spans.words[parent] < CARDS_MIN {
            continue;
        }
        let mut group: Vec<usize> = Vec::new();
        for child in tree
            .children(parent)
            .filter(|&child| spans.first[child].is_some())
        {
            let holds_title = title.is_some_and(|title| tree.contains(child, title));
            let may_be_entry = !holds_title && spans.words[child] <= ENTRY_WORDS_MAX;
            if !may_be_entry
                || group
                    .first()
                    .is_some_and(|&first| !same_shape(tree, first, child))
            {
                mark_entries(tree, &runs, &spans, &group, &mut dropped);
                group.clear();
            }
            if may_be_entry {
                group.push(child);
            }
        }
        mark_entries(tree, &runs, &spans, &group, &mut dropped);
    }
    runs.into_iter().filter(|run| !dropped[run.node]).collect()
}

fn mark_entries(tree: &Tree, runs: &[Run], spans: &Spans, group: &[usize], dropped: &mut [bool]) {
    if group.len() < CARDS_MIN {
        return;
    }
    let mut counts: HashMap<String, usize> = HashMap::new();
    for &entry in group {
        let lines = spans.first[entry].map_or(&[][..], |first| &runs[first..]);
        let own: Vec<&Run> = lines
            .iter()
            .take_while(|run| tree.contains(entry, run.node))
            .collect();
        if own.len() < 2 {
            continue;
        }
        let short: HashSet<String> = own
            .into_iter()
            .filter(|run| is_chrome(run))
            .map(|run| letters(&run.text))
            .collect();
        for line in short {
            *counts.entry(line).or_default() += 1;
        }
    }
    let most = counts
        .into_iter()
        .filter(|(line, _)| !line.is_empty())
        .map(|(_, count)| count)
        .max();
    let comes_back = most.is_some_and(|count| count >= CARDS_MIN && count * 5 >= group.len() * 4);
    if comes_back && !stands_in_text(tree, runs, spans, group) {
        for &entry in group {
            dropped[entry..tree.end(entry)].fill(true);
        }
    }
}

/// Whether as much prose as in the group stands beside it in the same element: then it is a part of the text.
fn stands_in_text(tree: &Tree, runs: &[Run], spans: &Spans, group: &[usize]) -> bool {
    let parent = tree.parent(group[0]);
    let run_at = |node: usize| runs.partition_point(|run| run.node < node);
    let prose_in = |from: usize, to: usize| spans.prose[to] - spans.prose[from.min(to)];
    let start = spans.first[parent].unwrap_or(0);
    let end = run_at(tree.end(parent)).max(start);
    let (from, to) = (run_at(group[0]), run_at(tree.end(group[group.len() - 1])));
    let prose = prose_in(start, end) - prose_in(from.max(start), to.max(start));
    let own: usize = group.iter().map(|&entry| spans.words[entry]).sum();
    prose * 2 >= own
}

/// A line that may come back in each entry of a list: a few words, no heading, no row of data.
pub fn is_chrome(run: &Run) -> bool {
    run.words <= 4 && !matches!(run.kind, BlockKind::Heading | BlockKind::Table | BlockKind::Code)
}

/// The letters of a line in lower case: "Posts: 12" and "Posts: 40" are alike.
pub fn letters(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphabetic())
        .flat_map(char::to_lowercase)
        .collect()
}

fn mark(tree: &Tree, spans: &Spans, runs: &[Run], group: &[usize], in_card: &mut [bool]) {
    // Two are enough where both have a blurb below their link.
    let has_blurb =
        |&card: &usize| spans.first[card].is_some_and(|first| spans.words[card] >= runs[first].words + 6);
    let is_pair = group.len() == 2
        && group
            .iter()
            .all(|card| tree.tag(*card) != "li" && has_blurb(card));
    if group.len() >= CARDS_MIN || is_pair {
        for &card in group {
            in_card[card..tree.end(card)].fill(true);
        }
    }
}

fn spans(tree: &Tree, runs: &[Run]) -> Spans {
    let mut spans = Spans {
        first: vec![None; tree.nodes.len()],
        words: vec![0; tree.nodes.len()],
        prose: vec![0; runs.len() + 1],
    };
    for (at, run) in runs.iter().enumerate() {
        spans.prose[at + 1] = spans.prose[at] + if run.is_prose() { run.words } else { 0 };
    }
    for (at, run) in runs.iter().enumerate().rev() {
        spans.first[run.owner] = Some(at);
        spans.words[run.owner] += run.words;
    }
    for node in (1..tree.nodes.len()).rev() {
        let parent = tree.parent(node);
        spans.words[parent] += spans.words[node];
        spans.first[parent] = match (spans.first[parent], spans.first[node]) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
    spans
}

/// Whether two elements have one name and one first class.
pub fn same_shape(tree: &Tree, left: usize, right: usize) -> bool {
    let class = |node| {
        tree.attr(node, "class")
            .unwrap_or_default()
            .split_whitespace()
            .next()
    };
    tree.tag(left) == tree.tag(right) && class(left) == class(right)
}

/// Short, and its first line is a link within the site that leads to another page.
fn is_card(tree: &Tree, runs: &[Run], spans: &Spans, node: usize, site: &Site) -> bool {
    let Some(first) = spans.first[node].map(|at| &runs[at]) else {
        return false;
    };
    if spans.words[node] > CARD_WORDS_MAX || matches!(tree.tag(node), "td" | "th" | "tr" | "h1" | "h2" | "h3")
    {
        return false;
    }
    let leads = |link: usize| site.leads_on(tree, link);
    // A plain item of a list may well be content; with a blurb below its link it is a teaser.
    let has_more = spans.words[node] > first.words;
    first.link_share(leads) >= 0.9 && (has_more || tree.tag(node) != "li")
}
