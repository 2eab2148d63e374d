//! Draft: from a brief to sentences, each with its evidence. Sections are data.

mod angles;
mod blind;
mod code_sections;
mod composer;
mod desk;
mod layout;
mod news;
mod plan;
mod runs;
mod section;
mod title;
mod wishes;
mod writer;

use async_trait::async_trait;
use copydesk_config::{IssueFormat, Pipeline, SectionAuthor, SectionConfig, SectionKind};
use copydesk_domain::artifact::{Artifact, ArtifactKind, Draft, DraftSection, FORMAT, ResearchBrief, Wanted};
use copydesk_domain::{PromptData, StoryId, Untrusted, counted};
use copydesk_journal::{Stage, StageContext, StageError, StageInputs, StageOutput};

pub(crate) use runs::SourceRuns;
pub(crate) use title::{fallback, of_nothing};

use composer::Composer;
use desk::Desk;
use section::empty;
use writer::Writer;

/// The draft agent.
#[derive(Debug, Clone, Copy, Default)]
pub struct DraftStage;

#[async_trait]
impl Stage for DraftStage {
    fn agent(&self) -> &'static str {
        "draft"
    }

    async fn run(&self, ctx: &StageContext, inputs: &StageInputs) -> Result<StageOutput, StageError> {
        let hash = inputs
            .newest(ArtifactKind::ResearchBrief)
            .ok_or_else(|| StageError::Input {
                what: "research_brief".to_owned(),
                reason: "research has not made one".to_owned(),
            })?;
        let desk = Desk::open(ctx, &hash, inputs).await?;
        let drafters = blind::drafters(ctx, inputs).await?;
        let (drafts, summary) = if drafters.is_empty() {
            let draft = write(&Writer { ctx, drafter: None }, &desk).await?;
            let summary = summary(&draft);
            (vec![draft], summary)
        } else {
            let made = blind::write(ctx, &desk, drafters).await?;
            let summary = match made.drafts.as_slice() {
                [draft] if made.left_out.is_empty() => summary(draft),
                _ => blind::summary(&made),
            };
            (made.drafts, summary)
        };
        // The first by its label stands last: what is read as the newest is the one that stands first.
        let artifacts = drafts.iter().rev().map(artifact);
        Ok(StageOutput {
            summary,
            artifacts: artifacts.collect::<Result<_, _>>()?,
            bodies: Vec::new(),
        })
    }
}

fn artifact(draft: &Draft) -> Result<Artifact, StageError> {
    Artifact::of(ArtifactKind::Draft, draft).map_err(|error| StageError::Invalid {
        reason: error.to_string(),
    })
}

async fn write(writer: &Writer<'_>, desk: &Desk) -> Result<Draft, StageError> {
    let ctx = writer.ctx;
    let mut composer = Composer::new(desk);
    let configured = layout::sections(&ctx.pipeline().sections, desk);
    let plan = plan::plan(writer, desk, &configured, &mut composer).await?;
    // Where nothing is told there is nothing to take a stand on.
    let is_bare = plan.sections.iter().all(|planned| planned.stories.is_empty());
    let mut sections = Vec::new();
    let mut told: Vec<StoryId> = Vec::new();
    let note = desk.author_note.as_ref().map(PromptData::as_str);
    let left_out = wishes::left_out(&plan, note);
    let keys = section::keys(&configured);
    for (config, key) in configured.iter().zip(&keys) {
        let stories = plan::stories_of(&plan, config, desk);
        let section = match (config.by, config.kind) {
            (SectionAuthor::Author, _) if is_bare => empty(config),
            (SectionAuthor::Author, _) => author_section(config, desk),
            (_, SectionKind::Quiet) => code_sections::quiet(config, desk, &mut composer),
            (_, SectionKind::AlsoRead) => {
                code_sections::also_read(config, desk, &[&told[..], &left_out].concat())
            }
            _ => section::write(writer, desk, (config, key), &stories, &mut composer).await?,
        };
        told.extend(section.stories.iter().cloned());
        sections.push(section);
    }
    sections.retain(|section| !is_empty(section));
    let has_news = !told.is_empty();
    let title = title::write(writer, desk, &sections, &mut composer).await?;
    let (sentences, sources, models) = composer.finish();
    Ok(Draft {
        format: FORMAT.to_owned(),
        at: ctx.now(),
        title: prefixed(ctx.pipeline(), title.title),
        deck: title
            .deck
            .or_else(|| ctx.pipeline().issue.deck.clone().map(Untrusted::new)),
        notice: notice(&desk.brief, &models),
        sections,
        sentences,
        sources,
        nothing_today: (!has_news).then(|| nothing_today(ctx, &desk.brief)),
        sign_off: ctx.pipeline().issue.sign_off.clone(),
        models,
        drafter: writer.drafter.cloned(),
        labels: desk.labels.clone(),
        wishes: wishes::of(&plan, note),
    })
}

