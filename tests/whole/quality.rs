//! What a reader who pays may expect of every issue, over days of the corpus.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::ToSpan as _;
use regex::Regex;
use serde_json::Value;

use crate::outside::{self, Export};
use crate::rig::{Corpus, Desk, EVENING, list, word};

/// Days with much and days with little.
const DAYS: [&str; 8] = [
    "2026-03-05",
    "2026-03-24",
    "2026-06-18",
    "2026-06-20",
    "2026-06-23",
    "2026-07-28",
    "2026-08-14",
    "2026-08-20",
];

/// Share of common words from which two sentences of an issue say the same.
const ALIKE_MAX: f64 = 0.7;

#[test]
fn issues_over_days_of_the_corpus_keep_the_rules_of_a_briefing() {
    let test = "issues_over_days_of_the_corpus_keep_the_rules_of_a_briefing";
    let Some(corpus) = Corpus::serve(test, "2026-03-05T23:00:00Z") else {
        return;
    };
    for day in DAYS {
        let now = format!("{day}T23:00:00Z");
        corpus.move_to(&now);
        let desk = Desk::of_corpus(&corpus, "24h");
        let run = desk.json(4, &["run", "daily", "--now", &now]);
        let export = outside::check(&desk.export(word(&run, "run")));
        keeps_the_rules(day, &export, &limits(&desk.read("pipelines/daily.toml")));
    }
}

/// With `COPYDESK_LONG=1`: every day of a summer, each with the issues before it approved, and the newsletter of its end.
#[test]
fn every_day_of_a_summer_keeps_the_rules_of_a_briefing() {
    let test = "every_day_of_a_summer_keeps_the_rules_of_a_briefing";
    if std::env::var_os("COPYDESK_LONG").is_none() {
        println!("skipped: {test}: COPYDESK_LONG is not set");
        return;
    }
    let Some(corpus) = Corpus::serve(test, "2026-06-15T23:00:00Z") else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "24h");
    desk.replace("config.toml", "hold = \"10m\"", "hold = \"0s\"");
    let limits = limits(&desk.read("pipelines/daily.toml"));
    let first: jiff::civil::Date = "2026-06-15".parse().unwrap();
    let last: jiff::civil::Date = "2026-08-22".parse().unwrap();
    let mut told = 0;
    for day in first.series(1.day()).take_while(|day| *day <= last) {
        let day = day.to_string();
        let now = format!("{day}T23:00:00Z");
        corpus.move_to(&now);
        let run = desk.json(4, &["run", "daily", "--now", &now, "--new"]);
        let export = outside::check(&desk.export(word(&run, "run")));
        keeps_the_rules(&day, &export, &limits);
        told += list(&export.draft, "sentences").len();
        desk.json(0, &["approve", word(&run, "run"), "--wait"]);
    }
    assert!(told >= 200, "{told} sentences of a whole summer");
}

#[test]
fn review_asks_cited_pages_again_and_says_which_are_gone() {
    let test = "review_asks_cited_pages_again_and_says_which_are_gone";
    let Some(corpus) = Corpus::serve(test, EVENING) else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "24h");
    desk.json(0, &["run", "daily", "--now", EVENING, "--until", "draft"]);
    // On the corpus' clock of an earlier day, pages of a later one are not there.
    corpus.move_to("2026-08-10T00:00:00Z");
    corpus.take_log();
    let run = desk.json(4, &["run", "daily"]);
    let asked = corpus.take_log();
    let export = outside::check(&desk.export(word(&run, "run")));
    let gone: Vec<&Value> = list(&export.review, "suggestions")
        .iter()
        .filter(|suggestion| suggestion["kind"] == "link")
        .collect();
    println!("{gone:?}");
    assert!(!gone.is_empty(), "{}", export.review);
    assert!(
        gone.iter().all(|one| word(one, "reason").contains("HTTP 404")),
        "{gone:?}"
    );
    let cited = list(&export.draft, "sentences")
        .iter()
        .flat_map(|sentence| list(sentence, "evidence"))
        .filter_map(|evidence| evidence["snapshot"].as_str())
        .collect::<std::collections::BTreeSet<_>>();
    let pages = asked
        .iter()
        .filter(|request| word(request, "path").starts_with("/s/"))
        .count();
    assert_eq!(
        pages,
        cited.len(),
        "each cited page once, and no other: {asked:?}"
    );
}

