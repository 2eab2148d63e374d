//! What a form that was sent still wants: the page comes back with what was typed and a clear word.

use copydesk_engine::OpenClaims;
use maud::{Markup, html};

/// A field that has to be filled in.
pub(crate) struct Asked {
    field: Field,
    /// What was typed there.
    typed: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    /// Why an issue with open claims may go out.
    Why(OpenClaims),
    /// What the next round should do better.
    Note,
}

impl Asked {
    /// An approval says why, since there are open claims.
    pub(crate) fn why(claims: OpenClaims, typed: String) -> Self {
        let field = Field::Why(claims);
        Self { field, typed }
    }

    /// What is sent back says what to do better.
    pub(crate) fn note(typed: String) -> Self {
        let field = Field::Note;
        Self { field, typed }
    }

    /// Whether an approval is meant.
    pub(super) fn of_approval(asked: Option<&Self>) -> Option<&Self> {
        asked.filter(|asked| matches!(asked.field, Field::Why(_)))
    }

    /// Whether a note is meant.
    pub(super) fn of_note(asked: Option<&Self>) -> Option<&Self> {
        asked.filter(|asked| asked.field == Field::Note)
    }

    pub(super) fn typed(&self) -> &str {
        &self.typed
    }

    /// The clear word. Its element is named by the field that it is about.
    pub(super) fn word(&self) -> Markup {
        html! {
            p.alert #asked role="alert" {
                @match self.field {
                    Field::Why(claims) => {
                        "Not approved yet: the issue has " (claims) ". Say why it may go out; that is kept with the run."
                    },
                    Field::Note => "Not sent back yet: say what the next one should do better.",
                }
            }
        }
    }
}

/// The field in which an author says what to do better, in a form that sends something back.
pub(super) fn note(asked: Option<&Asked>) -> Markup {
    let asked = Asked::of_note(asked);
    html! {
        @if let Some(asked) = asked { (asked.word()) }
        textarea id="note" name="reason" rows="2" maxlength="4000" required
            autofocus[asked.is_some()]
            aria-describedby=[asked.map(|_| "asked")] aria-invalid=[asked.map(|_| "true")] {
            (asked.map_or("", Asked::typed))
        }
    }
}
