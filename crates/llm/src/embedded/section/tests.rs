use copydesk_domain::artifact::SentenceKind;
use copydesk_domain::task::{WriteSectionInput, WriteSectionOutput, WriteStory};
use copydesk_text::{numbers, quotes, sentence, words};

use super::samples::{FAULT, input, note, story};
use super::write;

fn texts(output: &WriteSectionOutput) -> Vec<&str> {
    output
        .paragraphs
        .iter()
        .flatten()
        .map(|sentence| sentence.text.as_str())
        .collect()
}

/// What must hold for every section: quotations are bytes of the named notes, numbers occur there, nothing dangles.
fn check(input: &WriteSectionInput, output: &WriteSectionOutput) {
    let notes: Vec<_> = input.stories.iter().flat_map(|story| &story.notes).collect();
    for written in output.paragraphs.iter().flatten() {
        let named: Vec<_> = notes
            .iter()
            .filter(|note| written.notes.contains(&note.id))
            .collect();
        assert!(
            !named.is_empty() || written.kind != SentenceKind::Claim,
            "{}",
            written.text
        );
        assert!(!sentence::dangles(&written.text), "{}", written.text);
        for quote in quotes::find(&written.text) {
            assert!(
                named
                    .iter()
                    .any(|note| super::super::shorten::stands_in(&quote.text, note.quote.as_str())),
                "{}",
                quote.text
            );
        }
        for number in numbers::find(&written.text) {
            let is_there = named.iter().any(|note| {
                numbers::find(note.quote.as_str())
                    .iter()
                    .any(|other| other.digits == number.digits)
            });
            assert!(is_there, "{} in {}", number.digits, written.text);
        }
    }
}

fn plain(id: &str, quotes: &[&str]) -> WriteStory {
    let notes = quotes
        .iter()
        .enumerate()
        .map(|(at, quote)| note(&format!("{id}{at}"), 7, quote))
        .collect();
    WriteStory {
        id: id.to_owned(),
        title: "Norn".into(),
        posts: 1,
        witnesses: 1,
        publishers: vec!["Norn project".into()],
        told_in: None,
        told_on: None,
        notes,
    }
}

#[test]
fn a_lead_tells_what_who_how_many_and_what_to_do() {
    let input = input("lead", 220, vec![story("s", FAULT, 0)]);
    let output = write(&input);
    check(&input, &output);
    let all = texts(&output).join("\n");
    assert!(
        all.contains("“4,200 clusters that took the faulty update") && all.contains("“about 3,600 clusters"),
        "{all}"
    );
    assert!(
        all.contains("What to do, according to the Norn project: “Upgrade every node"),
        "{all}"
    );
    assert!(
        all.contains("Gazette") && all.contains("says Ada Berg, quoted by Lattice Labs"),
        "{all}"
    );
}

#[test]
fn hours_before_and_hours_after_an_event_do_not_differ() {
    let told = |first: &str, second: &str| {
        let mut story = plain("a", &[first, second]);
        story.publishers = vec!["Norn project".into(), "Gazette".into()];
        story.notes[1].publisher = "Gazette".into();
        story.notes[1].source = 8;
        texts(&write(&input("lead", 220, vec![story]))).join("\n")
    };
    let before = "Sensors of the Norn project recorded the first attack on the endpoint almost 11 hours before the fix was published.";
    let after = "Sensors of Gazette recorded the last attack on the endpoint almost 8 hours after the fix was published.";
    let earlier = "Sensors of Gazette recorded the first attack on the endpoint almost 8 hours before the fix was published.";
    assert!(!told(before, after).contains("differ"), "{}", told(before, after));
    assert!(
        told(before, earlier).contains("differ"),
        "{}",
        told(before, earlier)
    );
}

#[test]
fn no_source_gives_more_than_two_sentences_in_an_issue() {
    let story = plain(
        "a",
        &[
            "Norn stores cold rows in column pages since Monday.",
            "Lattice pays half of the bill for the new test lab.",
            "Tromvik hosts the meeting of all maintainers in spring.",
        ],
    );
    let first = write(&input("roundup", 400, vec![story.clone()]));
    assert_eq!(texts(&first).len(), 2);
    let mut second = input("roundup", 400, vec![story]);
    second.said = texts(&first).into_iter().map(Into::into).collect();
    second.quoted_words = vec![(7, 18)];
    assert!(write(&second).paragraphs.is_empty());
}

#[test]
fn a_release_in_a_roundup_says_what_is_new_and_not_that_it_is_announced() {
    let story = WriteStory {
        title: "Announcing Norn 4.2".into(),
        ..plain(
            "a",
            &[
                "The Norn team is happy to announce a new version, Norn 4.2.",
                "Norn adds joins over cold rows and column pages to its planner.",
            ],
        )
    };
    let written = write(&input("roundup", 60, vec![story]));
    let first = texts(&written)[0];
    assert!(first.contains("Norn adds joins over cold rows"), "{first}");
}

#[test]
fn a_today_that_is_over_gives_way_to_another_sentence() {
    let over = "Fennmark today releases Corrie 2, a planner for all clusters of rows.";
    let other = "Corrie 2 reads all rows of a zone twice as fast as Corrie 1.";
    let of_day = |mut story: WriteStory, day: &str| {
        for note in &mut story.notes {
            note.published_at = day.parse().ok();
        }
        story
    };
    let told = |newest: &str| {
        let first = of_day(plain("s1", &[over, other]), "2026-11-25");
        let second = of_day(
            plain("s2", &["Norn closes six holes in all supported lines."]),
            newest,
        );
        let section = input("roundup", 200, vec![first, second]);
        texts(&write(&section)).join(" ")
    };
    let same = told("2026-11-25");
    assert!(same.contains("today releases"), "{same}");
    let later = told("2026-11-27");
    assert!(!later.contains("today"), "{later}");
    assert!(later.contains("Corrie 2 reads all rows"), "{later}");
}

