//! The frame of every page.

use copydesk_engine::Engine;
use maud::{DOCTYPE, Markup, html};

use crate::login::Session;

/// What surrounds a page.
pub(super) struct Frame<'a> {
    title: &'a str,
    /// The form that logs out bears it; none where nobody is logged in.
    csrf: Option<&'a str>,
    /// Seconds after which the page loads itself again.
    refresh_s: Option<i64>,
    /// The element that whoever has read the top often enough goes on at.
    text: &'a str,
}

impl<'a> Frame<'a> {
    /// For a person who is logged in.
    pub(super) fn of(title: &'a str, session: &'a Session) -> Self {
        Self {
            title,
            csrf: Some(&session.csrf),
            refresh_s: None,
            text: "main",
        }
    }

    /// For anybody.
    pub(super) fn bare(title: &'a str) -> Self {
        Self {
            title,
            csrf: None,
            refresh_s: None,
            text: "main",
        }
    }

    /// Loads itself again after some seconds.
    pub(super) fn refreshed(self, refresh_s: Option<i64>) -> Self {
        Self { refresh_s, ..self }
    }

    /// Has its text in this element.
    pub(super) fn with_text_in(self, text: &'a str) -> Self {
        Self { text, ..self }
    }
}

pub(super) fn frame(frame: &Frame<'_>, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                @if let Some(seconds) = frame.refresh_s { meta http-equiv="refresh" content=(seconds); }
                title { (frame.title) " · Copydesk" }
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/style.css";
            }
            body {
                a.skip href={ "#" (frame.text) } { "Skip to the text" }
                header.top {
                    a.brand href="/" { "Copydesk" }
                    @if let Some(csrf) = frame.csrf {
                        form method="post" action="/logout" {
                            input type="hidden" name="csrf" value=(csrf);
                            button.quiet type="submit" { "Log out" }
                        }
                    }
                }
                main #main tabindex="-1" { (content) }
            }
        }
    }
}

/// The zone in which a pipeline's author reads times.
pub(super) async fn zone(engine: &Engine, run: &copydesk_store::RunRecord) -> jiff::tz::TimeZone {
    let release = engine.release(run).await.ok();
    let zone = release.and_then(|release| jiff::tz::TimeZone::get(&release.pipeline.pipeline.time_zone).ok());
    zone.unwrap_or(jiff::tz::TimeZone::UTC)
}
