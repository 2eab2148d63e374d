//! Which sentence opens a story: one that says what the story's title says.

use copydesk_domain::task::WrittenSentence;
use copydesk_text::words;

use super::super::fit;
use super::frames;
use super::lead::EASE_MIN;
use super::material::{Material, Passage};
use super::pen::Pen;

/// Words at the head of a sentence that hold its subject and mostly its verb.
const HEAD_WORDS: usize = 10;
/// A title has said its matter with so many of its words; more of them in one sentence are no merit.
const TITLE_STEMS: usize = 3;
/// What a merit weighs beside the place that a passage has by its other qualities, from `0.0` for the first to `1.0`
/// for the last. Chosen by reading the openers of the corpus' days.
const HEAD: f64 = 0.8;
const WHOLE: f64 = 0.4;
const ASIDE: f64 = 0.4;

/// The best opening that stands on its own feet; where none does, the best of all.
pub fn write(material: &Material<'_>, pen: &mut Pen<'_>, frame: &[&str]) -> Option<WrittenSentence> {
    let order = order(&material.title, &material.passages);
    let stands = |passage: &&&Passage<'_>| fit::ease(&passage.text) >= EASE_MIN;
    let best = order.iter().filter(stands).find(|passage| pen.can_quote(passage));
    let passage = best.or_else(|| order.iter().find(|passage| pen.can_quote(passage)))?;
    match material.told_on {
        Some(day) if frame == frames::NEW => pen.quote_since(day, passage),
        _ => pen.quote(passage, frame),
    }
}

/// Passages, the best opening first. `title`: stems of the story's title; `passages`: best first by what else counts.
fn order<'p, 'a>(title: &[String], passages: &'p [Passage<'a>]) -> Vec<&'p Passage<'a>> {
    let last = passages.len().saturating_sub(1).max(1) as f64;
    let mut scored: Vec<(f64, &Passage<'a>)> = passages
        .iter()
        .enumerate()
        .map(|(at, passage)| (merit(title, passage) - at as f64 / last, passage))
        .collect();
    // A stable sort keeps the order among equals.
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().map(|(_, passage)| passage).collect()
}

/// How well a passage says what the title says.
fn merit(title: &[String], passage: &Passage<'_>) -> f64 {
    let head_end = words::words(&passage.text)
        .nth(HEAD_WORDS - 1)
        .map_or(passage.text.len(), |(range, _)| range.end);
    HEAD * share(title, &passage.text[..head_end]) + WHOLE * share(title, &passage.text)
        - if begins_aside(&passage.text) { ASIDE } else { 0.0 }
}

/// Whether a sentence begins with somebody whom only its page names, with a condition or a concession, or adds to
/// another one.
fn begins_aside(text: &str) -> bool {
    const ASIDE: [&str; 17] = [
        "We", "Our", "You", "Your", "I", "My", "While", "Although", "Though", "If", "When", "Unless",
        "Remember", "Note", "Even", "Once", "Until",
    ];
    let mut words = words::words(text).map(|(_, word)| word);
    let first = words.next().unwrap_or_default();
    ASIDE.contains(&first) || words.take(HEAD_WORDS).any(|word| word == "also")
}

/// Share of the title's stems that a text has, as far as they count.
fn share(title: &[String], text: &str) -> f64 {
    let own = words::content_stems(text);
    let shared = title.iter().filter(|stem| own.contains(stem)).count();
    let wanted = title.len().clamp(1, TITLE_STEMS);
    shared.min(wanted) as f64 / wanted as f64
}

#[cfg(test)]
mod tests {
    use copydesk_domain::task::{HouseStyle, WriteNote, WriteStory};

    use super::super::samples::note;
    use super::*;

    fn story(title: &str, notes: Vec<WriteNote>) -> WriteStory {
        WriteStory {
            id: "s1".to_owned(),
            title: title.into(),
            posts: 1,
            witnesses: 1,
            publishers: vec!["Norn project".into()],
            told_in: None,
            told_on: None,
            notes,
        }
    }

    fn first(story: &WriteStory) -> String {
        let material = Material::of(story, &HouseStyle::default());
        order(&material.title, &material.passages)[0].text.to_string()
    }

    #[test]
    fn the_opening_names_early_what_the_title_names() {
        let told = story(
            "Supply chain attack on Corrie",
            vec![
                note(
                    "a",
                    1,
                    "We identified that Tarn has the build script of Moss and was part of the same supply chain attack.",
                ),
                note(
                    "b",
                    2,
                    "A new version of Corrie was published with a dependency on Moss, which would run a build script.",
                ),
                note(
                    "c",
                    3,
                    "We removed the build script of Moss and locked the account of its owner on Monday.",
                ),
            ],
        );
        assert!(
            first(&told).starts_with("A new version of Corrie"),
            "{}",
            first(&told)
        );
    }

    #[test]
    fn conditions_and_additions_do_not_open_a_story() {
        let told = story(
            "A planner for Norn",
            vec![
                note(
                    "a",
                    1,
                    "While you can disable the planner of Norn, each read of a column page then takes longer.",
                ),
                note(
                    "b",
                    1,
                    "The planner of Norn also reads the pages of two other vendors since the summer.",
                ),
                note(
                    "c",
                    1,
                    "Norn has a planner now that reads whole column pages at once and keeps its plans.",
                ),
            ],
        );
        assert!(first(&told).contains("has a planner now"), "{}", first(&told));
    }
}
