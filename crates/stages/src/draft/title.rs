//! The title and the line under it.

use copydesk_config::IssueFormat;
use copydesk_domain::artifact::{DraftSection, Source, Story};
use copydesk_domain::task::{WriteTitle, WriteTitleInput};
use copydesk_domain::{ContentHash, PromptData, Untrusted};
use copydesk_journal::StageError;
use copydesk_text::words;

use super::composer::Composer;
use super::desk::Desk;
use super::writer::Writer;

/// Words of a title.
const WORDS_MAX: u32 = 12;

pub(crate) struct Title {
    pub(crate) title: Untrusted<String>,
    pub(crate) deck: Option<Untrusted<String>>,
}

/// Asks for the title of the lead; without a story the title says that there is none.
pub(crate) async fn write(
    writer: &Writer<'_>,
    desk: &Desk,
    sections: &[DraftSection],
    composer: &mut Composer<'_>,
) -> Result<Title, StageError> {
    let ctx = writer.ctx;
    let told = sections.iter().flat_map(|section| &section.stories);
    let stories: Vec<&Story> = told
        .filter_map(|id| desk.brief.stories.iter().find(|story| story.id == *id))
        .collect();
    let Some(lead) = stories.first() else {
        let title = of_nothing(desk.brief.is_unread(), ctx.pipeline().issue.format);
        return Ok(Title {
            title: Untrusted::new(title.to_owned()),
            deck: None,
        });
    };
    let lead_section = sections.iter().find(|section| section.stories.contains(&lead.id));
    let ids: Vec<_> = lead_section
        .map(|section| section.paragraphs.concat())
        .unwrap_or_default();
    let opener = composer.texts(&ids);
    let opener = opener.first().map(PromptData::as_str).unwrap_or_default();
    let pages: Vec<&Source> = in_order(lead, &composer.snapshots_of(&ids))
        .iter()
        .filter_map(|snapshot| desk.source(snapshot))
        .collect();
    let pages = of_the_opener(pages, opener);
    let titles = pages.iter().map(|source| source.title.prompt_data());
    let mut publishers: Vec<PromptData> = Vec::new();
    for source in &pages {
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
    let asked = writer.ask::<WriteTitle>("write_title", &input).await?;
    composer.note_model(&asked.model);
    let output = asked.output.inspect();
    let given = output.title.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_usable = !given.is_empty() && composer.unquoted_run(&given).is_none();
    let title = if is_usable {
        given
    } else {
        let titles: Vec<&str> = input.lead_titles.iter().map(PromptData::as_str).collect();
        fallback(&titles, &|title| composer.unquoted_run(title).is_some())
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

/// The pages of a story that the lead quotes, as it quotes them; all of the story where it quotes none.
fn in_order(lead: &Story, cited: &[ContentHash]) -> Vec<ContentHash> {
    let mut pages: Vec<ContentHash> = Vec::new();
    for snapshot in cited.iter().filter(|one| lead.snapshots.contains(one)) {
        if !pages.contains(snapshot) {
            pages.push(*snapshot);
        }
    }
    if pages.is_empty() {
        lead.snapshots.clone()
    } else {
        pages
    }
}

/// The page that opens the lead, and those whose titles have a word in common with what is said there. An author may
/// join two stories into one; the title then speaks of the part that the piece opens with.
fn of_the_opener<'s>(pages: Vec<&'s Source>, opener: &str) -> Vec<&'s Source> {
    let Some(first) = pages.first() else { return pages };
    let said = words::content_stems(&format!("{} {opener}", first.title.inspect()));
    let mut pages = pages.into_iter();
    let first = pages.next();
    let belongs = |source: &&Source| {
        let title = words::content_stems(source.title.inspect());
        title.iter().any(|stem| said.contains(stem))
    };
    first.into_iter().chain(pages.filter(belongs)).collect()
}

/// The title of an issue that tells nothing.
pub(crate) fn of_nothing(is_unread: bool, format: IssueFormat) -> &'static str {
    match (is_unread, format) {
        (true, IssueFormat::Post) => "No source could be read today",
        (true, IssueFormat::Newsletter) => "No source could be read this week",
        (false, IssueFormat::Post) => "Nothing worth your time today",
        (false, IssueFormat::Newsletter) => "Nothing worth your time this week",
    }
}

/// The first source title, shortened until it no longer `repeats` a source text.
pub(crate) fn fallback(titles: &[&str], repeats: &dyn Fn(&str) -> bool) -> String {
    let first = titles.first().copied().unwrap_or_default();
    let parts: Vec<&str> = first.split_whitespace().collect();
    let fits = |count: &usize| !repeats(&parts[..*count].join(" "));
    let count = (1..=parts.len().min(WORDS_MAX as usize))
        .rev()
        .find(fits)
        .unwrap_or(0);
    let title = parts[..count].join(" ");
    let title = title.trim_end_matches([':', ',', '.', '-', '–']).trim();
    if title.is_empty() {
        "Today’s briefing".to_owned()
    } else {
        title.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::research::fixture;

    #[test]
    fn of_joined_stories_the_title_speaks_of_the_one_that_opens() {
        let source = |title: &str| fixture::source("norn.example", title, title);
        let (keys, prices) = (
            source("Tarnhelm gave away private keys"),
            source("Aldermoor raises egress prices"),
        );
        let more = source("What to do about the keys of Tarnhelm");
        let story = Story {
            snapshots: vec![keys.snapshot, prices.snapshot, more.snapshot],
            ..fixture::story("s1")
        };
        let cited = [prices.snapshot, keys.snapshot, prices.snapshot];
        assert_eq!(in_order(&story, &cited), [prices.snapshot, keys.snapshot]);
        assert_eq!(in_order(&story, &[]), story.snapshots);
        let opener = "Lattice reports: “Aldermoor asks for twice as much from June.”";
        let found = of_the_opener(vec![&prices, &keys], opener);
        assert_eq!(found, [&prices]);
        assert_eq!(
            of_the_opener(vec![&keys, &prices, &more], "“Tarnhelm lost keys.”"),
            [&keys, &more]
        );
    }
}
