//! The title and the line under it.

use copydesk_config::IssueFormat;
use copydesk_domain::artifact::{DraftSection, Story};
use copydesk_domain::task::{WriteTitle, WriteTitleInput};
use copydesk_domain::{PromptData, Untrusted};
use copydesk_journal::{StageContext, StageError};

use super::composer::Composer;
use super::desk::Desk;

/// Words of a title.
const WORDS_MAX: u32 = 12;

pub(crate) struct Title {
    pub(crate) title: Untrusted<String>,
    pub(crate) deck: Option<Untrusted<String>>,
}

/// Asks for the title of the lead; without a story the title says that there is none.
pub(crate) async fn write(
    ctx: &StageContext,
    desk: &Desk,
    sections: &[DraftSection],
    composer: &mut Composer<'_>,
) -> Result<Title, StageError> {
    let told = sections.iter().flat_map(|section| &section.stories);
    let stories: Vec<&Story> = told
        .filter_map(|id| desk.brief.stories.iter().find(|story| story.id == *id))
        .collect();
    let Some(lead) = stories.first() else {
        let title = match (super::is_unread(&desk.brief), ctx.pipeline().issue.format) {
            (true, IssueFormat::Post) => "No source could be read today",
            (true, IssueFormat::Newsletter) => "No source could be read this week",
            (false, IssueFormat::Post) => "Nothing worth your time today",
            (false, IssueFormat::Newsletter) => "Nothing worth your time this week",
        };
        return Ok(Title {
            title: Untrusted::new(title.to_owned()),
            deck: None,
        });
    };
    let lead_section = sections.iter().find(|section| section.stories.contains(&lead.id));
    let ids: Vec<_> = lead_section
        .map(|section| section.paragraphs.concat())
        .unwrap_or_default();
    let cited = composer.snapshots_of(&ids);
    let titles = lead
        .snapshots
        .iter()
        .filter(|snapshot| cited.is_empty() || cited.contains(snapshot))
        .filter_map(|snapshot| desk.source(snapshot))
        .map(|source| source.title.prompt_data());
    let mut publishers: Vec<PromptData> = Vec::new();
    for source in lead
        .snapshots
        .iter()
        .filter(|snapshot| cited.is_empty() || cited.contains(snapshot))
        .filter_map(|snapshot| desk.source(snapshot))
    {
        let publisher = source.publisher.prompt_data();
        if !publishers.contains(&publisher) {
            publishers.push(publisher);
        }
    }
    let input = WriteTitleInput {
        publishers,
        lead_titles: titles.collect(),
        lead_sentences: composer.texts(&ids),
        other_titles: stories
            .iter()
            .skip(1)
            .map(|story| story.title.prompt_data())
            .collect(),
        words_max: WORDS_MAX,
    };
    let asked = ctx.ask::<WriteTitle>("write_title", &input).await?;
    composer.note_model(&asked.model);
    let output = asked.output.inspect();
    let given = output.title.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_usable = !given.is_empty() && composer.unquoted_run(&given).is_none();
    let title = if is_usable {
        given
    } else {
        fallback(&input.lead_titles, composer)
    };
    let under_title = output
        .deck
        .clone()
        .filter(|deck| !deck.trim().is_empty() && composer.unquoted_run(deck).is_none());
    Ok(Title {
        title: Untrusted::new(title),
        deck: under_title.map(Untrusted::new),
    })
}

/// The first source title that repeats no source text, shortened until it does not.
fn fallback(titles: &[PromptData], composer: &Composer<'_>) -> String {
    let first = titles.first().map(PromptData::as_str).unwrap_or_default();
    let words: Vec<&str> = first.split_whitespace().collect();
    let fits = |count: &usize| composer.unquoted_run(&words[..*count].join(" ")).is_none();
    let count = (1..=words.len().min(WORDS_MAX as usize))
        .rev()
        .find(fits)
        .unwrap_or(0);
    let title = words[..count].join(" ");
    let title = title.trim_end_matches([':', ',', '.', '-', '–']).trim();
    if title.is_empty() {
        "Today’s briefing".to_owned()
    } else {
        title.to_owned()
    }
}
