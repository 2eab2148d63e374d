//! Threads: a post and the answers to it, told by repetition. Names of classes are not asked.

use std::collections::HashMap;

use super::cards::{is_chrome, letters, same_shape};
use super::date_text::{SlashOrder, written};
use super::model::BlockKind;
use super::run::Run;
use super::tree::Tree;

/// Words between the title and the first entry of a thread at most; more is an article with comments below.
const INTRO_WORDS_MAX: usize = 40;
/// Words of prose before comments at least.
const ARTICLE_WORDS_MIN: usize = 12;
/// Words of a line that tells who wrote an entry and when, at most.
const LINE_WORDS_MAX: usize = 16;
/// Elements that one looks through for the parts of an entry.
const WRAPPERS_MAX: usize = 8;

/// The runs of a page while its threads are looked for.
struct Threads<'a> {
    tree: &'a Tree,
    runs: &'a [Run],
    /// First node of the run that shows the title.
    title: usize,
    /// Words of prose in the runs before each.
    prose: Vec<usize>,
}

/// Runs without the answers of a thread and without dated comments: of a thread the first post stays.
/// `title`: first node of the run that shows the title; without one nothing is dropped.
pub fn drop_replies(tree: &Tree, runs: Vec<Run>, title: Option<usize>) -> Vec<Run> {
    let Some(title) = title else { return runs };
    let mut prose = vec![0; runs.len() + 1];
    for (at, run) in runs.iter().enumerate() {
        prose[at + 1] = prose[at] + if run.is_prose() { run.words } else { 0 };
    }
    let threads = Threads {
        tree,
        runs: &runs,
        title,
        prose,
    };
    let mut dropped = vec![false; tree.nodes.len()];
    for parent in 0..tree.nodes.len() {
        if dropped[parent] || tree.end(parent) <= title {
            continue;
        }
        for group in threads.groups(parent) {
            for &entry in threads.replies(&group) {
                dropped[entry..tree.end(entry)].fill(true);
            }
        }
    }
    runs.into_iter().filter(|run| !dropped[run.node]).collect()
}

