//! Which section tells which story.

use copydesk_config::{IssueFormat, SectionAuthor, SectionConfig, SectionKind};
use copydesk_domain::PromptData;
use copydesk_domain::artifact::{NoteKind, Story, WishFate};
use copydesk_domain::task::{HeardWish, PlanIssue, PlanIssueInput, PlanIssueOutput, PlanSection, PlanStory};
use copydesk_journal::{StageContext, StageError};

use super::composer::Composer;
use super::desk::Desk;
use super::news::{fresh_snapshots, is_news};
use super::writer::Writer;
use crate::research::is_routine;

/// Words that one story of a roundup takes at least; gives the number of stories that fit a section.
const WORDS_A_STORY: u32 = 35;

/// Asks for the plan. With no story there is nothing to ask.
pub(crate) async fn plan(
    writer: &Writer<'_>,
    desk: &Desk,
    sections: &[SectionConfig],
    composer: &mut Composer<'_>,
) -> Result<PlanIssueOutput, StageError> {
    let ctx = writer.ctx;
    let stories: Vec<&Story> = desk.news().collect();
    if stories.is_empty() {
        return Ok(PlanIssueOutput {
            sections: Vec::new(),
            wishes: desk.author_note.iter().map(without_story).collect(),
        });
    }
    let input = PlanIssueInput {
        format: format_of(ctx).to_owned(),
        sections: sections
            .iter()
            .filter(|section| is_written(section))
            .map(plan_section)
            .collect(),
        stories: stories.iter().map(|story| plan_story(story, desk)).collect(),
        author_note: desk.author_note.clone(),
    };
    let asked = writer.ask::<PlanIssue>("plan_issue", &input).await?;
    composer.note_model(&asked.model);
    Ok(asked.output.inspect().clone())
}

/// What becomes of a note where nothing is told that it could be about.
fn without_story(note: &PromptData) -> HeardWish {
    HeardWish {
        text: note.as_str().trim().to_owned(),
        fate: WishFate::NotFollowed,
        reason: "there is no story to lead with, or to leave out".to_owned(),
        left_out: Vec::new(),
    }
}

/// What kind of piece the issue is, as tasks call it.
pub(crate) fn format_of(ctx: &StageContext) -> &'static str {
    match ctx.pipeline().issue.format {
        IssueFormat::Post => "post",
        IssueFormat::Newsletter => "newsletter",
    }
}

/// Whether a model writes the section from stories.
pub(crate) fn is_written(section: &SectionConfig) -> bool {
    section.by == SectionAuthor::Model && !matches!(section.kind, SectionKind::Quiet | SectionKind::AlsoRead)
}

fn plan_section(section: &SectionConfig) -> PlanSection {
    let stories_max = match section.kind {
        SectionKind::Lead | SectionKind::BottomLine | SectionKind::Question => 1,
        _ => (section.words_max / WORDS_A_STORY).max(1),
    };
    PlanSection {
        heading: section.heading.clone(),
        kind: section.kind.as_str().to_owned(),
        beats: section.beats.clone(),
        words_max: section.words_max,
        stories_max,
    }
}

fn plan_story(story: &Story, desk: &Desk) -> PlanStory {
    let fresh = fresh_snapshots(story);
    let quotable = desk
        .notes_of(&fresh)
        .filter(|note| is_news(story, note))
        .filter(|note| {
            matches!(
                note.kind,
                NoteKind::Statement | NoteKind::Quotation | NoteKind::Number
            )
        })
        .count();
    let titles = story
        .snapshots
        .iter()
        .filter_map(|snapshot| desk.source(snapshot))
        .map(|source| &source.title);
    PlanStory {
        id: story.id.to_string(),
        title: story.title.prompt_data(),
        reason: story.reason.clone(),
        beats: story.beats.clone(),
        posts: u32::try_from(story.snapshots.len()).unwrap_or(u32::MAX),
        witnesses: story.witnesses,
        notes: u32::try_from(quotable).unwrap_or(u32::MAX),
        is_release: story.is_release,
        has_news: true,
        is_routine: titles.clone().count() > 0 && titles.clone().all(|title| is_routine(title.inspect())),
    }
}

/// The planned stories of a section that exist and have news; each story is told in one section, but the closing
/// question and the bottom line may come back to the lead.
pub(crate) fn stories_of<'a>(
    plan: &PlanIssueOutput,
    section: &SectionConfig,
    desk: &'a Desk,
) -> Vec<&'a Story> {
    let is_repeat = |kind: SectionKind| {
        matches!(
            kind,
            SectionKind::Question | SectionKind::BottomLine | SectionKind::Pattern
        )
    };
    let Some(position) = plan
        .sections
        .iter()
        .position(|planned| planned.heading == section.heading)
    else {
        return Vec::new();
    };
    let earlier: Vec<&String> = plan.sections[..position]
        .iter()
        .flat_map(|planned| &planned.stories)
        .collect();
    let mut stories: Vec<&Story> = Vec::new();
    for id in &plan.sections[position].stories {
        let story = desk.news().find(|story| story.id.as_str() == id);
        let is_told = earlier.contains(&id) && !is_repeat(section.kind);
        stories.extend(story.filter(|story| !is_told && !stories.contains(story)));
    }
    stories
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_on_a_day_without_a_story_is_told_why_nothing_came_of_it() {
        let wish = without_story(&PromptData::from(" Lead with the bridge. "));
        assert_eq!(
            (wish.text.as_str(), wish.fate),
            ("Lead with the bridge.", WishFate::NotFollowed)
        );
        assert!(
            wish.reason.contains("there is no story to lead with"),
            "{}",
            wish.reason
        );
    }
}
