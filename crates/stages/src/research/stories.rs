//! Posts about one event become one story; what past issues told is recognised.

use std::collections::{BTreeMap, HashSet};

use copydesk_domain::artifact::Story;
use copydesk_domain::{ContentHash, StoryId};
use copydesk_text::cluster::{self, Doc};

use super::history::{History, How, Told};
use super::labels;
use super::reading::Reading;

/// Finds the stories of the readings, in the order of their first reading, as the author's labels want them.
pub(crate) fn find(readings: &[Reading], history: &History) -> Vec<Story> {
    let usable: Vec<&Reading> = readings.iter().filter(|reading| reading.is_usable()).collect();
    let fresh: HashSet<ContentHash> = usable.iter().map(|reading| reading.source.snapshot).collect();
    let earlier_told: Vec<&Told> = history
        .told
        .iter()
        .filter(|told| !fresh.contains(&told.snapshot))
        .collect();
    let docs: Vec<Doc> = usable
        .iter()
        .map(|r| doc(r))
        .chain(earlier_told.iter().map(|told| told_doc(told)))
        .collect();
    let snapshots: Vec<ContentHash> = usable
        .iter()
        .map(|reading| reading.source.snapshot)
        .chain(earlier_told.iter().map(|told| told.snapshot))
        .collect();
    let numbers = joined_by_advisory(&docs, cluster::stories(&docs));
    let numbers = labels::constrain(&snapshots, numbers, &history.labels);
    let mut groups: BTreeMap<usize, Vec<&Reading>> = BTreeMap::new();
    let mut order: Vec<usize> = Vec::new();
    for (reading, number) in usable.iter().zip(&numbers) {
        let group = groups.entry(*number).or_default();
        if group.is_empty() {
            order.push(*number);
        }
        group.push(reading);
    }
    let told_numbers = &numbers[usable.len()..];
    order
        .iter()
        .enumerate()
        .map(|(index, number)| {
            let earlier: Vec<&Told> = earlier_told
                .iter()
                .zip(told_numbers)
                .filter(|(_, n)| *n == number)
                .map(|(told, _)| *told)
                .collect();
            story(index + 1, &groups[number], &earlier, history)
        })
        .collect()
}

fn doc(reading: &Reading) -> Doc {
    Doc {
        id: reading.source.snapshot.to_string(),
        title: reading.source.title.inspect().clone(),
        text: reading.text.inspect().clone(),
        published_at: reading.source.published_at,
        url: Some(reading.source.url.clone()),
        links: reading.links.clone(),
    }
}

fn told_doc(told: &Told) -> Doc {
    Doc {
        id: told.snapshot.to_string(),
        title: told.title.inspect().clone(),
        text: told.text.inspect().clone(),
        published_at: told.published_at,
        url: Some(told.url.clone()),
        links: Vec::new(),
    }
}

fn story(number: usize, group: &[&Reading], earlier: &[&Told], history: &History) -> Story {
    let mut readings = group.to_vec();
    readings.sort_by_key(|reading| std::cmp::Reverse(weight(reading)));
    let lead = readings[0];
    let of_history = |snapshot: &ContentHash, how: How| {
        let mut known = history.told.iter();
        known.find(|told| told.snapshot == *snapshot && told.how == how)
    };
    let told = |snapshot: &ContentHash| of_history(snapshot, How::Told);
    let all_told: Vec<&Told> = readings
        .iter()
        .filter_map(|reading| told(&reading.source.snapshot))
        .chain(earlier.iter().copied().filter(|told| told.how == How::Told))
        .collect();
    let listed_in = readings
        .iter()
        .find_map(|reading| of_history(&reading.source.snapshot, How::Listed))
        .map(|listed| listed.slug.clone());
    let snapshots: Vec<ContentHash> = readings.iter().map(|reading| reading.source.snapshot).collect();
    let is_new = all_told.is_empty();
    let new_snapshots = snapshots
        .iter()
        .copied()
        .filter(|snapshot| !is_new && told(snapshot).is_none())
        .collect();
    let mut beats: Vec<String> = Vec::new();
    for beat in readings.iter().flat_map(|reading| &reading.source.beats) {
        if !beats.contains(beat) {
            beats.push(beat.clone());
        }
    }
    let known = snapshots.iter().chain(earlier.iter().map(|told| &told.snapshot));
    Story {
        id: StoryId::new(format!("s{number}")),
        title: lead.source.title.clone(),
        is_release: is_release(lead.source.title.inspect()),
        is_unwanted: labels::is_unwanted(known, &history.labels),
        snapshots,
        reason: String::new(),
        is_new,
        new_snapshots,
        told_in: all_told.last().map(|told| told.slug.clone()),
        told_at: all_told.iter().map(|told| told.at).max(),
        new_notes: Vec::new(),
        listed_in,
        beats,
        witnesses: witnesses(readings.iter().copied()),
    }
}

