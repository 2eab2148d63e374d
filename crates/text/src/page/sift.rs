//! From the region's runs to the article's: what stands around the text inside its own element goes.

use std::collections::HashMap;

use super::date_text::{SlashOrder, written};
use super::model::BlockKind;
use super::phrases::{is_furniture, opens_clutter};
use super::pointers::{is_pointer, is_share};
use super::region::{Region, Weights};
use super::run::{Run, SENTENCE_ENDS};
use super::site::Site;
use super::title::same;
use super::tree::Tree;

/// What is known of the page when its text is sifted.
pub struct Known<'a> {
    /// The page.
    pub tree: &'a Tree,
    /// Its address.
    pub site: &'a Site,
    /// Its title.
    pub title: Option<&'a str>,
    /// First node of the run that shows the title.
    pub title_node: Option<usize>,
    /// Its authors.
    pub authors: &'a [String],
    /// The element that holds most of the text.
    pub core: usize,
}

/// The article's runs among those of the region.
pub fn sift(known: &Known<'_>, runs: Vec<Run>, weights: &Weights, region: &Region) -> Vec<Run> {
    let tree = known.tree;
    let runs: Vec<Run> = runs
        .into_iter()
        .filter(|run| tree.contains(region.outer, run.node))
        .collect();
    let runs = drop_side_units(known, runs, weights, region);
    let runs = drop_top(known, runs);
    let runs = drop_headed(known, runs);
    let runs = drop_furniture(known, runs);
    drop_end(known, runs)
}

/// The article's runs of a piece of HTML that is an article as a whole.
pub fn sift_fragment(known: &Known<'_>, mut runs: Vec<Run>) -> Vec<Run> {
    if runs
        .first()
        .is_some_and(|run| known.title.is_some_and(|title| same(title, &run.text)))
    {
        runs.remove(0);
    }
    // What blog software puts below each item of a feed.
    let is_trailer = |run: &Run| {
        run.text.starts_with("The post ")
            && (run.text.contains("appeared first on") || run.text.contains("first appeared on"))
    };
    if runs.last().is_some_and(is_trailer) {
        runs.pop();
    }
    drop_furniture(known, runs)
}

/// Units beside the core stay when they hold a fair share of prose.
fn drop_side_units(known: &Known<'_>, runs: Vec<Run>, weights: &Weights, region: &Region) -> Vec<Run> {
    let tree = known.tree;
    // Both on the way from the core up and above it: what ends the search for the unit of a run.
    let on_path = |node: usize| tree.contains(node, region.core);
    let enough = weights.prose[region.core] * 15 / 100;
    // Asked once per unit: classes may be long, and runs in one unit many.
    let mut like_core: HashMap<usize, bool> = HashMap::new();
    let mut keeps = |run: &Run| {
        if tree.contains(region.core, run.node) {
            return true;
        }
        // The child of the path in which the run stands, or the run's own element on the path.
        let unit = std::iter::once(run.owner)
            .chain(tree.ancestors(run.owner))
            .take_while(|&node| !on_path(node))
            .last();
        let Some(unit) = unit else {
            return run.is_prose() || (run.node < region.core);
        };
        let prose = weights.prose[unit];
        let is_alike = || is_like_core(tree, unit, region.core);
        if *like_core.entry(unit).or_insert_with(is_alike) {
            return true;
        }
        let before = unit < region.core;
        prose >= if before { enough.min(12) } else { enough * 3 }
    };
    runs.into_iter()
        .filter(|run| keeps(run) || Some(run.node) == known.title_node)
        .collect()
}

/// Whether a unit has the shape of the sibling that holds the core, as in one `<section>` per heading.
fn is_like_core(tree: &Tree, unit: usize, core: usize) -> bool {
    let sibling = std::iter::once(core)
        .chain(tree.ancestors(core))
        .find(|&node| tree.parent(node) == tree.parent(unit));
    let shape = |node| {
        (
            tree.tag(node),
            tree.attr(node, "class"),
            tree.attr(node, "id").is_some(),
        )
    };
    let is_named = tree.tag(unit) == "section" || tree.attr(unit, "class").is_some();
    is_named && sibling.is_some_and(|sibling| shape(sibling) == shape(unit))
}

