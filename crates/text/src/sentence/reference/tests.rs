use super::*;

fn words_of(sentence: &str, before: &str) -> Option<String> {
    points_out(sentence, before).map(|pointer| sentence[pointer.range].to_owned())
}

#[test]
fn what_only_the_page_names_points_out() {
    for (sentence, words) in [
        (
            "We discovered that arrayref had been made to depend on this crate, with old versions yanked.",
            "this crate",
        ),
        (
            "We found that the popular arrayref crate had been republished and made to depend on this crate, with old versions yanked.",
            "this crate",
        ),
        (
            "The team checks local builds to ensure these crates were not pulled in.",
            "these crates",
        ),
        ("Norn 0.157 changes that by introducing lambdas.", "that"),
        ("Moving the name into a header fixes that.", "that"),
        (
            "The planner of Norn is now the faster of the two, and the latter wins on disk.",
            "latter",
        ),
        ("Rows go to column pages as mentioned above.", "above"),
        ("The full list of crates is described here.", "here"),
        ("It moves rows to pages.", "It"),
        ("Now they move rows to pages.", "they"),
        ("In such cases the planner reads twice.", "such cases"),
        ("Operators prefer both plans on a busy node.", "both plans"),
        ("Similar issues happen on the write path.", "Similar issues"),
        ("The team has grown a lot since then.", "then"),
        ("We closed that gap on Monday.", "that gap"),
        ("For more than a year this was slow.", "this"),
    ] {
        assert_eq!(words_of(sentence, "").as_deref(), Some(words), "{sentence}");
    }
}

#[test]
fn what_is_named_in_the_sentence_or_by_the_calendar_does_not() {
    for sentence in [
        "Norn lost writes on Monday, and it rolled the update back.",
        "The mirrors fell at noon and they came back at night.",
        "A crate with a build script was found, and this crate sends keys.",
        "Norn 4.2 is out, and this release drops the old planner.",
        "Downloads doubled this week and halved this past month.",
        "The team wrote it over the summer of this long year.",
        "These days most crates come from a mirror.",
        "Norn makes it easy to move a node, and it takes a minute.",
        "The council said that it is clear that more tests are wanted.",
        "Those who run Norn 4.2 should update.",
        "Norn reads both rows and columns.",
        "Rows and columns are read, and both are cached.",
        "Tools such as Corrie read rows.",
        "In its first year, Norn sold two licences.",
        "Here is the list of nodes that Norn lost.",
        "Agentgateway v1.3.0 is here, with queues.",
        "Versions 4.2 and above read column pages.",
        "Every author signs with their own key.",
        "Users should pin Norn and keep it there.",
        "The team found that problems grow with the size of a zone.",
        "Teams that use Norn say that queues help.",
    ] {
        assert_eq!(words_of(sentence, ""), None, "{sentence}");
    }
}

#[test]
fn the_sentence_before_can_name_it() {
    let before = "We identified that the crate arone ran a build script.";
    assert_eq!(words_of("Norn was made to depend on this crate.", before), None);
    assert_eq!(
        words_of("Norn was made to depend on this vendor.", before).as_deref(),
        Some("this vendor")
    );
    assert_eq!(
        words_of("The steps are described above.", before).as_deref(),
        Some("above"),
        "a place on the page is not quoted with it"
    );
    assert_eq!(
        words_of("Of the two, the latter wins.", "Norn and Corrie were tried."),
        None
    );
}

#[test]
fn a_clause_before_the_words_leaves_a_doubt() {
    let summed = "Norn keeps rows in pages of columns, and this makes reads cheap.";
    assert!(!pointers(summed)[0].is_open);
    assert!(pointers("We fixed this problem.")[0].is_open);
    let other = "We found that the arrayref crate was republished and made to depend on this crate.";
    assert!(pointers(other)[0].is_open, "the one before is another crate");
}