/// The title behind the pipeline's prefix.
pub(crate) fn prefixed(pipeline: &Pipeline, title: Untrusted<String>) -> Untrusted<String> {
    match &pipeline.issue.title_prefix {
        Some(prefix) => title.map(|title| format!("{prefix}: {title}")),
        None => title,
    }
}

fn is_empty(section: &DraftSection) -> bool {
    section.paragraphs.is_empty() && section.listed.is_empty() && section.wanted.is_none()
}

fn author_section(config: &SectionConfig, desk: &Desk) -> DraftSection {
    DraftSection {
        heading: config.heading.clone(),
        kind: config.kind.as_str().to_owned(),
        note: None,
        stories: Vec::new(),
        paragraphs: Vec::new(),
        listed: Vec::new(),
        angles: angles::find(desk),
        wanted: Some(Wanted::Author),
    }
}

/// How the issue was made, in words that say no more than what happened.
fn notice(brief: &ResearchBrief, models: &[String]) -> String {
    notice_that(brief, models, "each factual sentence points to its source")
}

/// The same of an issue of whose sentences none may be told.
pub(crate) fn notice_of_nothing(brief: &ResearchBrief, models: &[String]) -> String {
    notice_that(
        brief,
        models,
        "none of its factual sentences stood in its sources, and none is here",
    )
}

/// `of_sentences`: what holds of the factual sentences of a model.
fn notice_that(brief: &ResearchBrief, models: &[String], of_sentences: &str) -> String {
    let asked = brief.feeds.len();
    let answered = brief.feeds.iter().filter(|feed| feed.was_read()).count();
    // Where nothing was to be polled, nothing was left unread either.
    let read = match (asked, brief.sources.len()) {
        (0, 0) => "No source was to be read.".to_owned(),
        (0, texts) => format!(
            "Made from {}; no feed was to be read.",
            counted(texts, "text", "texts")
        ),
        _ => format!("{answered} of {} read.", counted(asked, "source", "sources")),
    };
    let read = match brief.unread.count {
        0 => read,
        count => {
            let posts = counted(
                usize::try_from(count).unwrap_or(usize::MAX),
                "post was",
                "posts were",
            );
            format!("{read} {posts} weighed by what their feeds say of them, and not read.")
        }
    };
    let mut all: Vec<&str> = Vec::new();
    for model in brief.models.iter().chain(models) {
        if !all.contains(&model.as_str()) {
            all.push(model);
        }
    }
    if all.iter().all(|model| *model == "embedded") {
        format!("Assembled by extraction, no language model used. {read}")
    } else {
        format!("Drafted with {}; {of_sentences}. {read}", all.join(", "))
    }
}

fn nothing_today(ctx: &StageContext, brief: &ResearchBrief) -> String {
    let of_now = match ctx.pipeline().issue.format {
        IssueFormat::Post => "today",
        IssueFormat::Newsletter => "this week",
    };
    if brief.is_unread() {
        "No source could be read.".to_owned()
    } else if brief.sources.is_empty() {
        "The sources that were read had nothing in the window.".to_owned()
    } else if !brief.stories.is_empty() && !brief.stories.iter().any(news::has_news) {
        format!("Nothing new since the last issue: what was read {of_now} was told there.")
    } else {
        "Nothing of what was read is news that can be quoted.".to_owned()
    }
}

/// What a person at a terminal reads when the draft is done.
fn summary(draft: &Draft) -> String {
    let (words, share) = crate::review::words_and_share(draft);
    format!(
        "{words} words, {share} percent quoted{}",
        wishes::summary(&draft.wishes)
    )
}

#[cfg(test)]
mod tests {
    use copydesk_domain::artifact::FeedReading;

    use super::*;
    use crate::research::fixture;

    #[test]
    fn the_notice_counts_feeds_only_where_there_were_some_to_read() {
        let read = |brief: &ResearchBrief| {
            let notice = notice(brief, &[]);
            notice
                .rsplit_once("used. ")
                .map(|(_, read)| read.to_owned())
                .unwrap_or_default()
        };
        let mut brief = fixture::brief(Vec::new());
        assert_eq!(read(&brief), "No source was to be read.");
        brief.sources = vec![fixture::source("norn.example", "A note", "text")];
        assert_eq!(read(&brief), "Made from 1 text; no feed was to be read.");
        let feed = |answered| FeedReading {
            feed: "https://norn.example/feed".to_owned(),
            title: Untrusted::new("Norn".to_owned()),
            beats: Vec::new(),
            owner: "norn.example".to_owned(),
            answered,
            posts: 0,
        };
        brief.feeds = vec![feed(true)];
        assert_eq!(read(&brief), "1 of 1 source read.");
        brief.feeds.push(feed(false));
        assert_eq!(read(&brief), "1 of 2 sources read.");
        // A week: its runs read posts of the feed, and it does not answer now.
        brief.feeds[1].posts = 3;
        assert_eq!(read(&brief), "2 of 2 sources read.");
    }
}
