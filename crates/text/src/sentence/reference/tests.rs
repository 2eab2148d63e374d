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
        (
            "To leave, just remove that environment variable and start anew.",
            "that environment",
        ),
        (
            "To come back from the night environment, just remove that environment variable and wind the clock.",
            "that environment",
        ),
        (
            "A crate of Norn was found, and this crate format is old.",
            "this crate",
        ),
        ("A crafted name could otherwise be joined to a path.", "otherwise"),
        (
            "The crate gets no further fixes (see the referenced issue).",
            "referenced",
        ),
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
        "A planner of pages was found, and this page planner is old.",
        "Set the environment variable, then restart, or remove that environment variable.",
        "The team of Norn said that environment variables are read twice.",
        "Norn is the tool that builds pages, and a page has rows that planners read.",
        "Norn 4.2 is out, and this release drops the old planner.",
        "Downloads doubled this week and halved this past month.",
        "The team wrote it over the summer of this long year.",
        "The team met in Tromvik this October and this February.",
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
        "We find that memory and time matter.",
        "Norn frees pages that would otherwise stay in memory.",
        "If Norn stops, rows could otherwise be lost.",
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

fn presumed(sentence: &str, before: &str) -> Option<String> {
    let open = presumes(sentence)
        .into_iter()
        .find(|pointer| !pointer.is_met_by(before));
    open.map(|pointer| sentence[pointer.range].to_owned())
}

#[test]
fn things_that_only_their_page_names_are_presumed() {
    let mut wrong: Vec<String> = Vec::new();
    for (sentence, words) in [
        (
            "The flaw was corrected in commit 6e8c000 by revising how the reference is made.",
            "The flaw",
        ),
        (
            "The flaw was corrected by adding a bound to the Array type in the Enum trait.",
            "The flaw",
        ),
        (
            "The issue does not allow the relay to forge a signature.",
            "The issue",
        ),
        (
            "We have removed the malicious version and restored the older ones.",
            "the malicious version",
        ),
        (
            "The SDK forwarded every challenge through an unbounded queue.",
            "The SDK",
        ),
        (
            "The company announced on Monday that 300 people have to go.",
            "The company",
        ),
        (
            "The report says that prices rose in all but two towns.",
            "The report",
        ),
        (
            "The 1.0 release implements both revisions and passes all scenarios.",
            "The 1.0 release",
        ),
        (
            "Version 1.2.2 fixes the issue by reading the template first.",
            "Version 1.2.2",
        ),
        (
            "In versions prior to 0.26.0, a box without children was cut into thousands of pages.",
            "versions prior to 0.26.0",
        ),
        (
            "Shifted values were correct; only the flag was wrong.",
            "the flag",
        ),
        ("Users should upgrade to version 1.2.2 or later.", "version 1.2.2"),
        (
            "The implementation change matters little for Norn.",
            "The implementation change",
        ),
        ("Alongside the release, three teams got new leads.", "the release"),
    ] {
        let found = presumed(sentence, "");
        wrong.extend((found.as_deref() != Some(words)).then(|| format!("{sentence} {found:?}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_unique_named_or_introduced_is_not_presumed() {
    let mut wrong: Vec<String> = Vec::new();
    for sentence in [
        "The European Commission opened a case on Monday.",
        "The kernel now counts pages twice.",
        "The team moved all rows to column pages.",
        "The h2 crate, used by hyper, had a flaw.",
        "The flaw in Norn lets anybody read rows.",
        "The flaw affects Norn 4.2 and all before it.",
        "The Norn release brings queues.",
        "Norn fixed the bug within a day.",
        "The author of ttf-parser has stated that the crate is unmaintained.",
        "A bug in the planner was found, and the bug is old.",
        "A crate was removed, and the attack is over.",
        "The release notes list nine changes.",
        "The attack surface grew by half.",
        "The package manager of Norn is faster now.",
        "The version of the planner that ships is old.",
        "Rust version 1.98 is out.",
        "Version 1.0.0 of the official client is now available.",
        "All published versions of dcrypt-api before 2.0.0 exposed keys.",
        "The update is available for Windows users.",
        "The changes' cost is low.",
    ] {
        wrong.extend(presumed(sentence, "").map(|words| format!("{sentence} {words}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_label_a_name_or_the_same_noun_before_meets_what_is_presumed() {
    let flaw = "The flaw was corrected in commit 6e8c000.";
    for before in [
        "anyhow",
        "Norn loses rows on restart.",
        "The crate proc_macro1 was malicious.",
        "Two flaws were found in rows.",
    ] {
        assert_eq!(presumed(flaw, before), None, "{before}");
    }
    for before in ["", "All rows were lost on restart."] {
        assert!(presumed(flaw, before).is_some(), "{before}");
    }
    let part = "Shifted values were correct; only the flag was wrong.";
    assert!(
        presumed(part, "ruint").is_some(),
        "the whole does not tell which part"
    );
    assert_eq!(presumed(part, "Norn returns a flag with each shift."), None);
}
