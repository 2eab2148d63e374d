//! How a run that waits for money or a model can go on: a button for each way.

use copydesk_domain::{ContentHash, MicroUsd};
use copydesk_engine::Choices;
use maud::{Markup, html};

use super::bar::hidden;
use super::load::RunPage;
use crate::login::Session;
use crate::serve::run_path;

pub(super) fn choices(page: &RunPage, session: &Session) -> Markup {
    let (Some(choices), Some(seen)) = (&page.choices, &page.impasse) else {
        return Markup::default();
    };
    html! {
        div.choices.going {
            @match choices.grant_microusd {
                Some(grant) => (grant_form(page, session, seen, choices, grant)),
                None => (way(page, session, seen, "again", "Ask the model again", "once you have mended it")),
            }
            @if let Some(cheaper) = &choices.cheaper {
                form method="post" action=(path(page)) {
                    (bears(session, seen))
                    input type="hidden" name="route" value=(cheaper.route);
                    button type="submit" name="choice" value="route" { "Go on with " (cheaper.route) }
                    span.soft.small { "cheaper: at most " (cheaper.microusd) " for this call" }
                }
            }
            @if choices.embedded {
                (way(page, session, seen, "embedded", "Finish with the built-in model", "costs nothing; a cited briefing"))
            }
            (way(page, session, seen, "stop", "Stop this run", "what it has made stays"))
        }
    }
}

fn path(page: &RunPage) -> String {
    format!("{}/go-on", run_path(&page.view.run))
}

/// For whom a form was made, and what the run waited with then: a choice counts only as long as it waits with that.
fn bears(session: &Session, seen: &ContentHash) -> Markup {
    html! {
        (hidden(session, None))
        input type="hidden" name="seen" value=(seen);
    }
}

fn grant_form(
    page: &RunPage,
    session: &Session,
    seen: &ContentHash,
    choices: &Choices,
    grant: MicroUsd,
) -> Markup {
    html! {
        form method="post" action=(path(page)) {
            (bears(session, seen))
            button.primary type="submit" name="choice" value="grant" { "Go on for" }
            input name="amount" value=(grant) size="8" required aria-label="How much more it may spend";
            @if let Some(breach) = &choices.breach {
                span.soft.small {
                    "the call needs " (breach.needed) ", " (breach.left) " of the " (breach.scope) "'s "
                    (breach.limit) " are left"
                }
            }
        }
    }
}

fn way(
    page: &RunPage,
    session: &Session,
    seen: &ContentHash,
    choice: &str,
    label: &str,
    about: &str,
) -> Markup {
    html! {
        form method="post" action=(path(page)) {
            (bears(session, seen))
            button type="submit" name="choice" value=(choice) { (label) }
            span.soft.small { (about) }
        }
    }
}
