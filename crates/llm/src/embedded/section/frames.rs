//! The reviewed words between quotations.
//!
//! `{p}` is a publisher, `{q}` exact words of its page, `{who}` a speaker whom the note names. No template states
//! a fact of its own, none begins with a word that points back, and each ends with its quotation.

/// First word on a story.
pub const OPENING: &[&str] = &["{p} reports: “{q}”", "{p} writes: “{q}”", "From {p}: “{q}”"];

/// More from the page that was just quoted.
pub const MORE: &[&str] = &["{p} adds: “{q}”", "{p} goes on: “{q}”", "{p} also writes: “{q}”"];

/// Another publisher on the same story.
pub const WITNESS: &[&str] = &["{p} writes: “{q}”", "From {p}: “{q}”", "{p} reports: “{q}”"];

/// For words that begin with their publisher's own name, which need not stand there twice as a subject.
pub const OWN_NAME: &[&str] = &["From {p}: “{q}”"];

/// For words on a thing or a version that they do not name themselves; `{t}` is its name as the title of the page has it.
pub const ON_SUBJECT: &[&str] = &["On {t}, {p} writes: “{q}”", "On {t}, {p} reports: “{q}”"];

/// The same for something new on a story that an earlier issue told.
pub const NEW_ON: &[&str] = &["New on {t} since our issue of {d}, from {p}: “{q}”"];

/// The newest page of a story that goes on for days.
pub const LATEST: &[&str] = &["New on the story, from {p}: “{q}”", "{p} now reports: “{q}”"];

/// Something new on a story that an earlier issue told; `{d}` is the day of that issue, which code checks.
pub const NEW_SINCE: &[&str] = &["New since our issue of {d}, from {p}: “{q}”"];

/// The same where the day is not known.
pub const NEW: &[&str] = &["New since we told this story, from {p}: “{q}”"];

/// More that is new.
pub const ALSO_NEW: &[&str] = &["New from {p}: “{q}”", "{p} adds: “{q}”"];

/// What the reader should do.
pub const ACTION: &[&str] = &["What to do, according to {p}: “{q}”"];

/// More to do.
pub const ALSO_DO: &[&str] = &["{p} advises: “{q}”", "{p} recommends: “{q}”"];

/// What to know before taking a new version.
pub const BEFORE_UPGRADING: &[&str] = &["Before you update, {p} says: “{q}”"];

/// In plain words.
pub const IN_SHORT: &[&str] = &["In a line from {p}: “{q}”", "In the words of {p}: “{q}”"];

/// A speaker whose words end in a comma, as in `“…,” said …`.
pub const SPOKEN_COMMA: &[&str] = &["“{q}” says {who}, quoted by {p}."];

/// A speaker whose words end in a full stop.
pub const SPOKEN: &[&str] = &["{who}, quoted by {p}: “{q}”", "{p} quotes {who}: “{q}”"];

/// Two figures that cannot both be right.
pub const DIFFER: &[&str] = &[
    "The accounts differ: {p} says “{q}”, {p2} says “{q2}”.",
    "The figures differ: {p} says “{q}”, {p2} says “{q2}”.",
    "{p} and {p2} differ: “{q}” against “{q2}”.",
];

/// Two figures of one kind, without saying that one must be wrong.
pub const SIDE_BY_SIDE: &[&str] = &["Side by side: “{q}” ({p}), “{q2}” ({p2})."];

/// Two publishers with one figure.
pub const AGREE: &[&str] = &["{p} and {p2} give the same figure: “{q}”."];

/// Fills a template. Each place is filled once, from the left, and what is filled in is not read again.
pub fn fill(template: &str, places: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let close = rest[open..]
            .find('}')
            .map_or(rest.len(), |length| open + length + 1);
        out.push_str(&rest[..open]);
        let key = rest[open + 1..close].trim_end_matches('}');
        let value = places
            .iter()
            .find(|(name, _)| *name == key)
            .map_or("", |(_, value)| *value);
        out.push_str(value);
        rest = &rest[close..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use copydesk_text::{numbers, sentence};

    use super::*;

    const ALL: &[&[&str]] = &[
        OPENING,
        OWN_NAME,
        ON_SUBJECT,
        NEW_ON,
        MORE,
        WITNESS,
        LATEST,
        NEW,
        NEW_SINCE,
        ALSO_NEW,
        ACTION,
        ALSO_DO,
        BEFORE_UPGRADING,
        IN_SHORT,
        SPOKEN_COMMA,
        SPOKEN,
        DIFFER,
        SIDE_BY_SIDE,
        AGREE,
    ];

    #[test]
    fn no_template_dangles_or_states_a_number() {
        for template in ALL.iter().copied().flatten() {
            let filled = fill(
                template,
                &[
                    ("p", "Norn"),
                    ("p2", "Lattice"),
                    ("t", "Corrie"),
                    ("d", "Tuesday"),
                    ("who", "Ada Berg"),
                    ("q", "x"),
                    ("q2", "y"),
                ],
            );
            assert!(!sentence::dangles(&filled), "{filled}");
            assert!(
                numbers::find(&filled).iter().all(|number| number.digits == "2"),
                "{filled}"
            );
            assert!(!filled.contains(['{', '}']), "{filled}");
        }
    }

    #[test]
    fn what_is_filled_in_is_not_read_as_a_template() {
        assert_eq!(fill("{p}: “{q}”", &[("p", "A {q}"), ("q", "b")]), "A {q}: “b”");
    }
}