impl Threads<'_> {
    /// Children of `parent` with text that follow one another and have one shape, two at least.
    fn groups(&self, parent: usize) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for child in self.tree.children(parent).filter(|&child| self.has_text(child)) {
            match groups.last_mut() {
                Some(group) if same_shape(self.tree, group[0], child) => group.push(child),
                _ => groups.push(vec![child]),
            }
        }
        groups.retain(|group| group.len() > 1 && is_box(self.tree.tag(group[0])));
        groups
    }

    fn has_text(&self, node: usize) -> bool {
        !self.tree.tag(node).is_empty() && !self.own(node).is_empty()
    }

    /// The runs below `node`.
    fn own(&self, node: usize) -> std::ops::Range<usize> {
        let at = |node: usize| self.runs.partition_point(|run| run.node < node);
        at(node)..at(self.tree.end(node))
    }

    /// Those entries of a group that answer.
    fn replies<'a>(&self, group: &'a [usize]) -> &'a [usize] {
        // What stands before the title is no entry.
        let from = group.partition_point(|&entry| self.tree.end(entry) <= self.title);
        let group = &group[from..];
        let Some((&first, rest)) = group.split_first() else {
            return &[];
        };
        let start = self.own(first).start;
        let before = self.prose[start] - self.prose[self.own(self.title).start.min(start)];
        if first > self.title && before >= ARTICLE_WORDS_MIN && self.are_dated_comments(group) {
            return group;
        }
        if before < INTRO_WORDS_MAX && self.is_thread(first, rest) {
            return rest;
        }
        &[]
    }

    /// Whether each entry tells at its edge on which day and at what time it was written, and most say something.
    fn are_dated_comments(&self, group: &[usize]) -> bool {
        let say_something = group.iter().filter(|&&entry| self.prose_of(entry) > 0).count();
        group.len() > 1
            && say_something * 2 > group.len()
            && group.iter().all(|&entry| {
                let tells = |run: &Run| is_dated(run) && has_clock(&run.text);
                self.own(entry).len() > 1 && self.edge(entry).any(tells)
            })
    }

    /// Whether `rest` answers `first`: parts of one form, no heading, and a line of names or signs that comes back.
    fn is_thread(&self, first: usize, rest: &[usize]) -> bool {
        let parts = self.parts(first);
        let is_entry = |&entry: &usize| {
            let own = self.own(entry);
            let head = &self.runs[own.start..own.end.min(own.start + 3)];
            own.len() > 1 && !head.iter().any(|run| self.opens_part(first, run)) && self.parts(entry) == parts
        };
        if rest.is_empty() || parts.len() < 2 || self.prose_of(first) == 0 || !rest.iter().all(is_entry) {
            return false;
        }
        let is_answered = rest.len() > 2 && self.comes_back(rest);
        let all: Vec<usize> = std::iter::once(first).chain(rest.iter().copied()).collect();
        let dated = || all.iter().all(|&entry| self.edge(entry).any(is_dated));
        is_answered || self.comes_back(&all) || dated()
    }

    /// Whether a line heads a part of its own: neither the repeated title of an answer nor, beside an entry with the
    /// page's title, a link to another page.
    fn opens_part(&self, first: usize, run: &Run) -> bool {
        let leads_off = self.tree.contains(first, self.title) && run.link_share(|_| true) >= 0.9;
        run.kind == BlockKind::Heading && !run.text.starts_with("Re: ") && !leads_off
    }

    fn prose_of(&self, node: usize) -> usize {
        let own = self.own(node);
        self.prose[own.end] - self.prose[own.start]
    }

    /// Names of the first two parts of an entry, below the elements that only wrap it.
    fn parts(&self, entry: usize) -> Vec<&str> {
        let mut at = entry;
        for _ in 0..WRAPPERS_MAX {
            let mut inner = self.tree.children(at).filter(|&child| self.is_part(child));
            let (Some(only), None) = (inner.next(), inner.next()) else {
                break;
            };
            at = only;
        }
        let inner = self.tree.children(at).filter(|&child| self.is_part(child));
        inner.take(2).map(|child| self.tree.tag(child)).collect()
    }

    fn is_part(&self, node: usize) -> bool {
        !matches!(
            self.tree.tag(node),
            "" | "br" | "hr" | "img" | "script" | "style" | "svg"
        )
    }

    /// The first three and the last two lines of an entry.
    fn edge(&self, entry: usize) -> impl Iterator<Item = &Run> {
        let own = self.own(entry);
        let head = own.start..own.end.min(own.start + 3);
        let tail = head.end.max(own.end.saturating_sub(2))..own.end;
        head.chain(tail).map(|at| &self.runs[at])
    }

    /// Whether one short line comes back at the edge of four entries in five.
    fn comes_back(&self, entries: &[usize]) -> bool {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for &entry in entries {
            let mut lines: Vec<String> = self
                .edge(entry)
                .filter(|run| is_chrome(run))
                .map(|run| letters(&run.text))
                .collect();
            lines.sort_unstable();
            lines.dedup();
            for line in lines.into_iter().filter(|line| !line.is_empty()) {
                *counts.entry(line).or_default() += 1;
            }
        }
        counts
            .into_values()
            .any(|count| count > 1 && count * 5 >= entries.len() * 4)
    }
}

/// Whether an element may hold an entry of several lines.
fn is_box(tag: &str) -> bool {
    matches!(
        tag,
        "article" | "blockquote" | "div" | "li" | "section" | "table" | "tbody"
    ) || tag.contains('-')
}

fn is_dated(run: &Run) -> bool {
    run.words <= LINE_WORDS_MAX
        && run.kind != BlockKind::Heading
        && written(&run.text, SlashOrder::DayFirst).is_some()
}

/// Whether a time of day such as `6:34` stands in a line.
fn has_clock(line: &str) -> bool {
    let bytes = line.as_bytes();
    bytes.windows(4).any(|four| {
        four[0].is_ascii_digit() && four[1] == b':' && four[2].is_ascii_digit() && four[3].is_ascii_digit()
    })
}
