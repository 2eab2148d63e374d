//! `write_title`: the lead's own words, short.

use copydesk_domain::PromptData;
use std::sync::LazyLock;

use copydesk_domain::task::{WriteTitleInput, WriteTitleOutput};
use copydesk_text::{names, style, words};
use regex::Regex;

use super::fit::regex;

/// A run of eight words of a source would want quotation marks.
const WORDS_MAX: usize = 7;
/// Fewer words name a thing and tell nothing.
const WORDS_MIN: usize = 3;

/// Takes the best short title of the lead's sources; a long one is cut where it stays true.
pub fn write(input: &WriteTitleInput) -> WriteTitleOutput {
    let room = usize::try_from(input.words_max)
        .unwrap_or(WORDS_MAX)
        .clamp(1, WORDS_MAX);
    let whole_max = usize::try_from(input.words_max).unwrap_or(room);
    let told: Vec<&str> = input.lead_sentences.iter().map(PromptData::as_str).collect();
    let told = words::content_stems(&told.join(" "));
    let pick = |titles: &[&str]| best(titles, &told, room);
    let lead: Vec<&str> = input.lead_titles.iter().map(PromptData::as_str).collect();
    let others: Vec<&str> = input.other_titles.iter().map(PromptData::as_str).collect();
    let title = pick(&lead)
        .or_else(|| first_words(&lead, room, whole_max))
        .or_else(|| pick(&others))
        .map(|title| with_name(title, input, room));
    WriteTitleOutput {
        title: title.unwrap_or_else(|| "A quiet day".to_owned()),
        deck: None,
    }
}

/// The title that says most of what the lead tells; earlier ones win ties.
fn best(titles: &[&str], told: &[String], room: usize) -> Option<String> {
    let mut best: Option<(f64, String)> = None;
    for (place, title) in titles.iter().enumerate() {
        let Some((short, was_cut)) = shorten(title, room) else {
            continue;
        };
        let stems = words::content_stems(&short);
        let kept = stems.iter().filter(|stem| told.contains(stem)).count();
        let share = if told.is_empty() {
            1.0
        } else {
            kept as f64 / stems.len().max(1) as f64
        };
        // A quarter of its words shows that it is about the same; more is chance, since what is quoted is chosen.
        let fits = if share >= 0.25 { 1.0 } else { share };
        let score = fits - 0.1 * place.min(5) as f64 - if was_cut { 0.4 } else { 0.0 };
        if best.as_ref().is_none_or(|(highest, _)| score > *highest) {
            best = Some((score, short));
        }
    }
    best.map(|(_, title)| title)
}

/// A title that names nobody of whom the lead tells, with the publisher's name in front: `Node.js: Security Releases`.
fn with_name(title: String, input: &WriteTitleInput, room: usize) -> String {
    let Some(publisher) = input.publishers.first().map(PromptData::as_str) else {
        return title;
    };
    let told: String = input
        .lead_sentences
        .iter()
        .map(PromptData::as_str)
        .collect::<Vec<_>>()
        .join(" ");
    let lower = title.to_lowercase();
    let is_named = names::find(&told)
        .iter()
        .flat_map(|name| {
            words::words(&name.text)
                .map(|(_, word)| word.to_lowercase())
                .collect::<Vec<_>>()
        })
        .any(|word| {
            let is_word = word.len() > 2 && word.chars().any(char::is_alphabetic) && !words::is_stop(&word);
            is_word && words::words(&lower).any(|(_, other)| other == word)
        });
    let name = publisher
        .trim_start_matches("The ")
        .trim_end_matches(" Blog")
        .trim_end_matches(" News");
    let bare = without_date(&title);
    let named = format!("{name}: {bare}");
    let is_told = {
        let told = words::content_stems(&told);
        let own = words::content_stems(bare);
        own.iter().filter(|stem| told.contains(stem)).count() >= 2
    };
    // `Security Releases`, `1.97.0 pre-release testing`: of what, the words alone do not say.
    let says_little = words::count(bare) <= 2 || bare.starts_with(|c: char| c.is_ascii_digit());
    let has_it = words::words(name).any(|(_, word)| {
        !words::is_stop(word) && words::words(&lower).any(|(_, other)| other.eq_ignore_ascii_case(word))
    });
    let fits = !title.contains(['“', ':']) && words::count(&named) <= room && !told.is_empty();
    if is_named || has_it || (is_told && !says_little) || !fits {
        title
    } else {
        named
    }
}

