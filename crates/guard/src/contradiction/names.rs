//! The names of two sentences: whether they speak of the same, and whether one name shuts out another.

use std::collections::BTreeSet;

use super::differ::CLOSE_MIN;
use super::frame::Frame;

/// Parts that only one can hold.
const ONE_HOLDER: &[&str] = &[
    "acquir",
    "bought",
    "buy",
    "purchas",
    "sold",
    "sell",
    "won",
    "win",
    "beat",
    "defeat",
    "elect",
    "ceo",
    "chief",
    "chairman",
    "chairwoman",
    "presid",
    "director",
    "head",
    "found",
    "founder",
    "headquart",
    "capit",
    "born",
    "own",
    "owner",
    "caus",
    "discov",
    "invent",
    "wrote",
    "author",
    "led",
    "lead",
    "mayor",
    "minist",
];

/// How the names of two sentences stand to each other.
pub(super) enum Names {
    /// The same ones, or one sentence has more of them.
    Same,
    /// Other ones: the two speak of other things.
    Apart,
    /// One each in a part that only one can hold.
    Exclude(String),
}

pub(super) fn compare(a: &Frame, b: &Frame) -> Names {
    let is_in = |name: &String, frame: &Frame| {
        frame.names.contains(name) || name.split(' ').all(|word| frame.lowers.contains(word))
    };
    let only_a: Vec<&String> = a.names.iter().filter(|name| !is_in(name, b)).collect();
    let only_b: Vec<&String> = b.names.iter().filter(|name| !is_in(name, a)).collect();
    if only_a.is_empty() && only_b.is_empty() {
        return Names::Same;
    }
    let ([one], [other]) = (only_a.as_slice(), only_b.as_slice()) else {
        return Names::Apart;
    };
    let place = |frame: &Frame, name: &String| frame.names.iter().position(|known| known == name);
    let has_one_holder = ONE_HOLDER
        .iter()
        .any(|stem| a.stems.contains(*stem) && b.stems.contains(*stem));
    let in_one_place =
        place(a, one) == place(b, other) && a.names.len() == b.names.len() && a.names.len() > 1;
    let is_shortened = one.contains(other.as_str()) || other.contains(one.as_str());
    if in_one_place && has_one_holder && !is_shortened && a.days == b.days && rest_is_same(a, b, one, other) {
        Names::Exclude(format!("{one} / {other}"))
    } else {
        Names::Apart
    }
}

/// Whether two sentences say the same but for one name in each.
fn rest_is_same(a: &Frame, b: &Frame, one: &str, other: &str) -> bool {
    let parts =
        |name: &str| -> BTreeSet<String> { copydesk_text::words::content_stems(name).into_iter().collect() };
    let rest_a: BTreeSet<_> = a.stems.difference(&parts(one)).cloned().collect();
    let rest_b: BTreeSet<_> = b.stems.difference(&parts(other)).cloned().collect();
    let shared = rest_a.intersection(&rest_b).count() as f64;
    shared / (rest_a.union(&rest_b).count().max(1) as f64) >= CLOSE_MIN
}
