//! Whether the cited pages are still there and still say what is quoted.
//!
//! Only addresses that the issue cites are asked, each once, by the stage's code. A page that cannot be reached now is
//! no fault of the issue: a line of the log says so.

use std::collections::BTreeMap;

use copydesk_domain::artifact::{Evidence, ReadFrom, Sentence, Source, Suggestion, SuggestionKind};
use copydesk_domain::{ContentHash, SentenceId, Untrusted};
use copydesk_journal::{StageContext, StageError, ToolName};
use copydesk_text::{quotes, words};
use serde::Deserialize;
use serde_json::json;

use super::Bench;
use super::judging::by_code;
use crate::research::{one_line, passable};
use crate::step_key;

/// Pages that are asked in one review.
const PAGES_MAX: usize = 24;
/// Pages asked at once; the connector adds its own limit for each host.
const AT_ONCE: usize = 6;
/// Words in a row by which a quotation is looked for on its page.
const RUN: usize = 4;
/// Share of them that must be there: pages set marks and spaces anew.
const HELD_MIN: f64 = 0.5;

/// What `web/read` gives, as far as it matters here.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PageReply {
    url: String,
    text: Untrusted<String>,
}

/// Pages as they are now, or why there is none, by their addresses: what several drafts cite is asked once.
pub(crate) type Pages = BTreeMap<String, Result<PageReply, String>>;

/// What became of a cited page.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    /// As it was, as far as the issue is concerned.
    Same,
    /// Gone, in the page's own word.
    Gone(String),
    /// It leads to the front page of a site.
    FrontPage,
    /// It no longer has the words of this sentence.
    Changed(SentenceId),
    /// It could not be reached, which says nothing.
    Unknown(String),
}

/// A proposal for each cited page that is gone, moved or changed. None where the stage may not read pages.
pub(crate) async fn check(
    ctx: &StageContext,
    bench: &Bench,
    told: &[&Sentence],
    pages: &mut Pages,
) -> Result<Vec<Suggestion>, StageError> {
    let tool = ToolName::new("web", "read");
    if !ctx.tools().iter().any(|pattern| tool.is_covered_by(pattern)) {
        return Ok(Vec::new());
    }
    let cited = cited(bench, told);
    ctx.note(format!("asking {} cited pages", cited.len()));
    let urls = cited.iter().map(|(source, _)| source.url.clone());
    let urls: Vec<String> = urls.filter(|url| !pages.contains_key(url)).collect();
    let answers = ctx.for_each(urls.clone(), AT_ONCE, |url| ask(ctx, url)).await;
    for (url, answer) in urls.into_iter().zip(answers) {
        pages.insert(url, answer?);
    }
    let mut suggestions = Vec::new();
    for (source, sentences) in cited {
        let fate = match pages.get(&source.url) {
            Some(Ok(page)) => of_page(&source.url, page, &sentences),
            Some(Err(why)) => of_fault(why),
            None => continue,
        };
        let about = sentences.first().map(|sentence| sentence.id.clone());
        let publisher = source.publisher.inspect();
        let (sentence, reason) = match fate {
            Fate::Same => continue,
            Fate::Unknown(reason) => {
                ctx.log(
                    "info",
                    format!("{} could not be asked again: {reason}", source.url),
                );
                continue;
            }
            Fate::Gone(word) => (about, format!("the page of {publisher} is gone ({word})")),
            Fate::FrontPage => (
                about,
                format!("the page of {publisher} now leads to a front page"),
            ),
            Fate::Changed(id) => (
                Some(id),
                format!("the page of {publisher} does not have the quoted words any more"),
            ),
        };
        suggestions.push(Suggestion {
            sentence,
            kind: SuggestionKind::Link,
            reason: by_code(reason),
            replacement: None,
        });
    }
    Ok(suggestions)
}

/// The page as it is now, or why there is none, in one line.
async fn ask(ctx: &StageContext, url: String) -> Result<Result<PageReply, String>, StageError> {
    let key = format!("recheck/{}", step_key::of_text(&url));
    let tool = ToolName::new("web", "read");
    match ctx.call_tool(&key, &tool, json!({ "url": url })).await {
        Ok(reply) if reply.is_error => Ok(Err(one_line(reply.content.inspect()))),
        Ok(reply) => {
            Ok(serde_json::from_value(reply.content.inspect().clone()).map_err(|error| error.to_string()))
        }
        Err(error) => Ok(Err(passable(error)?)),
    }
}

/// The cited pages with an address on the web, each once, with the sentences that cite them.
fn cited<'a>(bench: &'a Bench, told: &[&'a Sentence]) -> Vec<(&'a Source, Vec<&'a Sentence>)> {
    let mut by_snapshot: BTreeMap<&ContentHash, Vec<&Sentence>> = BTreeMap::new();
    for sentence in told {
        for span in sentence.evidence.iter().flat_map(Evidence::spans) {
            let sentences = by_snapshot.entry(&span.snapshot).or_default();
            if !sentences.iter().any(|known| known.id == sentence.id) {
                sentences.push(sentence);
            }
        }
    }
    let in_order = bench.draft.sources.iter().filter_map(|snapshot| {
        let sentences = by_snapshot.remove(snapshot)?;
        let source = bench
            .brief
            .sources
            .iter()
            .find(|source| source.snapshot == *snapshot)?;
        let is_on_web = source.url.starts_with("https://") || source.url.starts_with("http://");
        // What only a browser shows is not there for the reader.
        let is_asked = is_on_web && source.read_from != Some(ReadFrom::Browser);
        is_asked.then_some((source, sentences))
    });
    in_order.take(PAGES_MAX).collect()
}