/// A title without the day at its head: `Tuesday, March 24, 2026 Security Releases`.
fn without_date(title: &str) -> &str {
    static DAY: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"^(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,?\s+)?(?:(?:Jan|Febr)uary|March|April|May|June|July|August|(?:Septem|Octo|Novem|Decem)ber|\d{1,2}\s+\p{Lu}\p{Ll}{2,8})(?:\s+\d{1,2},?)?\s+\d{4}:?\s+",
        )
    });
    DAY.find(title).map_or(title, |day| &title[day.end()..])
}

/// A title of three to `room` words, and whether more than its trimmings had to be cut.
pub fn shorten(title: &str, room: usize) -> Option<(String, bool)> {
    let bare = tidy(title);
    if is_fine(&bare, room) {
        return Some((bare, false));
    }
    // `Best of both worlds: …`: a label that says nothing, or a whole title behind a short one.
    if let Some((head, rest)) = bare.split_once(": ") {
        let is_worn = !style::flaws(head).is_empty();
        let says_more =
            (2..=4).contains(&words::count(head)) && !head.bytes().any(|byte| byte.is_ascii_digit());
        let whole = (is_fine(rest, room) && says_more).then(|| rest.to_owned());
        let piece = || cuts(rest).into_iter().find(|cut| is_fine(cut, room));
        let better = whole.or_else(|| is_worn.then(piece).flatten());
        if let Some(better) = better {
            return Some((capitalised(&better), true));
        }
    }
    let cut = cuts(&bare).into_iter().find(|cut| is_fine(cut, room))?;
    let is_head = bare.starts_with(&cut);
    Some((if is_head { cut } else { capitalised(&cut) }, true))
}

fn is_fine(title: &str, room: usize) -> bool {
    (WORDS_MIN.min(room)..=room).contains(&words::count(title)) && !title.contains(['“', '”', '"', '|'])
}

/// A title without its site's name, announcing words, and marks at its end.
pub fn tidy(title: &str) -> String {
    static OPENING: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?xi)^(?:announcing(?:\s+the(?:\s+release\s+of)?)?|introducing|welcome\s+to|say\s+hello\s+to|meet|(?:my|our)|breaking(?:\s+news)?\s*:|update\s*:|news\s*:|sponsored\s*:|release\s+notes(?:\s+for)?\s*:?|\[[^\]]{1,20}\])\s+",
        )
    });
    let mut text = title.split_whitespace().collect::<Vec<_>>().join(" ");
    for mark in [" | ", " :: ", " · ", " » ", " « "] {
        if let Some(at) = text.find(mark).filter(|at| words::count(&text[..*at]) >= 2) {
            text.truncate(at);
        }
    }
    let rest = OPENING.replace(&text, "").into_owned();
    let rest = if words::count(&rest) >= 1 { rest } else { text };
    let bare = rest.trim_end_matches(['.', '!', ' ', '…', ':']);
    if rest == title {
        bare.to_owned()
    } else {
        capitalised(bare)
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + chars.as_str())
        .unwrap_or_default()
}

