//! What readers wrote, and the answers drafted for them.

use copydesk_domain::Decision;
use copydesk_domain::artifact::{Answer, EngagementReport, Reply, ReplyState};
use copydesk_store::{DecisionRecord, Subject};
use maud::{Markup, html};

use super::bar::hidden;
use super::guard::inert;
use super::letter::letter;
use super::load::RunPage;
use crate::login::Session;
use crate::page::words;
use crate::serve::run_path;

impl RunPage {
    /// Whether a drafted answer waits for the author.
    pub(super) fn has_open_answers(&self) -> bool {
        let replies = self.report.iter().flat_map(|report| &report.replies);
        replies
            .filter_map(|reply| reply.answer.as_ref())
            .any(|answer| self.decision_on(answer).is_none())
    }

    /// The newest decision on exactly this answer.
    fn decision_on(&self, answer: &Answer) -> Option<&DecisionRecord> {
        let subject = Subject::Answer(answer.id.clone());
        self.decisions
            .iter()
            .rev()
            .find(|record| record.subject == subject && record.hash == answer.hash)
    }
}

pub(super) fn replies(page: &RunPage, session: &Session) -> Markup {
    let Some(report) = &page.report else {
        return Markup::default();
    };
    html! {
        section.aside.replies #replies {
            h2 { "What readers wrote" }
            @if report.unread.is_some() { p { "The mail folder could not be read, so there may be more than stands here." } }
            @else if report.replies.is_empty() { p.soft { "Nothing yet." } }
            @for reply in &report.replies { (reply_card(page, session, reply)) }
            (rest(report))
        }
    }
}

fn rest(report: &EngagementReport) -> Markup {
    html! {
        @if !report.questions.is_empty() {
            h3 { "Open questions, looked for by the next research" }
            ul { @for topic in &report.questions { li { bdi { (inert(&topic.text)) } } } }
        }
        @if !report.missing.is_empty() {
            h3 { "Replies that could not be read" }
            ul { @for line in &report.missing { li { (line) } } }
        }
    }
}

fn reply_card(page: &RunPage, session: &Session, reply: &Reply) -> Markup {
    html! {
        article.card.reply {
            p.eyebrow {
                bdi { (inert(&reply.from)) } " "
                span.mark.calm { (words::reply(reply.kind)) }
                @if reply.state == ReplyState::Unmatched { span.mark.calm { "no issue of the last 14 days" } }
                @if reply.gives_orders { span.mark.bad { "gives orders to a model" } }
            }
            p.subject { bdi { (inert(&reply.subject)) } }
            blockquote.letter { (letter(&reply.text)) }
            @if let Some(answer) = &reply.answer { (answer_box(page, session, answer)) }
        }
    }
}

fn answer_box(page: &RunPage, session: &Session, answer: &Answer) -> Markup {
    let path = format!("{}/answers/{}", run_path(&page.view.run), answer.id);
    html! {
        div.answer {
            p.eyebrow { "Drafted answer" @if !answer.is_answered { " " span.mark.ask { "the sources do not tell" } } }
            div.letter { (letter(&answer.text)) }
            (unsettled(answer))
            @match page.decision_on(answer) {
                Some(decided) => p.soft { (decided_line(decided.decision)) " " (words::minute(decided.at, &page.zone)) "." },
                None => div.choices {
                    form method="post" action={ (path) "/approve" } {
                        (hidden(session, Some(&answer.hash)))
                        button.primary type="submit" { "Approve answer" }
                    }
                    form method="post" action={ (path) "/reject" } {
                        (hidden(session, Some(&answer.hash)))
                        button type="submit" { "Reject" }
                    }
                },
            }
        }
    }
}

/// What the author settles before a yes.
fn unsettled(answer: &Answer) -> Markup {
    html! {
        @if !answer.unsettled.is_empty() {
            p.eyebrow { span.mark.ask { "wants you" } " Its sources do not settle:" }
            ul {
                @for sentence in &answer.unsettled {
                    li { bdi { (inert(&sentence.text)) } " " span.soft { (sentence.reasons.join("; ")) } }
                }
            }
        }
    }
}

fn decided_line(decision: Decision) -> &'static str {
    match decision {
        Decision::Approved => "Approved, and put into the outbox,",
        Decision::Rejected => "Rejected",
        Decision::SentBack => "Sent back",
        Decision::Recalled => "Recalled",
        Decision::Expired => "Expired",
        Decision::Voided => "Voided",
    }
}