#[test]
fn nothing_is_said_twice() {
    let mut again = input(
        "roundup",
        400,
        vec![plain(
            "a",
            &["Norn stores cold rows in column pages since Monday."],
        )],
    );
    again.said = vec!["Gazette reports: “Since Monday, Norn stores its cold rows in column pages.”".into()];
    assert!(write(&again).paragraphs.is_empty());
}

#[test]
fn a_told_story_gives_only_what_is_new() {
    let mut told = plain(
        "a",
        &[
            "Norn stores cold rows in column pages since Monday.",
            "Lattice found keys of 47 customers in the leaked backup.",
        ],
    );
    told.told_in = Some("norn-stores".to_owned());
    told.notes[0].is_new = false;
    let output = write(&input("lead", 200, vec![told.clone()]));
    assert_eq!(
        texts(&output),
        [
            "New since we told this story, from the Norn project: “Lattice found keys of 47 customers in the leaked backup.”"
        ]
    );
    told.told_on = Some("20 August 2026".to_owned());
    for kind in ["lead", "roundup", "releases"] {
        let output = write(&input(kind, 200, vec![told.clone()]));
        assert_eq!(
            texts(&output),
            [
                "New since our issue of 20 August 2026, from the Norn project: “Lattice found keys of 47 customers in the leaked backup.”"
            ],
            "{kind}"
        );
    }
    told.notes[1].is_new = false;
    assert!(write(&input("lead", 200, vec![told])).paragraphs.is_empty());
}

/// A story of one page with this title.
fn titled(title: &str, quotes: &[&str]) -> WriteStory {
    let mut story = plain("a", quotes);
    for note in &mut story.notes {
        note.title = title.into();
    }
    story
}

#[test]
fn what_a_page_takes_for_known_stands_behind_the_name_in_its_title() {
    let flaw = "The flaw was corrected in commit 6e8c000 by reading each row of the page once.";
    let named = titled("norn-rows: Rows are read twice", &[flaw]);
    for kind in ["lead", "roundup", "releases"] {
        let output = write(&input(kind, 200, vec![named.clone()]));
        let all = texts(&output).join("\n");
        assert!(
            all.starts_with("On norn-rows, the Norn project "),
            "{kind}: {all}"
        );
    }
    let mut told = named.clone();
    told.told_in = Some("norn-rows".to_owned());
    told.told_on = Some("20 August 2026".to_owned());
    assert_eq!(
        texts(&write(&input("roundup", 200, vec![told]))),
        [format!(
            "New on norn-rows since our issue of 20 August 2026, from the Norn project: “{flaw}”"
        )]
    );
    let known = titled(
        "norn-rows: Rows are read twice",
        &["The norn-rows crate reads some rows of a page twice.", flaw],
    );
    let all = texts(&write(&input("lead", 200, vec![known]))).join("\n");
    assert!(!all.contains("On norn-rows"), "named already: {all}");
}

#[test]
fn a_sentence_that_its_page_alone_explains_gives_way_to_another_of_the_page() {
    let open = "We have removed the malicious version and restored the older versions on Monday.";
    let whole = "On Monday morning we got a report that the crate norn_rows1 was malicious.";
    let story = titled("An attack on a crate", &[open, whole]);
    let written = write(&input("roundup", 200, vec![story.clone()]));
    assert!(texts(&written)[0].contains(whole), "{:?}", texts(&written));
    let alone = titled("An attack on a crate", &[open]);
    assert!(write(&input("roundup", 200, vec![alone])).paragraphs.is_empty());
}

#[test]
fn dangling_adverts_orders_and_quoted_marks_stay_out() {
    let story = plain(
        "a",
        &[
            "This release stores cold rows in column pages.",
            "Sign up now for the new test lab of Lattice in Tromvik.",
            "Norn calls the new pages \"columns for people\" since Monday noon.",
            "Read more about column pages at https://norn.example/pages today.",
        ],
    );
    assert!(write(&input("roundup", 400, vec![story])).paragraphs.is_empty());
}

#[test]
fn a_section_keeps_to_its_length() {
    for words_max in [0, 20, 40, 80, 160] {
        let input = input("lead", words_max, vec![story("s", FAULT, 0)]);
        let output = write(&input);
        check(&input, &output);
        let count: usize = texts(&output).iter().map(|text| words::count(text)).sum();
        assert!(count <= words_max as usize, "{count} > {words_max}");
    }
}

#[test]
fn the_author_writes_the_take() {
    for kind in ["take", "pattern", "quiet", "also_read"] {
        assert!(
            write(&input(kind, 200, vec![story("s", FAULT, 0)]))
                .paragraphs
                .is_empty(),
            "{kind}"
        );
    }
}

#[test]
fn a_question_follows_only_where_something_was_said() {
    assert!(write(&input("question", 30, Vec::new())).paragraphs.is_empty());
    let mut asked = input("question", 30, Vec::new());
    asked.said = vec!["Norn project reports: “Norn is out.”".into()];
    let output = write(&asked);
    assert_eq!(output.paragraphs[0][0].kind, SentenceKind::Question);
    assert!(output.paragraphs[0][0].notes.is_empty());
}

#[test]
fn the_same_input_gives_the_same_text() {
    let input = input("lead", 220, vec![story("s", FAULT, 0)]);
    assert_eq!(texts(&write(&input)), texts(&write(&input)));
}
