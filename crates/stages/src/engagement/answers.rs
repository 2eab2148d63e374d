//! Drafted answers: sentences with passages of the issue's snapshots, or the word that the sources do not tell.

use std::collections::HashMap;

use copydesk_domain::artifact::{Answer, Reply, ReplyKind, ReplyState, SpanRef};
use copydesk_domain::task::{AnswerPassage, DraftAnswer, DraftAnswerInput, DraftAnswerOutput, IssueSentence};
use copydesk_domain::untrusted::verify_span;
use copydesk_domain::{AnswerId, ContentHash, ModelName, PromptData, SentenceId, Untrusted};
use copydesk_journal::{StageContext, StageError};
use copydesk_publish::{AnswerMail, answer_mail};
use copydesk_text::{quotes, sentence, similarity};

use super::Told;
use super::replies::Mail;
use crate::models_used;

/// Passages that a writer is given.
const PASSAGES_MAX: usize = 12;

struct Passage {
    snapshot: ContentHash,
    publisher: Untrusted<String>,
    start: usize,
    text: String,
}

/// Drafts an answer for each question and correction that belongs to an issue. Gives the mails' bytes.
pub(crate) async fn draft(
    ctx: &StageContext,
    issues: &[Told],
    read: &mut [(Mail, Reply)],
    models: &mut Vec<String>,
) -> Result<Vec<Vec<u8>>, StageError> {
    let mut bodies = Vec::new();
    for (mail, reply) in read.iter_mut() {
        let wants_answer = matches!(reply.kind, ReplyKind::Question | ReplyKind::Correction);
        let told = issues
            .iter()
            .find(|told| Some(&told.past.slug) == reply.issue.as_ref());
        let Some(told) = told.filter(|_| wants_answer) else {
            continue;
        };
        let id = AnswerId::new(format!("a{}", bodies.len() + 1));
        let (answer, body, model) = draft_one(ctx, told, mail, reply.kind, id).await?;
        models_used::note(models, &model);
        reply.state = if answer.is_answered {
            ReplyState::Drafted
        } else {
            ReplyState::Open
        };
        reply.answer = Some(answer);
        bodies.push(body);
    }
    Ok(bodies)
}

async fn draft_one(
    ctx: &StageContext,
    told: &Told,
    mail: &Mail,
    kind: ReplyKind,
    id: AnswerId,
) -> Result<(Answer, Vec<u8>, ModelName), StageError> {
    let (passages, texts) = passages(ctx, told, mail).await?;
    let input = DraftAnswerInput {
        kind,
        question: mail.question().prompt_data(),
        issue_title: told.title.prompt_data(),
        sentences: told
            .draft
            .sentences
            .iter()
            .map(|sentence| IssueSentence {
                id: sentence.id.to_string(),
                text: sentence.text.prompt_data(),
            })
            .collect(),
        passages: passages
            .iter()
            .enumerate()
            .map(|(index, passage)| AnswerPassage {
                id: format!("q{}", index + 1),
                publisher: passage.publisher.prompt_data(),
                text: PromptData::from(passage.text.as_str()),
            })
            .collect(),
    };
    let key = format!("draft_answer/{}", mail.key());
    let asked = ctx.ask::<DraftAnswer>(&key, &input).await?;
    let cited = cite(asked.output.inspect(), &passages, &texts, told);
    let body = answer_mail(&AnswerMail {
        to: &mail.from,
        from: "",
        subject: &mail.subject,
        in_reply_to: &mail.id,
        date: ctx.now(),
        body: &cited.text,
    });
    let answer = Answer {
        id,
        hash: ContentHash::of(&body),
        text: cited.text,
        evidence: cited.evidence,
        sentences: cited.sentences,
        is_answered: cited.is_answered,
    };
    Ok((answer, body, asked.model))
}

/// The passages that are nearest to the question, from everything that the issue's research read.
async fn passages(
    ctx: &StageContext,
    told: &Told,
    mail: &Mail,
) -> Result<(Vec<Passage>, HashMap<ContentHash, Untrusted<String>>), StageError> {
    let mut found: Vec<Passage> = Vec::new();
    let mut texts = HashMap::new();
    for source in told.brief.sources.iter().filter(|source| !source.is_sponsored) {
        if texts.contains_key(&source.snapshot) {
            continue;
        }
        let text = ctx.snapshot(&source.snapshot).await?.text;
        for range in sentence::split(text.inspect()) {
            let passage = text.inspect().get(range.clone()).unwrap_or_default().to_owned();
            if sentence::is_prose(&passage) && !sentence::addresses_model(&passage) {
                let publisher = source.publisher.clone();
                found.push(Passage {
                    snapshot: source.snapshot,
                    publisher,
                    start: range.start,
                    text: passage,
                });
            }
        }
        texts.insert(source.snapshot, text);
    }
    Ok((nearest(mail.question().inspect(), found), texts))
}