#[test]
fn review_measures_an_issue_beside_the_last_ones() {
    let test = "review_measures_an_issue_beside_the_last_ones";
    let Some(corpus) = Corpus::serve(test, "2026-08-16T23:00:00Z") else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "48h");
    desk.replace("config.toml", "hold = \"10m\"", "hold = \"0s\"");
    let mut last = Value::Null;
    for day in ["15", "17", "19", "20"] {
        let now = format!("2026-08-{day}T23:00:00Z");
        corpus.move_to(&now);
        let run = desk.json(4, &["run", "daily", "--now", &now]);
        last = outside::check(&desk.export(word(&run, "run"))).review;
        desk.json(0, &["approve", word(&run, "run"), "--wait"]);
    }
    let grade = list(&last, "voice")
        .iter()
        .find(|measure| measure["name"] == "grade")
        .unwrap_or_else(|| panic!("{last}"));
    println!("{grade}");
    assert!(
        grade["value"].as_f64().is_some_and(|value| value > 1.0),
        "{grade}"
    );
    assert_eq!(grade["past"]["issues"], 3, "{grade}");
}

/// `words_max` of each section by its heading.
fn limits(pipeline: &str) -> BTreeMap<String, usize> {
    let section = Regex::new(r#"(?s)\[\[section\]\]\s*heading = "([^"]+)".*?words_max = (\d+)"#).unwrap();
    let found = section.captures_iter(pipeline);
    found
        .map(|one| (one[1].to_owned(), one[2].parse().unwrap()))
        .collect()
}

/// The rules, from what the export's files say alone.
pub fn keeps_the_rules(day: &str, export: &Export, limits: &BTreeMap<String, usize>) {
    let sentences: BTreeMap<&str, &Value> = list(&export.draft, "sentences")
        .iter()
        .map(|sentence| (word(sentence, "id"), sentence))
        .collect();
    for section in list(&export.draft, "sections") {
        let heading = word(section, "heading");
        let ids = list(section, "paragraphs")
            .iter()
            .flat_map(|paragraph| paragraph.as_array().unwrap());
        let texts: Vec<&str> = ids
            .map(|id| word(sentences[id.as_str().unwrap()], "text"))
            .collect();
        let count: usize = texts.iter().map(|text| words(text).len()).sum();
        if let Some(most) = limits.get(heading) {
            assert!(
                count <= *most,
                "{day}: {heading} has {count} words, {most} are allowed"
            );
        }
        for text in texts {
            stands_on_its_own(day, text);
        }
        for paragraph in list(section, "paragraphs") {
            let told: Vec<&Value> = paragraph
                .as_array()
                .unwrap()
                .iter()
                .map(|id| sentences[id.as_str().unwrap()])
                .collect();
            names_what_it_means(day, &told);
        }
    }
    let claims: Vec<&Value> = sentences
        .values()
        .copied()
        .filter(|sentence| sentence["kind"] == "claim" && !is_coverage(sentence))
        .collect();
    for (at, claim) in claims.iter().enumerate() {
        for other in &claims[..at] {
            let (a, b) = (word(claim, "text"), word(other, "text"));
            assert!(alike(a, b) < ALIKE_MAX, "{day}: the same twice:\n{a}\n{b}");
        }
        names_its_publisher(day, export, claim);
    }
    for verdict in list(&export.review, "verdicts") {
        let text = word(sentences[word(verdict, "sentence")], "text");
        println!("{day}: {} {text}", word(verdict, "verdict"));
        assert_eq!(
            verdict["verdict"], "supported",
            "{day}: {text}: {}",
            verdict["reasons"]
        );
    }
}

fn is_coverage(sentence: &Value) -> bool {
    list(sentence, "evidence")
        .iter()
        .all(|evidence| evidence.get("coverage").is_some())
}

/// No sentence, and no quotation in it, opens on something that only another sentence names.
fn stands_on_its_own(day: &str, text: &str) {
    let dangling = Regex::new(
        r"(?:^|“)(?:…\s)?(?:[Tt]his|[Ii]t|[Tt]hey|[Tt]hese|[Tt]hose|[Hh]owever|[Ss]uch|[Aa]ll three|[Bb]oth)\b",
    );
    // A publisher may be called so.
    let name = Regex::new(r"^This \p{Lu}\w+").unwrap();
    let bare = name.replace(text, "");
    assert!(!dangling.unwrap().is_match(&bare), "{day}: points back: {text}");
    assert!(!text.contains("Copy for testing"), "{day}: a colophon: {text}");
    assert!(
        !text.contains("  ") && !text.contains('{') && text.trim() == text,
        "{day}: {text:?}"
    );
    let ends_well = text
        .trim_end_matches(['”', ')'])
        .ends_with(['.', '?', '!', '…', ','])
        || text.ends_with('.');
    assert!(ends_well, "{day}: has no end: {text}");
    assert!(words(text).len() <= 60, "{day}: too long: {text}");
}

/// No word of a quotation means what neither it nor the quotation before it from the same page says.
fn names_what_it_means(day: &str, told: &[&Value]) {
    let mut before: Option<&Value> = None;
    let mut heard = String::new();
    for sentence in told {
        let text = word(sentence, "text");
        if let Some(framed) = FRAMED.captures(text) {
            heard = format!("{heard} {}", &framed[1]);
        }
        for quotation in MARKS.captures_iter(text) {
            let unnamed = unnamed(&quotation[1], &heard);
            assert!(unnamed.is_none(), "{day}: nothing names {unnamed:?}: {text}");
            heard = format!("{heard} {}", &quotation[1]);
        }
        let same_page = before.filter(|other| pages(other).iter().any(|page| pages(sentence).contains(page)));
        let mut read: String = same_page
            .map(|other| quoted(word(other, "text")))
            .unwrap_or_default();
        for quotation in MARKS.captures_iter(text) {
            let dangling = dangling(&quotation[1], &read);
            assert!(dangling.is_none(), "{day}: nothing names {dangling:?}: {text}");
            quotation[1].clone_into(&mut read);
        }
        before = Some(sentence);
    }
}

static MARKS: LazyLock<Regex> = LazyLock::new(|| Regex::new("“([^“”]*)”").unwrap());

/// What a frame puts in front: `On anyhow, RustSec Advisories writes: …`.
static FRAMED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("^(?:New on|On) (.+?)(?: since our issue|, )").unwrap());

