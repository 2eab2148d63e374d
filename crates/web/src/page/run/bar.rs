//! What the author can do with the issue: a bar at the foot of the page.

use copydesk_domain::{ContentHash, IssueState, Verdict};
use maud::{Markup, html};

use super::asked::{self, Asked};
use super::custom;
use super::load::{RunPage, Writing};
use crate::login::Session;
use crate::page::words;
use crate::serve::run_path;

/// The fields that every form bears: for whom it was made, and which bytes the author looked at.
pub(super) fn hidden(session: &Session, hash: Option<&ContentHash>) -> Markup {
    html! {
        input type="hidden" name="csrf" value=(session.csrf);
        @if let Some(hash) = hash { input type="hidden" name="hash" value=(hash); }
    }
}

pub(super) fn bar(page: &RunPage, session: &Session) -> Markup {
    if let Some((waiting, stage)) = page.stage_gate() {
        return custom::bar(page, session, waiting, stage);
    }
    let Some(writing) = page
        .writing
        .as_ref()
        .filter(|_| page.view.issue == IssueState::Reviewed && !page.view.state.is_final())
    else {
        return Markup::default();
    };
    let run = run_path(&page.view.run);
    let asked = page.asked.as_ref();
    html! {
        nav.bar aria-label="Your decision" {
            (approve(&run, session, writing, page))
            details name="decision" open[Asked::of_note(asked).is_some()] {
                summary { "Send back" @if let Some(label) = &writing.label { " draft " (label) } }
                form method="post" action={ (run) "/send-back" } {
                    (hidden(session, Some(&writing.hash)))
                    label for="note" { "What should the next draft do better?" }
                    (asked::note(asked))
                    p.soft.small {
                        "Without a language model only plain wishes are followed: “drop the story on …”, “lead with …”."
                    }
                    button type="submit" { "Draft again with this note" }
                }
            }
            details name="decision" {
                summary { "Reject" }
                form method="post" action={ (run) "/reject" } {
                    (hidden(session, Some(&writing.hash)))
                    label for="why" { "Why? It is kept with the run." }
                    input id="why" name="reason" maxlength="1000";
                    button.danger type="submit" { "Reject this issue" }
                }
            }
        }
    }
}

fn approve(run: &str, session: &Session, writing: &Writing, page: &RunPage) -> Markup {
    let unsettled = writing.verdicts(Verdict::Unsettled);
    let newer_labels = page.newer_labels;
    html! {
        form.approve method="post" action={ (run) "/approve" } {
            (hidden(session, Some(&writing.hash)))
            button.primary type="submit" { "Approve" @if let Some(label) = &writing.label { " draft " (label) } }
            (why(writing, Asked::of_approval(page.asked.as_ref())))
            @match unsettled.first() {
                Some(first) => a.ask.small href={ "#" (first.sentence) } { (words::wanting(unsettled.len())) },
                None => span.soft.small { "nothing wants you" },
            }
            @if newer_labels > 0 {
                a.small href="#stories" { (words::count(newer_labels, "label", "labels")) " not in this draft: send it back to use them" }
            }
            span.soft.small title="The first letters of the hash of this very issue: approving binds it, and nothing else goes out" {
                "version " code { (writing.hash.short(12)) }
            }
        }
    }
}

/// The field for the reason, where there are open claims.
fn why(writing: &Writing, asked: Option<&Asked>) -> Markup {
    let claims = writing.open_claims();
    let open = match (claims.unsettled, claims.blocked) {
        (0, left_out) => format!("without {}", words::count(left_out, "claim", "claims")),
        (unsettled, 0) => format!("with {}", words::count(unsettled, "open claim", "open claims")),
        (unsettled, left_out) => format!("with {unsettled} open, {left_out} left out"),
    };
    html! {
        @if claims.count() > 0 {
            input name="reason" maxlength="1000" required aria-label={ "Why it may go out " (open) }
                placeholder={ "Why it may go out " (open) }
                value=[asked.map(Asked::typed)] autofocus[asked.is_some()]
                aria-describedby=[asked.map(|_| "asked")] aria-invalid=[asked.map(|_| "true")];
            @if let Some(asked) = asked { (asked.word()) }
        }
    }
}