/// Distinct owners of some readings.
pub(crate) fn witnesses<'r>(readings: impl Iterator<Item = &'r Reading>) -> u32 {
    let owners: HashSet<&str> = readings.map(|reading| reading.source.owner.as_str()).collect();
    u32::try_from(owners.len()).unwrap_or(u32::MAX)
}

/// Whether a text tells of the same event as a story, as posts become stories. `readings`: those that the story was found
/// among.
pub(crate) fn is_of(story: &Story, found: &Reading, readings: &[Reading]) -> bool {
    let usable: Vec<&Reading> = readings.iter().filter(|reading| reading.is_usable()).collect();
    let docs: Vec<Doc> = usable.iter().copied().chain([found]).map(doc).collect();
    let numbers = joined_by_advisory(&docs, cluster::stories(&docs));
    let own = numbers.last();
    let mut placed = usable.iter().zip(&numbers);
    placed.any(|(reading, number)| Some(number) == own && story.snapshots.contains(&reading.source.snapshot))
}

/// Words at the head of a text in which an advisory's id says what the post is about.
const OPENING: usize = 600;

/// Story numbers in which posts on one advisory are one story: its id stands in the title of one and in the title or
/// opening of the other. A title with more ids than two is a list.
fn joined_by_advisory(docs: &[Doc], mut numbers: Vec<usize>) -> Vec<usize> {
    let titles: Vec<Vec<&str>> = docs.iter().map(|doc| advisories(&doc.title)).collect();
    let openings: Vec<Vec<&str>> = docs
        .iter()
        .map(|doc| {
            let end = doc.text.floor_char_boundary(OPENING);
            advisories(&doc.text[..end])
        })
        .collect();
    let lists = |ids: &[&str]| ids.len() > 2;
    for (at, ids) in titles.iter().enumerate().filter(|(_, ids)| !lists(ids)) {
        for other in 0..docs.len() {
            let speaks_of_it =
                |ids_there: &[&str]| !lists(ids_there) && ids.iter().any(|id| ids_there.contains(id));
            if other != at && (speaks_of_it(&titles[other]) || speaks_of_it(&openings[other])) {
                let (from, to) = (numbers[other].max(numbers[at]), numbers[other].min(numbers[at]));
                for number in numbers.iter_mut().filter(|number| **number == from) {
                    *number = to;
                }
            }
        }
    }
    numbers
}

/// Ids of advisories in a text, each once: `CVE-2026-33056`, `RUSTSEC-2026-0012`, `GHSA-…`, `OAL-41877`.
fn advisories(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
        let Some((head, rest)) = word.split_once('-') else {
            continue;
        };
        let is_label = (3..=8).contains(&head.len()) && head.bytes().all(|byte| byte.is_ascii_uppercase());
        let is_id = rest.bytes().filter(u8::is_ascii_digit).count() >= 4 || head == "GHSA";
        if is_label && is_id && !found.contains(&word) {
            found.push(word);
        }
    }
    found
}

/// The post that tells a story best: long enough to explain it, and not one of many from a template.
fn weight(reading: &Reading) -> usize {
    copydesk_text::words::count(reading.text.inspect()).min(900)
}

/// A title that names a version, or says that something is released.
pub fn is_release(title: &str) -> bool {
    let lower = title.to_lowercase();
    let says_so = ["release", "released", "is out", "now available", "announcing"]
        .iter()
        .any(|cue| lower.contains(cue));
    let has_version = title.split_whitespace().any(|word| {
        let word = word
            .trim_start_matches(['v', 'V'])
            .trim_end_matches([',', ':', '.']);
        let parts: Vec<&str> = word.split(['.', '-']).collect();
        parts.len() >= 2
            && parts
                .iter()
                .take(2)
                .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
    });
    let is_warning = [
        "removed",
        "vulnerab",
        "malicious",
        "attack",
        "advisory",
        "incident",
        "cve-",
    ];
    has_version && (says_so || !is_warning.iter().any(|cue| lower.contains(cue)))
}

#[cfg(test)]
#[path = "stories_tests.rs"]
mod tests;