/// A thing at the head of a quotation, where no name stands before it in the paragraph: `The flaw was corrected`.
fn unnamed(quotation: &str, heard: &str) -> Option<String> {
    static THING: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"^(?:… )?[Tt]he (?:malicious |affected |vulnerable |new |latest )?(?:flaw|issue|vulnerability|bug|problem|crate|package|library|SDK|release|company|report|attack|fix|patch)(?: \(\w+\))? (?:is|was|has|had|does|did|will|can|now|[a-z]+ed)\b",
        )
        .unwrap()
    });
    static NAME: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"[a-z,] [A-Z]\w|\w[_-]\w|[A-Za-z]\d|\w\.\w|^ ?\S+$|^ [a-z]\S* ").unwrap()
    });
    let found = THING.find(quotation)?;
    (!NAME.is_match(heard)).then(|| found.as_str().to_owned())
}

#[test]
fn the_check_for_unnamed_things_sees_them() {
    let flaw = "The flaw was corrected in commit 6e8c000.";
    assert!(unnamed(flaw, "").is_some());
    assert!(unnamed(flaw, " Rows were lost on restart.").is_some());
    assert!(unnamed(flaw, " anyhow").is_none());
    assert!(unnamed(flaw, " We found that Norn loses rows.").is_none());
    assert!(unnamed("The European Commission opened a case.", "").is_none());
}

fn quoted(text: &str) -> String {
    let all: Vec<&str> = MARKS
        .captures_iter(text)
        .map(|found| found.get(1).unwrap().as_str())
        .collect();
    all.join(" ")
}

fn pages(sentence: &Value) -> Vec<&str> {
    let evidence = list(sentence, "evidence").iter();
    evidence.filter_map(|one| one["snapshot"].as_str()).collect()
}

