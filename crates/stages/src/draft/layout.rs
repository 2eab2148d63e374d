//! The sections of an issue, with those that are grouped by beat taken apart.

use copydesk_config::{GroupBy, SectionConfig};
use copydesk_domain::artifact::Story;

use super::desk::Desk;
use crate::research::is_routine;

/// Words that a beat gets at least, however many beats there are.
const BEAT_WORDS_MIN: u32 = 45;

/// The sections as they are written: `group_by = "beat"` gives one for each beat that has news, and they share its
/// words. A beat without news is named by the section for what was quiet.
pub(crate) fn sections(configured: &[SectionConfig], desk: &Desk) -> Vec<SectionConfig> {
    // Those of the pipeline, and behind them those that only its feeds name.
    let beats: Vec<String> = desk
        .brief
        .beats
        .iter()
        .map(|reading| reading.beat.clone())
        .collect();
    let mut sections: Vec<SectionConfig> = Vec::new();
    for config in configured {
        let parts = match config.group_by {
            Some(GroupBy::Beat) => by_beat(config, &beats, desk),
            None => vec![config.clone()],
        };
        for part in parts {
            let heading = heading_apart(&part, config, sections.iter().chain(configured));
            sections.push(SectionConfig { heading, ..part });
        }
    }
    sections
}

/// The heading of a part of `group`. A plan names a section by its heading, so a beat that is called like another section
/// stands below the heading of its group.
fn heading_apart<'a>(
    part: &SectionConfig,
    group: &SectionConfig,
    mut others: impl Iterator<Item = &'a SectionConfig>,
) -> String {
    let is_of_beat = part.heading != group.heading;
    if is_of_beat && others.any(|other| other.heading == part.heading) {
        format!("{}: {}", group.heading, part.heading)
    } else {
        part.heading.clone()
    }
}

fn by_beat(config: &SectionConfig, beats: &[String], desk: &Desk) -> Vec<SectionConfig> {
    let wanted = if config.beats.is_empty() {
        beats
    } else {
        &config.beats
    };
    let is_of = |story: &Story, beat: &str| story.beats.iter().any(|own| own.eq_ignore_ascii_case(beat));
    let is_news = |story: &&Story| {
        let mut titles = story
            .snapshots
            .iter()
            .filter_map(|snapshot| desk.source(snapshot))
            .map(|source| source.title.inspect());
        !titles.all(|title| is_routine(title))
    };
    // The first story leads, and a beat that has only that one has nothing left.
    let told: Vec<&Story> = desk.news().filter(is_news).skip(1).collect();
    let active: Vec<&String> = wanted
        .iter()
        .filter(|beat| told.iter().any(|story| is_of(story, beat)))
        .collect();
    if active.is_empty() {
        return vec![SectionConfig {
            group_by: None,
            ..config.clone()
        }];
    }
    let share = config.words_max / u32::try_from(active.len()).unwrap_or(u32::MAX);
    active
        .into_iter()
        .map(|beat| SectionConfig {
            heading: capitalised(beat),
            beats: vec![beat.clone()],
            group_by: None,
            words_max: share.max(BEAT_WORDS_MIN),
            ..config.clone()
        })
        .collect()
}

/// A beat with a capital at its head.
pub(crate) fn capitalised(beat: &str) -> String {
    let mut letters = beat.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beat_that_is_called_like_a_section_stands_below_its_group() {
        let section = |heading: &str| -> SectionConfig {
            serde_json::from_value(serde_json::json!({ "heading": heading })).unwrap()
        };
        let (group, own) = (section("By beat"), section("Cloud"));
        let all = [own.clone(), group.clone()];
        assert_eq!(
            heading_apart(&section("Cloud"), &group, all.iter()),
            "By beat: Cloud"
        );
        assert_eq!(
            heading_apart(&section("Security"), &group, all.iter()),
            "Security"
        );
        assert_eq!(heading_apart(&own, &own, all.iter()), "Cloud");
        assert_eq!(heading_apart(&group, &group, all.iter()), "By beat");
    }
}
