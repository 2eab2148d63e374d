//! Posts about one event become one story; what past issues told is recognised.

use std::collections::{BTreeMap, HashSet};

use copydesk_domain::artifact::Story;
use copydesk_domain::{ContentHash, StoryId};
use copydesk_text::cluster::{self, Doc};

use super::history::Told;
use super::reading::Reading;

/// Finds the stories of the readings, in the order of their first reading.
pub(crate) fn find(readings: &[Reading], history: &[Told]) -> Vec<Story> {
    let usable: Vec<&Reading> = readings.iter().filter(|reading| reading.is_usable()).collect();
    let fresh: HashSet<ContentHash> = usable.iter().map(|reading| reading.source.snapshot).collect();
    let earlier_told: Vec<&Told> = history
        .iter()
        .filter(|told| !fresh.contains(&told.snapshot))
        .collect();
    let docs: Vec<Doc> = usable
        .iter()
        .map(|r| doc(r))
        .chain(earlier_told.iter().map(|told| told_doc(told)))
        .collect();
    let numbers = joined_by_advisory(&docs, cluster::stories(&docs));
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

fn story(number: usize, group: &[&Reading], earlier: &[&Told], history: &[Told]) -> Story {
    let mut readings = group.to_vec();
    readings.sort_by_key(|reading| std::cmp::Reverse(weight(reading)));
    let lead = readings[0];
    let of_history = |snapshot: &ContentHash, in_full: bool| {
        let mut known = history.iter();
        known.find(|told| told.snapshot == *snapshot && told.in_full == in_full)
    };
    let told = |snapshot: &ContentHash| of_history(snapshot, true);
    let told_in = readings
        .iter()
        .filter_map(|reading| told(&reading.source.snapshot))
        .chain(earlier.iter().copied().filter(|told| told.in_full))
        .map(|told| told.slug.clone())
        .next_back();
    let listed_in = readings
        .iter()
        .find_map(|reading| of_history(&reading.source.snapshot, false))
        .map(|listed| listed.slug.clone());
    let snapshots: Vec<ContentHash> = readings.iter().map(|reading| reading.source.snapshot).collect();
    let new_snapshots = match told_in {
        Some(_) => snapshots
            .iter()
            .copied()
            .filter(|snapshot| told(snapshot).is_none())
            .collect(),
        None => Vec::new(),
    };
    let owners: HashSet<&str> = readings
        .iter()
        .map(|reading| reading.source.owner.as_str())
        .collect();
    let mut beats: Vec<String> = Vec::new();
    for beat in readings.iter().flat_map(|reading| &reading.source.beats) {
        if !beats.contains(beat) {
            beats.push(beat.clone());
        }
    }
    Story {
        id: StoryId::new(format!("s{number}")),
        title: lead.source.title.clone(),
        is_release: is_release(lead.source.title.inspect()),
        snapshots,
        reason: String::new(),
        is_new: told_in.is_none(),
        new_snapshots,
        told_in,
        listed_in,
        beats,
        witnesses: u32::try_from(owners.len()).unwrap_or(u32::MAX),
    }
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
mod tests {
    use copydesk_text::cluster::Doc;

    use super::{advisories, is_release, joined_by_advisory};

    fn doc(title: &str, text: &str) -> Doc {
        Doc {
            title: title.to_owned(),
            text: text.to_owned(),
            ..Doc::default()
        }
    }

    #[test]
    fn posts_on_one_advisory_are_one_story() {
        let docs = [
            doc("Notice to customers: flaw OAL-41877", "We patched it."),
            doc("Quiet day", "Nothing of note."),
            doc("Incident report on OAL-41877", "Version 3.8.3 is out."),
            doc("How a fix spread", "The flaw OAL-41877 was fixed within a day."),
            doc("OAL-41902: another flaw", "It hangs."),
            doc("Three flaws: OAL-41902, OAL-41903, OAL-41904", "A list."),
        ];
        assert_eq!(joined_by_advisory(&docs, (0..6).collect()), [0, 1, 0, 0, 4, 5]);
    }

    #[test]
    fn ids_of_advisories_are_found() {
        let text = "CVE-2026-33056 and RUSTSEC-2026-0012, not UTF-8, SHA-256, x86-64 or GPT-4.";
        assert_eq!(advisories(text), ["CVE-2026-33056", "RUSTSEC-2026-0012"]);
    }

    #[test]
    fn releases_name_a_version() {
        assert!(is_release("Announcing Rust 1.98.0"));
        assert!(is_release("Go 1.27 is released"));
        assert!(is_release("pnpm 11.21-11.22"));
        assert!(!is_release(
            "arrayref: arrayref 0.3.10 was removed due to a malicious dependency"
        ));
        assert!(!is_release("Supply chain attack on arrayref"));
    }
}