/// The title, what stands before it, and the lines of byline, date and topic behind it.
fn drop_top(known: &Known<'_>, runs: Vec<Run>) -> Vec<Run> {
    let total: usize = runs
        .iter()
        .filter(|run| run.is_prose())
        .map(|run| run.words)
        .sum();
    let title = runs.iter().position(|run| Some(run.node) == known.title_node);
    let start = title.map_or(0, |at| at + 1);
    let before: usize = runs[..start]
        .iter()
        .filter(|run| run.is_prose())
        .map(|run| run.words)
        .sum();
    let start = if before * 2 > total { 0 } else { start };
    let first_prose = (start..runs.len())
        .find(|&at| runs[at].is_prose() && !is_byline(known, &runs[at]))
        .unwrap_or(runs.len())
        .min(start + 10);
    // A line or two that say what the article is about may stand before its byline.
    let first_long = (first_prose..runs.len().min(start + 10))
        .find(|&at| runs[at].words >= 25)
        .unwrap_or(first_prose + 3);
    let keeps = |(at, run): &(usize, Run)| {
        let is_title = known
            .title
            .is_some_and(|title| run.words < 60 && same(title, &run.text))
            && *at <= first_prose;
        let is_top = if *at < first_prose {
            is_top_line(known, run)
        } else {
            *at < first_long && is_signed(known, run)
        };
        *at >= start && !is_title && !is_top
    };
    runs.into_iter()
        .enumerate()
        .filter(keeps)
        .map(|(_, run)| run)
        .collect()
}

/// A line above the text that tells about it.
fn is_top_line(known: &Known<'_>, run: &Run) -> bool {
    if matches!(run.kind, BlockKind::Code | BlockKind::Table) {
        return false;
    }
    let tags = run.words <= 6 && run.link_share(|node| known.site.is_inner(node)) >= 0.8;
    tags || is_byline(known, run)
        || is_pointer(known.tree, known.site, run)
        || (run.kind != BlockKind::Heading && run.words <= 3 && !run.text.ends_with(['.', '!', '?', ':']))
}

/// A short line with an author and a day.
fn is_signed(known: &Known<'_>, run: &Run) -> bool {
    let names = |author: &String| run.text.contains(author.as_str());
    run.kind != BlockKind::Heading
        && run.words <= 16
        && known.authors.iter().any(names)
        && written(&run.text, SlashOrder::DayFirst).is_some()
}

fn is_byline(known: &Known<'_>, run: &Run) -> bool {
    if run.kind == BlockKind::Heading {
        return false;
    }
    let authors = known
        .authors
        .iter()
        .filter(|author| run.text.contains(author.as_str()))
        .count();
    if run.words > 30 {
        return authors >= 3 && run.words <= 6 * authors;
    }
    let lower = run.text.to_lowercase();
    let named = authors > 0 && run.words <= 12 + 4 * authors && !run.text.ends_with('.');
    let read_time = [
        "min read",
        "minute read",
        "minutes read",
        "min. read",
        "read time",
        "reading time",
    ]
    .iter()
    .any(|words| lower.contains(words));
    let is_sentence = run.words >= 8 && run.text.ends_with(SENTENCE_ENDS);
    let dated = run.words <= 16 && !is_sentence && written(&run.text, SlashOrder::DayFirst).is_some();
    let begins = run.words <= 14
        && [
            "by ",
            "published ",
            "posted ",
            "updated ",
            "written by",
            "von ",
            "por ",
        ]
        .iter()
        .any(|start| lower.starts_with(start))
        && !run.text.ends_with('.');
    named || read_time || dated || begins
}

/// Parts whose heading says that they are no article text.
fn drop_headed(known: &Known<'_>, runs: Vec<Run>) -> Vec<Run> {
    let mut dropped = vec![false; runs.len()];
    let stops = stops(&runs);
    let mut prose_before = vec![0; runs.len() + 1];
    for (at, run) in runs.iter().enumerate() {
        prose_before[at + 1] = prose_before[at] + if run.is_prose() { run.words } else { 0 };
    }
    for at in 0..runs.len() {
        let run = &runs[at];
        let heads = run.kind == BlockKind::Heading
            || (run.words <= 6 && run.text.ends_with(':'))
            || (run.words <= 4 && run.links.is_empty());
        if dropped[at] || !(heads && opens_clutter(&run.text) || opens_bio(known, &runs, at)) {
            continue;
        }
        let end = part_end(known, &runs, &stops, at);
        let prose = prose_before[end] - prose_before[at];
        if prose * 3 < prose_before[runs.len()] {
            dropped[at..end].fill(true);
        }
    }
    retain(runs, &dropped)
}

/// A heading such as "About Ann Lee" behind the middle of the text, or the author's bare name behind its core.
fn opens_bio(known: &Known<'_>, runs: &[Run], at: usize) -> bool {
    let run = &runs[at];
    if at * 2 < runs.len() || run.words > 8 {
        return false;
    }
    let lower = run.text.to_lowercase();
    let about = lower
        .strip_prefix("about ")
        .map(|rest| rest == "us" || known.authors.iter().any(|author| same(rest, author)));
    let is_behind = run.node >= known.tree.end(known.core);
    about.unwrap_or_else(|| is_behind && known.authors.iter().any(|author| same(&run.text, author)))
}