/// Shorter forms that still say what the whole says, longest first: an apposition, a reason or a second clause
/// goes, a negation, a condition or a question never does.
fn cuts(title: &str) -> Vec<String> {
    static RISKY: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?xi)\?|\b(?:not|no|never|without|unless|if|except|only|may|might|could|why|how|what|when|whether|denies|denied|rumou?r\w*|alleged\w*|was\s+removed)\b",
        )
    });
    // What goes must not turn the head around: a title with such words is cut at plain seams only.
    let seams: &[&str] = if RISKY.is_match(title) {
        &[" (", " – ", " — ", " - "]
    } else {
        &[
            " (",
            " – ",
            " — ",
            " - ",
            ": ",
            "; ",
            ", ",
            " due to ",
            " because ",
            " after ",
            " following ",
            " with ",
            " using ",
            " via ",
            " as ",
            " and ",
            " for ",
            " from ",
            " in ",
            " on ",
            " to ",
        ]
    };
    let mut found: Vec<String> = Vec::new();
    for seam in seams {
        for (at, _) in title.rmatch_indices(seam) {
            let head = title[..at].trim_end_matches([',', ':', ';', ' ']);
            // Behind a comma before it stands a list, and half a list is none.
            if *seam == ", " && head.contains(", ") {
                continue;
            }
            found.push(head.to_owned());
        }
    }
    // `arrayref: arrayref 0.3.10 was removed`: what stands behind a label can stand alone.
    if let Some((_, rest)) = title.split_once(": ") {
        found.push(rest.to_owned());
        found.extend(
            rest.rmatch_indices(" due to ")
                .chain(rest.rmatch_indices(" from "))
                .map(|(at, _)| rest[..at].to_owned()),
        );
    }
    found.retain(|cut| ends_well(cut));
    found
}

/// Forms of verbs that say nothing without what follows, none of them a noun: `Our build took`.
const WANTS_MORE: [&str; 30] = [
    "took", "takes", "got", "gets", "made", "makes", "gave", "gives", "brought", "brings", "became",
    "becomes", "kept", "keeps", "went", "goes", "came", "comes", "led", "leads", "let", "lets", "meant",
    "means", "adds", "wants", "allows", "enables", "puts", "begins",
];

/// Whether a cut does not end on a word that wants another.
fn ends_well(title: &str) -> bool {
    let last = words::words(title).last().map_or("", |(_, word)| word);
    // `Elements amplify` wants an object.
    let is_verb = last.ends_with("ing") || last.ends_with("ify") || WANTS_MORE.contains(&last);
    !words::is_stop(last) && !is_verb
}

/// The last resort, in quotation marks that show that the words are another's: the whole title up to `whole_max` words, else
/// as many words as fit.
fn first_words(titles: &[&str], room: usize, whole_max: usize) -> Option<String> {
    let title = titles
        .first()
        .map(|title| tidy(title).replace(['“', '”', '"'], ""))
        .filter(|t| !t.is_empty())?;
    if words::count(&title) <= room {
        return Some(title);
    }
    if words::count(&title) <= whole_max {
        return Some(format!("“{title}”"));
    }
    let mut ends: Vec<usize> = words::words(&title)
        .take(room)
        .map(|(range, _)| range.end)
        .collect();
    while let Some(end) = ends.pop() {
        if is_gap(&title[end..]) && ends_well(&title[..end]) {
            return Some(format!("“{} …”", &title[..end]));
        }
    }
    None
}