/// Words that point at something of which no word stands before them. `read`: the quotation before.
fn dangling(quotation: &str, read: &str) -> Option<String> {
    static THIS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)\b(this|these|those|such)\b(?:\s+([a-z]+))?(?:\s+([a-z]+))?").unwrap()
    });
    static PLACES: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?i)\bthe (?:former|latter)\b|\baforementioned\b|\b(?:as|mentioned|described|listed|shown|see) (?:above|below|here)\b|\bsince then\b|\bthat[.;!]|\b(?:fix|chang|solv|address)\w* that (?:by|in|with|and)\b",
        )
        .unwrap()
    });
    const TIMES: &str = "week weeks month year quarter morning evening summer autumn fall winter spring weekend day days time \
        january february march april june july august september october november december";
    const LIKE_AS: &str = "as that who which whose with in of on from for at";
    if let Some(found) = PLACES.find(quotation) {
        return Some(found.as_str().to_owned());
    }
    THIS.captures_iter(quotation).find_map(|found| {
        let part = |at: usize| found.get(at).map_or("", |part| part.as_str()).to_lowercase();
        let (next, after) = (part(2), part(3));
        let is_listed = |list: &str, word: &str| list.split(' ').any(|one| one == word);
        let announces = matches!(part(1).as_str(), "those" | "such") && is_listed(LIKE_AS, &next);
        // What stands in the same clause is another thing of the name.
        let clause = &quotation[..found.get(0).unwrap().start()];
        let clause = clause
            .rfind([',', ';', ':', '—', '('])
            .map_or("", |end| &clause[..end]);
        let before = format!("{read} {clause}").to_lowercase();
        let is_named = [next.as_str(), after.as_str()]
            .into_iter()
            .filter(|noun| noun.len() > 3)
            .any(|noun| before.contains(noun.trim_end_matches('s')));
        let stands = announces || is_listed(TIMES, &next) || is_listed(TIMES, &after) || is_named;
        (!stands).then(|| found[0].to_owned())
    })
}

#[test]
fn the_check_for_dangling_words_sees_them() {
    assert!(dangling("Arrayref was made to depend on this crate.", "").is_some());
    assert!(dangling("The arrayref crate was made to depend on this crate.", "").is_some());
    assert!(dangling("Norn 4.2 changes that by adding queues.", "").is_some());
    assert!(dangling("The crate ran a script, and this crate sent keys.", "").is_none());
    assert!(
        dangling(
            "Two others depend on this crate.",
            "The crate arone ran a script."
        )
        .is_none()
    );
    assert!(dangling("Downloads doubled this week, and those who run Norn saw it.", "").is_none());
}

/// A quotation stands with the name of who publishes it; two sides of a difference are two publishers.
fn names_its_publisher(day: &str, export: &Export, claim: &Value) {
    let text = word(claim, "text");
    let mut publishers: Vec<&str> = Vec::new();
    for evidence in list(claim, "evidence") {
        let Some(hash) = evidence["snapshot"].as_str() else {
            continue;
        };
        let source = list(&export.brief, "sources")
            .iter()
            .find(|source| source["snapshot"] == hash)
            .unwrap();
        let publisher = word(source, "publisher");
        let bare = publisher.trim_start_matches("The ");
        if !publishers.contains(&bare) {
            publishers.push(bare);
        }
    }
    let named = publishers.iter().filter(|name| text.contains(**name)).count();
    assert!(named >= 1, "{day}: nobody is named: {text}");
    // What a source calls different is no frame of ours.
    if MARKS.replace_all(text, "").contains(" differ") {
        assert_eq!(named, 2, "{day}: a difference has two sides: {text}");
    }
}

fn words(text: &str) -> Vec<String> {
    let word = Regex::new(r"\w+").unwrap();
    word.find_iter(text)
        .map(|found| found.as_str().to_lowercase())
        .collect()
}

/// Share of common words of what two sentences quote.
fn alike(a: &str, b: &str) -> f64 {
    let marks = Regex::new("“([^“”]*)”").unwrap();
    let quoted = |text: &str| {
        let inner: Vec<String> = marks
            .captures_iter(text)
            .map(|found| found[1].to_owned())
            .collect();
        words(&inner.join(" "))
            .into_iter()
            .collect::<std::collections::BTreeSet<_>>()
    };
    let (a, b) = (quoted(a), quoted(b));
    let both = a.intersection(&b).count();
    both as f64 / a.union(&b).count().max(1) as f64
}