/// One past the last run of the part that the run `at` heads: its own element, else all up to the next heading or prose.
/// `stops`: see [`stops`].
fn part_end(known: &Known<'_>, runs: &[Run], stops: &[usize], at: usize) -> usize {
    let tree = known.tree;
    let begins_with_heading = |node: &usize| at == 0 || !tree.contains(*node, runs[at - 1].node);
    let unit = std::iter::once(runs[at].owner)
        .chain(tree.ancestors(runs[at].owner))
        .take_while(begins_with_heading)
        .last();
    let in_unit = unit.map_or(at + 1, |unit| {
        let end = tree.end(unit);
        runs.partition_point(|run| run.node < end).max(at)
    });
    if in_unit > at + 1 && in_unit < runs.len() {
        return in_unit;
    }
    stops[at + 1]
}

/// By run: the first heading, long paragraph or piece of code at or behind it, else the number of runs. Looked up once,
/// for a page may be all headings of parts that stay.
fn stops(runs: &[Run]) -> Vec<usize> {
    let mut stops = vec![runs.len(); runs.len() + 1];
    for (at, run) in runs.iter().enumerate().rev() {
        let is_stop = run.kind == BlockKind::Heading
            || (run.is_prose() && run.words >= 25)
            || run.kind == BlockKind::Code;
        stops[at] = if is_stop { at } else { stops[at + 1] };
    }
    stops
}

/// Single short lines of furniture anywhere.
fn drop_furniture(known: &Known<'_>, runs: Vec<Run>) -> Vec<Run> {
    let is_picture_text =
        |run: &Run| run.kind == BlockKind::Caption && known.tree.tag(run.owner) != "caption";
    let total: usize = runs.iter().map(|run| run.words).sum();
    let captions: usize = runs
        .iter()
        .filter(|run| is_picture_text(run))
        .map(|run| run.words)
        .sum();
    // Where much of the text stands below pictures, the pictures tell the story.
    let drops_captions = captions * 4 < total;
    let is_dropped = |run: &Run| match run.kind {
        _ if is_share(known.tree, known.site, run) => true,
        BlockKind::Caption => drops_captions && is_picture_text(run),
        BlockKind::Code | BlockKind::Heading | BlockKind::Table | BlockKind::ListItem => false,
        _ => {
            let linked = run.link_share(|_| true) >= 0.5;
            if is_tag_line(known, run) || (run.words >= 4 && leads_away(known, run)) {
                return true;
            }
            let outer = run.link_share(|node| !known.site.is_inner(node)) >= 0.8;
            (run.words <= 16
                && is_furniture(&run.text, linked)
                && (!run.text.ends_with('.') || run.words <= 8))
                || (linked && !outer && run.words <= 3)
        }
    };
    runs.into_iter().filter(|run| !is_dropped(run)).collect()
}

/// A whole line that is a link to another page of the site.
fn leads_away(known: &Known<'_>, run: &Run) -> bool {
    run.link_share(|node| known.site.leads_on(known.tree, node)) >= 0.9
}

/// "Topics: Open source, Networks": short links within the site, hardly a word beside them.
fn is_tag_line(known: &Known<'_>, run: &Run) -> bool {
    let inner: Vec<&str> = run
        .links
        .iter()
        .filter(|link| known.site.leads_on(known.tree, link.1))
        .map(|link| &run.text[link.0.clone()])
        .collect();
    let linked: usize = inner.iter().map(|text| text.split_whitespace().count()).sum();
    let all_short = inner.iter().all(|text| text.split_whitespace().count() <= 3);
    run.words <= 24
        && inner.len() >= 2
        && inner.len() == run.links.len()
        && all_short
        && run.words.saturating_sub(linked) <= 3
}

/// Links and headings at the end that lead nowhere.
fn drop_end(known: &Known<'_>, mut runs: Vec<Run>) -> Vec<Run> {
    let is_tail = |run: &Run| {
        let inner = run.link_share(|node| known.site.leads_on(known.tree, node));
        let leads = inner >= 0.5 || is_pointer(known.tree, known.site, run);
        run.kind == BlockKind::Heading || (run.kind != BlockKind::Code && (leads || is_offer(run)))
    };
    while runs.len() > 1 && runs.last().is_some_and(is_tail) {
        runs.pop();
    }
    runs
}

/// A short line that asks for a subscription, with the link to it.
fn is_offer(run: &Run) -> bool {
    let offers = |link: &(std::ops::Range<usize>, usize)| {
        let words = run.text[link.0.clone()].to_lowercase();
        ["subscribe", "sign up", "newsletter"]
            .iter()
            .any(|offer| words.contains(offer))
    };
    run.words <= 16 && run.links.iter().any(offers)
}

fn retain(runs: Vec<Run>, dropped: &[bool]) -> Vec<Run> {
    runs.into_iter()
        .zip(dropped)
        .filter(|(_, dropped)| !**dropped)
        .map(|(run, _)| run)
        .collect()
}