/// Whether a word is over here: `1.98.0` and `O'Neil` are one, whatever stands in them.
fn is_gap(rest: &str) -> bool {
    let mark = |character: char| matches!(character, ',' | '.' | ';' | ':' | '!' | '?' | ')');
    rest.trim_start_matches(mark)
        .chars()
        .next()
        .is_none_or(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_words_end_at_a_gap() {
        let long = "The Rust team released version 1.98.0 of its compiler and tools today";
        assert_eq!(
            first_words(&[long], 7, 7).as_deref(),
            Some("“The Rust team released version …”")
        );
    }

    #[test]
    fn a_title_a_little_too_long_stands_whole_in_marks() {
        assert_eq!(
            title(
                &["What can you do with the row events of Norn?"],
                "Norn has row events."
            ),
            "“What can you do with the row events of Norn?”"
        );
    }

    #[test]
    fn half_a_list_and_half_a_clause_are_no_title() {
        assert_eq!(
            title(
                &["Norn adds token exchange, signed claims, and a planner for rows"],
                "Norn adds token exchange."
            ),
            "Norn adds token exchange"
        );
        let half = title(
            &["fulgur: Empty boxes amplify to thousands of blank pages of paper and ink"],
            "fulgur",
        );
        assert!(
            !half.trim_end_matches([' ', '…', '”']).ends_with("amplify"),
            "{half}"
        );
    }

    #[test]
    fn a_verb_without_its_object_ends_no_title() {
        let cut = title(
            &["Our build of the Kestrel workspace took from nine to forty minutes"],
            "A build of the Kestrel workspace took long.",
        );
        assert!(!cut.trim_end_matches([' ', '…', '”']).ends_with("took"), "{cut}");
    }

    #[test]
    fn a_writer_says_my_of_himself_and_a_briefing_does_not() {
        assert_eq!(
            title(&["My journey with the Norn planner"], "Norn"),
            "Journey with the Norn planner"
        );
    }

    #[test]
    fn a_name_stands_in_front_once_and_where_the_words_alone_say_little() {
        let named = |title: &str, publisher: &str, told: &str| {
            write(&WriteTitleInput {
                lead_titles: vec![title.into()],
                lead_sentences: vec![told.into()],
                other_titles: Vec::new(),
                publishers: vec![publisher.into()],
                words_max: 12,
            })
            .title
        };
        assert_eq!(
            named(
                "norn 11.7 for all",
                "norn Blog",
                "From the norn Blog: “Old pages stay.”"
            ),
            "norn 11.7 for all"
        );
        assert_eq!(
            named(
                "July 2026 Security Releases",
                "Norn Blog",
                "Norn has security releases for July."
            ),
            "Norn: Security Releases"
        );
        assert_eq!(
            named(
                "1.97.0 pre-release testing",
                "Norn Blog",
                "The 1.97.0 pre-release is ready for testing."
            ),
            "Norn: 1.97.0 pre-release testing"
        );
    }

    fn title(titles: &[&str], told: &str) -> String {
        let prompt = |texts: &[&str]| texts.iter().map(|text| (*text).into()).collect();
        write(&WriteTitleInput {
            lead_titles: prompt(titles),
            lead_sentences: prompt(&[told]),
            other_titles: Vec::new(),
            publishers: Vec::new(),
            words_max: 12,
        })
        .title
    }

    #[test]
    fn a_short_title_stays_as_it_is() {
        assert_eq!(
            title(&["Supply chain attack on arrayref"], "An attack on arrayref."),
            "Supply chain attack on arrayref"
        );
    }

    #[test]
    fn trimmings_go() {
        assert_eq!(tidy("Announcing Norn 4.2 | Norn Blog"), "Norn 4.2");
        assert_eq!(tidy("Introducing the zone planner!"), "The zone planner");
        assert_eq!(
            tidy("npm removes twelve packages."),
            "npm removes twelve packages"
        );
    }

    #[test]
    fn long_titles_are_cut_at_a_seam() {
        assert_eq!(
            title(
                &["Norn rolls back its index update after a fault hit thousands of clusters"],
                "Norn rolls back."
            ),
            "Norn rolls back its index update"
        );
        assert!(
            words::count(&title(
                &["Why the new planner of Norn may not be faster than the old one"],
                "Norn."
            )) <= 7
        );
    }

    #[test]
    fn a_title_that_the_lead_tells_wins() {
        let titles = ["Notes from our team", "Norn index update corrupts logs"];
        assert_eq!(
            title(&titles, "A faulty Norn index update corrupts logs."),
            "Norn index update corrupts logs"
        );
    }

    #[test]
    fn a_label_gives_way_to_what_it_labels() {
        assert_eq!(
            title(
                &["Routing, Assembled: Norn and Lattice Router in Practice"],
                "Norn routes."
            ),
            "Norn and Lattice Router in Practice"
        );
        assert_eq!(
            title(
                &["quinn-proto: Remote memory exhaustion in quinn-proto from unbounded reassembly"],
                "quinn-proto"
            ),
            "quinn-proto: Remote memory exhaustion"
        );
    }

    #[test]
    fn a_title_without_a_name_gets_one() {
        let named = write(&WriteTitleInput {
            lead_titles: vec!["Tuesday, March 24, 2026 Security Releases".into()],
            lead_sentences: vec!["The Norn Blog reports: “The Norn line has two flaws.”".into()],
            other_titles: Vec::new(),
            publishers: vec!["Norn Blog".into()],
            words_max: 12,
        });
        assert_eq!(named.title, "Norn: Security Releases");
    }

    #[test]
    fn nothing_makes_a_quiet_day() {
        assert_eq!(title(&[], ""), "A quiet day");
    }
}
