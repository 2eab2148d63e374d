//! What is too long, and sentences that are hard to follow.

use copydesk_config::{Pipeline, SectionAuthor, SectionConfig};
use copydesk_domain::artifact::{Suggestion, SuggestionKind};
use copydesk_domain::task::HouseStyle;
use copydesk_text::{quotes, readability, style, words};

use super::super::Bench;
use super::{Line, about, on_whole};

/// Words of a sentence outside of which reading gets hard, its quotations among them.
const SENTENCE_WORDS_MAX: usize = 60;
/// Words of its own that a sentence bears, where the author's voice names no number.
const OWN_WORDS_MAX: usize = 35;
/// School grade above which a sentence of the author's own words is hard to read.
const GRADE_MAX: f64 = 18.0;
/// Shorter sentences have a grade by chance of one long name.
const GRADE_WORDS_MIN: usize = 18;

/// Sentences, sections, and the issue as a whole.
pub(super) fn check(bench: &Bench, lines: &[Line<'_>], house: &HouseStyle) -> Vec<Suggestion> {
    let mut found: Vec<Suggestion> = lines.iter().filter_map(|line| sentence(line, house)).collect();
    found.extend(sections(&bench.pipeline, lines));
    found.extend(whole(&bench.pipeline, lines));
    found
}

fn sentence(line: &Line<'_>, house: &HouseStyle) -> Option<Suggestion> {
    let text = line.text();
    let own = style::without_quotations(text);
    let (all, own_count) = (words::count(text), words::count(&own));
    let own_max = house
        .sentence_words_max
        .map_or(OWN_WORDS_MAX, |most| most as usize);
    if own_count > own_max {
        let by = if house.sentence_words_max.is_some() {
            "voice.md says"
        } else {
            "plenty are"
        };
        let mut found = about(
            line,
            SuggestionKind::TooLong,
            format!("{own_count} words of its own; {by} {own_max}"),
        );
        found.replacement = parted(text).map(copydesk_domain::Untrusted::new);
        return Some(found);
    }
    if all > SENTENCE_WORDS_MAX {
        return Some(about(
            line,
            SuggestionKind::TooLong,
            format!("{all} words in one sentence"),
        ));
    }
    let grade = readability::grade(&own);
    (own_count >= GRADE_WORDS_MIN && grade > GRADE_MAX).then(|| {
        let reason = format!("its own words ask for school grade {grade:.0}, {GRADE_MAX:.0} is much");
        about(line, SuggestionKind::HardToRead, reason)
    })
}

/// The sentence in two, where a semicolon outside of quotations shows the place.
fn parted(text: &str) -> Option<String> {
    let quoted = quotes::find(text);
    let (cut, _) = text
        .match_indices("; ")
        .find(|(at, _)| !quoted.iter().any(|quote| quote.range.contains(at)))?;
    let mut rest = text[cut + 2..].chars();
    let first = rest.next()?.to_uppercase();
    Some(format!("{}. {first}{}", &text[..cut], rest.as_str()))
}

/// Words of the lines that a section of the pipeline answers for: by its heading, or, where it was grouped, by its kind.
fn of_section(config: &SectionConfig, lines: &[Line<'_>]) -> usize {
    let is_own = |line: &&Line<'_>| {
        if config.group_by.is_some() {
            line.section.kind == config.kind.as_str()
        } else {
            line.section.heading == config.heading
        }
    };
    lines
        .iter()
        .filter(is_own)
        .map(|line| words::count(line.text()))
        .sum()
}

fn sections(pipeline: &Pipeline, lines: &[Line<'_>]) -> Vec<Suggestion> {
    let over = pipeline.sections.iter().filter_map(|config| {
        let count = of_section(config, lines);
        (count > config.words_max as usize).then(|| {
            let reason = format!(
                "“{}” has {count} words; words_max is {}",
                config.heading, config.words_max
            );
            on_whole(SuggestionKind::TooLong, reason)
        })
    });
    over.collect()
}

fn whole(pipeline: &Pipeline, lines: &[Line<'_>]) -> Option<Suggestion> {
    let written = |config: &&SectionConfig| {
        config.by == SectionAuthor::Model || lines.iter().any(|line| line.section.heading == config.heading)
    };
    let room: usize = pipeline
        .sections
        .iter()
        .filter(written)
        .map(|config| config.words_max as usize)
        .sum();
    let count: usize = lines.iter().map(|line| words::count(line.text())).sum();
    (room > 0 && count > room).then(|| {
        let reason = format!("the issue has {count} words; its sections have room for {room}");
        on_whole(SuggestionKind::TooLong, reason)
    })
}

#[cfg(test)]
mod tests {
    use super::parted;

    #[test]
    fn a_sentence_is_parted_outside_of_its_quotations() {
        assert_eq!(
            parted("Norn says “a; b”; the rest follows.").as_deref(),
            Some("Norn says “a; b”. The rest follows.")
        );
        assert_eq!(parted("Norn says “a; b”."), None);
    }
}