/// A page that says that it is gone; anything else may be over tomorrow.
fn of_fault(why: &str) -> Fate {
    let is_gone = ["HTTP 404", "HTTP 410"]
        .iter()
        .any(|status| why.starts_with(status));
    if is_gone {
        Fate::Gone(why.chars().take(8).collect())
    } else {
        Fate::Unknown(why.to_owned())
    }
}

fn of_page(asked: &str, page: &PageReply, sentences: &[&Sentence]) -> Fate {
    let path = |url: &str| url::Url::parse(url).map(|url| url.path().trim_end_matches('/').to_owned());
    if let (Ok(before), Ok(after)) = (path(asked), path(&page.url)) {
        let is_front = |path: &str| matches!(path, "" | "/index.html" | "/index.php" | "/home" | "/404");
        if !is_front(&before) && is_front(&after) {
            return Fate::FrontPage;
        }
    }
    let text = page.text.inspect();
    if text.trim().is_empty() {
        return Fate::Unknown("the page has no text now".to_owned());
    }
    let lost = sentences.iter().find(|sentence| {
        let sources: std::collections::BTreeSet<&ContentHash> = sentence
            .evidence
            .iter()
            .flat_map(Evidence::spans)
            .map(|span| &span.snapshot)
            .collect();
        // A sentence with several sources quotes each of them somewhere: only one with one can be laid to a page.
        sources.len() == 1
            && quotes::find(sentence.text.inspect())
                .iter()
                .any(|quote| !holds(text, &quote.text))
    });
    lost.map_or(Fate::Same, |sentence| Fate::Changed(sentence.id.clone()))
}

/// Whether most runs of words of a quotation stand in a text.
fn holds(text: &str, quotation: &str) -> bool {
    let list =
        |text: &str| -> Vec<String> { words::words(text).map(|(_, word)| word.to_lowercase()).collect() };
    let (page, quoted) = (list(text), list(quotation));
    if quoted.len() < RUN {
        return true;
    }
    let runs: std::collections::HashSet<&[String]> = page.windows(RUN).collect();
    let held = quoted.windows(RUN).filter(|run| runs.contains(run)).count();
    held as f64 >= HELD_MIN * (quoted.len() + 1 - RUN) as f64
}

#[cfg(test)]
mod tests {
    use copydesk_domain::artifact::{SentenceKind, SpanRef};

    use super::*;

    fn sentence(text: &str) -> Sentence {
        Sentence {
            id: SentenceId::new("p1"),
            text: Untrusted::new(text.to_owned()),
            kind: SentenceKind::Claim,
            evidence: vec![Evidence::Span(SpanRef {
                snapshot: ContentHash::of(b"page"),
                start: 0,
                end: 4,
            })],
        }
    }

    fn page(url: &str, text: &str) -> PageReply {
        PageReply {
            url: url.to_owned(),
            text: Untrusted::new(text.to_owned()),
        }
    }

    const ASKED: &str = "https://norn.example/posts/one";

    #[test]
    fn only_a_page_that_says_so_is_gone() {
        assert_eq!(
            of_fault("HTTP 404: there is nothing at this address"),
            Fate::Gone("HTTP 404".to_owned())
        );
        assert!(matches!(of_fault("HTTP 503"), Fate::Unknown(_)));
        assert!(matches!(of_fault("connection refused"), Fate::Unknown(_)));
    }

    #[test]
    fn a_redirect_to_the_front_page_is_no_page() {
        let quoted = sentence("Norn writes: “Norn lost writes on all clusters.”");
        let text = "Norn lost writes on all clusters.";
        assert_eq!(
            of_page(ASKED, &page("https://norn.example/", text), &[&quoted]),
            Fate::FrontPage
        );
        assert_eq!(
            of_page(ASKED, &page("https://norn.example/posts/one/", text), &[&quoted]),
            Fate::Same
        );
    }

    #[test]
    fn words_that_are_no_longer_there_are_named_by_their_sentence() {
        let quoted = sentence("Norn writes: “Norn lost writes on 3,600 clusters before the rollback.”");
        let same = "Norn lost writes on 3,600 clusters before the roll\u{ad}back.";
        assert_eq!(of_page(ASKED, &page(ASKED, same), &[&quoted]), Fate::Same);
        let other = "This notice was withdrawn after we counted anew.";
        assert_eq!(
            of_page(ASKED, &page(ASKED, other), &[&quoted]),
            Fate::Changed(SentenceId::new("p1"))
        );
        assert!(matches!(
            of_page(ASKED, &page(ASKED, " "), &[&quoted]),
            Fate::Unknown(_)
        ));
    }
}
