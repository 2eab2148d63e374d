//! Two names in each other's place.

use super::{Setting, name};
use crate::statistics::Draw;

/// Words that only list: what stands in a list may change places and the sentence stays true.
const LISTING: &[&str] = &["and", "or", "nor", "as", "well", "with", "both", "then"];

/// Exchanges the first two names that more than a list stands between.
pub(super) fn change(setting: &Setting<'_>, _: &mut Draw) -> Option<String> {
    let text = setting.sentence;
    let names = name::known(setting);
    for (at, first) in names.iter().enumerate() {
        for second in &names[at + 1..] {
            let (a, b) = (&text[first.clone()], &text[second.clone()]);
            let between = &text[first.end..second.start];
            // `Harbour` and `Open Harbour` may be one.
            if !a.contains(b) && !b.contains(a) && has_role(between) {
                let (before, after) = (&text[..first.start], &text[second.end..]);
                return Some(format!("{before}{b}{between}{a}{after}"));
            }
        }
    }
    None
}

/// Whether some word says what the one does to the other.
fn has_role(between: &str) -> bool {
    between
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| word.starts_with(char::is_lowercase) && !LISTING.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::super::alone;
    use super::*;

    fn changed(text: &str) -> Option<String> {
        let names = ["Harbour", "Lattice", "Norn", "Open Harbour"].map(str::to_owned);
        let setting = Setting {
            names: &names,
            ..alone(text)
        };
        change(&setting, &mut Draw::new(1))
    }

    #[test]
    fn names_change_places() {
        assert_eq!(
            changed("This week Norn sued Open Harbour over a name.").as_deref(),
            Some("This week Open Harbour sued Norn over a name.")
        );
    }

    #[test]
    fn a_list_and_one_name_twice_stay() {
        for text in [
            "It runs on Norn, Lattice and Harbour.",
            "It runs on Norn as well as Lattice.",
            "It runs on Norn and calls Norn.",
            "When Harbour calls Open Harbour it waits.",
        ] {
            assert_eq!(changed(text), None, "{text}");
        }
    }
}
