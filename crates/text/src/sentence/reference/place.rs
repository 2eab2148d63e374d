//! Places on a page: `as mentioned above`, `the table below`, `described here`, `this section`.

use super::{Kind, Pointer, Spot};

/// Words behind which `above`, `below`, `here` and their like mean the page.
const SAID: [&str; 34] = [
    "mentioned",
    "described",
    "discussed",
    "shown",
    "listed",
    "noted",
    "outlined",
    "explained",
    "given",
    "seen",
    "stated",
    "defined",
    "documented",
    "linked",
    "available",
    "found",
    "see",
    "read",
    "as",
    "code",
    "table",
    "list",
    "figure",
    "example",
    "snippet",
    "diagram",
    "section",
    "chart",
    "image",
    "steps",
    "link",
    "click",
    "quoted",
    "detailed",
];

pub(super) fn find(here: &Spot<'_>) -> Option<Pointer> {
    let before = here.beside(-1);
    let is_page = match here.word() {
        "above" | "below" => {
            let ends = here.next().is_none();
            SAID.contains(&before) && (ends || before != "as") || (ends && here.at > 0 && !is_measured(here))
        }
        "here" => SAID.contains(&before),
        // `The referenced issue` is a link of the page.
        "referenced" | "linked" => before == "the",
        "earlier" | "previously" => before == "mentioned" || before == "described" || before == "noted",
        "following" => {
            let noun = here.beside(1);
            matches!(before, "the" | "these") && SAID.contains(&noun)
        }
        _ => false,
    };
    is_page.then(|| here.pointer(1, Kind::Page, Vec::new()))
}

/// `The price fell below.` hardly exists; `4.2 and above`, `version 3 or below` do.
fn is_measured(here: &Spot<'_>) -> bool {
    matches!(here.beside(-1), "and" | "or" | "from" | "far" | "well")
        || here.beside(-1).starts_with(|c: char| c.is_ascii_digit())
}