/// The passages whose words are nearest to the question, rare words counting most.
fn nearest(question: &str, passages: Vec<Passage>) -> Vec<Passage> {
    let all: Vec<&str> = std::iter::once(question)
        .chain(passages.iter().map(|passage| passage.text.as_str()))
        .collect();
    let corpus = similarity::Corpus::new(&all);
    let mut scored: Vec<(f64, Passage)> = passages
        .into_iter()
        .enumerate()
        .map(|(index, passage)| (corpus.cosine(0, index + 1), passage))
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored
        .into_iter()
        .take(PASSAGES_MAX)
        .filter(|(near, _)| *near > 0.0)
        .map(|(_, passage)| passage)
        .collect()
}

struct Cited {
    text: Untrusted<String>,
    evidence: Vec<SpanRef>,
    sentences: Vec<SentenceId>,
    is_answered: bool,
}

/// Keeps the sentences whose citations hold. An answer of which nothing holds says that the sources do not tell.
fn cite(
    output: &DraftAnswerOutput,
    passages: &[Passage],
    texts: &HashMap<ContentHash, Untrusted<String>>,
    told: &Told,
) -> Cited {
    let mut cited = Cited {
        text: Untrusted::default(),
        evidence: Vec::new(),
        sentences: Vec::new(),
        is_answered: false,
    };
    let mut lines: Vec<String> = Vec::new();
    for written in &output.sentences {
        let spans: Option<Vec<SpanRef>> = written
            .passages
            .iter()
            .map(|place| find_span(&place.id, &place.quote, passages, texts))
            .collect();
        let of_issue: Vec<SentenceId> = written
            .issue_sentences
            .iter()
            .map(|id| SentenceId::new(id.clone()))
            .filter(|id| told.draft.sentences.iter().any(|sentence| sentence.id == *id))
            .collect();
        let Some(spans) = spans else { continue };
        let has_ground = !spans.is_empty() || !of_issue.is_empty();
        if output.is_answered && !(has_ground && quotes_hold(&written.text, &spans, texts)) {
            continue;
        }
        if !output.is_answered && carries_fact(&written.text) {
            continue;
        }
        lines.push(written.text.split_whitespace().collect::<Vec<_>>().join(" "));
        cited.evidence.extend(spans);
        cited.sentences.extend(of_issue);
    }
    cited.is_answered = output.is_answered && !lines.is_empty();
    if lines.is_empty() {
        lines.push(
            "The sources of this issue do not tell. I have put your question on the list for the next one."
                .to_owned(),
        );
    }
    cited.text = Untrusted::new(lines.join(" "));
    cited
}

fn find_span(
    id: &str,
    quote: &str,
    passages: &[Passage],
    texts: &HashMap<ContentHash, Untrusted<String>>,
) -> Option<SpanRef> {
    let index: usize = id.strip_prefix('q')?.parse().ok()?;
    let passage = passages.get(index.checked_sub(1)?)?;
    let found = verify_span(texts.get(&passage.snapshot)?, quote, passage.start)?;
    let is_inside = found.end <= passage.start + passage.text.len();
    is_inside.then_some(SpanRef {
        snapshot: passage.snapshot,
        start: found.start,
        end: found.end,
    })
}

/// Whether each quotation of a sentence stands in one of its spans.
fn quotes_hold(text: &str, spans: &[SpanRef], texts: &HashMap<ContentHash, Untrusted<String>>) -> bool {
    let words: Vec<&str> = spans
        .iter()
        .filter_map(|span| texts.get(&span.snapshot)?.inspect().get(span.start..span.end))
        .collect();
    quotes::find(text)
        .iter()
        .all(|quote| words.iter().any(|span| span.contains(quote.text.trim())))
}

/// A sentence that says that the sources do not tell states no figure and quotes nobody.
fn carries_fact(text: &str) -> bool {
    !quotes::find(text).is_empty() || text.chars().any(|c| c.is_ascii_digit())
}
