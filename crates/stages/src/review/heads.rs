//! The title and the line under it, held to what readers get below them. Pure.
//!
//! No sentence stands behind a title, so the guard's verdicts leave it alone: what it states has to stand in a line that
//! readers get. Where it does not, code puts its own words there and says so.

use copydesk_domain::artifact::{
    ClaimVerdict, Draft, Evidence, Sentence, SentenceKind, Source, Suggestion, SuggestionKind,
};
use copydesk_domain::{ContentHash, SentenceId, Untrusted, Verdict, counted};
use copydesk_guard::{ground, is_claim};
use copydesk_text::quotes;

use super::Bench;
use super::past::is_coverage;
use super::rules::{self, Line, on_whole, shown, unsaid};
use crate::draft::{SourceRuns, fallback, notice_of_nothing, of_nothing, prefixed};

/// Blocked sentences that are named as the reason of an empty issue; each has its own proposal beside it.
const REASONS_MAX: usize = 3;

/// A draft whose head holds, and what was changed for that.
pub(crate) struct Settled {
    pub(crate) draft: Draft,
    pub(crate) findings: Vec<Suggestion>,
}

/// The draft with a title and a deck that hold; none where they hold as they are.
pub(crate) fn settle(bench: &Bench, verdicts: &[ClaimVerdict]) -> Option<Settled> {
    if bench.draft.nothing_today.is_some() {
        return None;
    }
    let lines = rules::lines(bench, verdicts);
    let tells = |line: &Line<'_>| is_claim(line.sentence) && !is_coverage(line.sentence);
    if !lines.iter().any(tells) {
        let blocked: Vec<&ClaimVerdict> = verdicts
            .iter()
            .filter(|claim| claim.verdict == Verdict::Blocked)
            .collect();
        return (!blocked.is_empty()).then(|| nothing(bench, &lines, &blocked));
    }
    let ground = Ground::of(bench, &lines);
    let mut draft = bench.draft.clone();
    let mut findings = Vec::new();
    let prefix = prefixed(&bench.pipeline, Untrusted::default());
    let whole = draft.title.inspect();
    let title = whole.strip_prefix(prefix.inspect()).unwrap_or(whole);
    if let Some(reason) = ground.unborne(title) {
        let own = ground.title(bench);
        findings.push(replaced(
            "title",
            title,
            &reason,
            &format!("“{own}” stands there"),
        ));
        draft.title = prefixed(&bench.pipeline, Untrusted::new(own));
    }
    let authors = &bench.pipeline.issue.deck;
    let given = draft.deck.as_ref().map(|deck| deck.inspect().clone());
    if let Some(deck) = given.filter(|deck| Some(deck) != authors.as_ref())
        && let Some(reason) = ground.unborne(&deck)
    {
        let instead = match authors {
            Some(own) => format!("“{own}” stands there"),
            None => "it is left out".to_owned(),
        };
        findings.push(replaced("line under the title", &deck, &reason, &instead));
        draft.deck = authors.clone().map(Untrusted::new);
    }
    (!findings.is_empty()).then_some(Settled { draft, findings })
}

fn replaced(what: &str, text: &str, reason: &str, instead: &str) -> Suggestion {
    let reason = format!("the {what} “{}” does not hold: {reason}; {instead}", shown(text));
    on_whole(SuggestionKind::Title, reason)
}

/// An issue of which nothing is left to tell. What was blocked stays for the author to see; what a model said around it
/// goes, and who was read stays.
fn nothing(bench: &Bench, lines: &[Line<'_>], blocked: &[&ClaimVerdict]) -> Settled {
    let mut draft = bench.draft.clone();
    let is_around = |id: &SentenceId| {
        let mut around = lines.iter().filter(|line| !is_coverage(line.sentence));
        around.any(|line| line.sentence.id == *id)
    };
    for section in draft
        .sections
        .iter_mut()
        .filter(|section| section.wanted.is_none())
    {
        for paragraph in &mut section.paragraphs {
            paragraph.retain(|id| !is_around(id));
        }
        section.paragraphs.retain(|paragraph| !paragraph.is_empty());
    }
    draft.sentences.retain(|sentence| !is_around(&sentence.id));
    let format = bench.pipeline.issue.format;
    let title = of_nothing(bench.brief.is_unread(), format).to_owned();
    draft.title = prefixed(&bench.pipeline, Untrusted::new(title));
    draft.deck = bench.pipeline.issue.deck.clone().map(Untrusted::new);
    draft.notice = notice_of_nothing(&bench.brief, &draft.models);
    let sentences = counted(blocked.len(), "sentence was", "sentences were");
    draft.nothing_today = Some(format!(
        "Nothing of what was drafted stands in the sources that were read: {sentences} left out."
    ));
    let reasons: Vec<String> = blocked
        .iter()
        .take(REASONS_MAX)
        .map(|claim| format!("{}: {}", claim.sentence, claim.reasons.join(", ")))
        .collect();
    let finding = on_whole(
        SuggestionKind::Unsupported,
        format!(
            "no sentence is left to tell, so the issue says that there is nothing: {}",
            reasons.join("; ")
        ),
    );
    Settled {
        draft,
        findings: vec![finding],
    }
}

/// What a title may state: what readers get, and how its sources are called.
struct Ground<'a> {
    /// The lines as they are told.
    told: String,
    /// Those and the names and titles of their sources, a line each.
    named: String,
    /// The sources of the lines in reading order.
    sources: Vec<&'a Source>,
}

impl<'a> Ground<'a> {
    fn of(bench: &'a Bench, lines: &[Line<'_>]) -> Self {
        let mut sources: Vec<&Source> = Vec::new();
        for snapshot in lines.iter().flat_map(|line| cited(line.sentence)) {
            let source = bench
                .brief
                .sources
                .iter()
                .find(|source| source.snapshot == snapshot);
            sources.extend(source.filter(|source| !sources.contains(source)));
        }
        let told = lines.iter().map(Line::text).collect::<Vec<_>>().join("\n");
        let mut named = told.clone();
        for source in &sources {
            named.push('\n');
            named.push_str(source.title.inspect());
            named.push('\n');
            named.push_str(source.publisher.inspect());
        }
        Self { told, named, sources }
    }

    /// What a title or deck states and no line bears, in words; none where it states nothing or all of it is borne.
    fn unborne(&self, text: &str) -> Option<String> {
        let stated = Sentence {
            id: SentenceId::new("head"),
            text: Untrusted::new(text.to_owned()),
            kind: SentenceKind::Voice,
            evidence: Vec::new(),
        };
        if !is_claim(&stated) {
            return None;
        }
        let links = ["://", "www.", "mailto:"];
        if let Some(mark) = links
            .iter()
            .find(|mark| text.contains(**mark) && !self.told.contains(**mark))
        {
            return Some(format!("no sentence of the issue has a link (`{mark}`)"));
        }
        let said = |quote: &quotes::Quote| {
            let mut pieces = quote.text.split('…').map(str::trim);
            pieces.all(|piece| self.named.contains(piece))
        };
        if let Some(quote) = quotes::find(text).iter().find(|quote| !said(quote)) {
            return Some(format!(
                "no sentence of the issue quotes “{}”",
                shown(&quote.text)
            ));
        }
        let unsaid = unsaid(text, &self.named);
        if !unsaid.is_empty() {
            return Some(unsaid.join("; "));
        }
        // What stands there is known from above; what is left is that the lines say the contrary.
        let judged = ground(
            &self.told,
            &format!("{}.", text.trim_end_matches(['.', '!', '?'])),
        );
        let contrary = judged
            .reasons
            .iter()
            .find(|reason| !reason.contains("does not stand in the evidence"));
        contrary
            .filter(|_| judged.verdict == Verdict::Blocked)
            .map(|reason| reason.replace("the evidence", "the issue"))
    }

    /// The title of the first source of which all is borne, short.
    fn title(&self, bench: &Bench) -> String {
        let runs = SourceRuns::of(&bench.texts);
        let titles: Vec<&str> = self
            .sources
            .iter()
            .map(|source| source.title.inspect().as_str())
            .collect();
        let own = |title: &&str| fallback(&[title], &|words| runs.unquoted(words).is_some());
        let mut owns = titles.iter().map(own);
        owns.find(|title| self.unborne(title).is_none())
            .unwrap_or_else(|| fallback(&[], &|_| false))
    }
}

fn cited(sentence: &Sentence) -> impl Iterator<Item = ContentHash> + '_ {
    let spans = sentence.evidence.iter().flat_map(Evidence::spans);
    spans.map(|span| span.snapshot)
}

#[cfg(test)]
mod tests {
    use copydesk_domain::artifact::Coverage;
    use copydesk_domain::{Instant, StoryId};

    use super::super::fixture;
    use super::*;
    use crate::research;

    const TEXT: &str = "Quill paid its attackers 5 million dollars in March.";

    /// A draft of one claim with this text, from one page; its title and deck as given.
    fn bench(text: &str, title: &str, deck: Option<&str>) -> Bench {
        let source = research::fixture::source("norn.example", "Quill pays a ransom", TEXT);
        let mut draft = fixture::draft(vec![
            fixture::claim("p1", text, &source, TEXT.len()),
            fixture::sentence("p2", "That will not be the last time.", SentenceKind::Voice),
        ]);
        draft.title = Untrusted::new(title.to_owned());
        draft.deck = deck.map(|deck| Untrusted::new(deck.to_owned()));
        draft.sections[0].stories = vec![StoryId::new("s1")];
        draft.models = vec!["paid".to_owned()];
        fixture::bench(draft, research::fixture::brief(vec![source]))
    }

    fn settled(bench: &Bench, verdict: Verdict) -> Option<Settled> {
        settle(bench, &[fixture::verdict("p1", verdict)])
    }

    #[test]
    fn a_head_that_its_lines_bear_stays_as_it_is() {
        for title in [
            "Quill paid 5 million dollars",
            "Quill pays a ransom",
            "What a ransom costs",
            "Quill and its “5 million dollars”",
            "“Quill pays …”",
        ] {
            assert!(
                settled(
                    &bench(TEXT, title, Some("Quill paid in March")),
                    Verdict::Supported
                )
                .is_none(),
                "{title}"
            );
        }
    }

    #[test]
    fn a_title_with_a_fact_that_no_line_bears_gives_way_to_a_sources_title() {
        for (title, word) in [
            ("Quill paid attackers 77 million dollars", "77 million"),
            ("Quill paid Lattice", "Lattice"),
            ("Quill: “we never pay”", "we never pay"),
            ("Quill paid, see https://evil.example", "link"),
            ("Quill did not pay its attackers 5 million dollars", "issue says"),
        ] {
            let found = settled(&bench(TEXT, title, None), Verdict::Supported);
            let found = found.unwrap_or_else(|| panic!("{title}"));
            assert_eq!(found.draft.title.inspect(), "Quill pays a ransom", "{title}");
            let reason = found.findings[0].reason.inspect();
            assert!(
                reason.contains(word) && reason.contains("stands there"),
                "{reason}"
            );
        }
    }

    #[test]
    fn an_invented_deck_gives_way_to_the_authors_own_or_to_none() {
        let mut bench = bench(TEXT, "Quill pays a ransom", Some("Lattice lost 900 servers"));
        let found = settled(&bench, Verdict::Supported).unwrap();
        assert_eq!(found.draft.deck, None);
        assert!(found.findings[0].reason.inspect().contains("it is left out"));
        bench.pipeline.issue.deck = Some("News of 12 desks".to_owned());
        let found = settled(&bench, Verdict::Supported).unwrap();
        assert_eq!(found.draft.deck.unwrap().inspect(), "News of 12 desks");
        bench.draft.deck = Some(Untrusted::new("News of 12 desks".to_owned()));
        assert!(
            settled(&bench, Verdict::Supported).is_none(),
            "the author's own line is the author's"
        );
    }

    #[test]
    fn a_title_on_a_blocked_line_does_not_hold_and_the_prefix_stays() {
        let source =
            research::fixture::source("norn.example", "Norn ships a planner", "Norn ships a planner.");
        let mut bench = bench(TEXT, "Daily: Quill paid 5 million dollars", None);
        bench.pipeline.issue.title_prefix = Some("Daily".to_owned());
        let text = "Norn ships a planner.";
        bench
            .draft
            .sentences
            .push(fixture::claim("p3", text, &source, text.len()));
        bench.draft.sections.push(fixture::section("roundup", &["p3"]));
        bench.brief.sources.push(source);
        let verdicts = [
            fixture::verdict("p1", Verdict::Blocked),
            fixture::verdict("p3", Verdict::Supported),
        ];
        let found = settle(&bench, &verdicts).unwrap();
        assert_eq!(found.draft.title.inspect(), "Daily: Norn ships a planner");
    }

    #[test]
    fn an_issue_of_which_every_claim_is_blocked_says_that_there_is_nothing_and_why() {
        let mut bench = bench(
            TEXT,
            "Quill paid attackers 77 million dollars",
            Some("An invented deck"),
        );
        let coverage = Coverage {
            beat: "cloud".to_owned(),
            asked: 3,
            answered: 3,
            at: Instant::from_micros(0),
        };
        let quiet = Sentence {
            evidence: vec![Evidence::Coverage { coverage }],
            ..fixture::sentence(
                "p3",
                "Cloud was quiet: 3 of 3 sources had nothing.",
                SentenceKind::Claim,
            )
        };
        bench.draft.sentences.push(quiet);
        bench.draft.sections.push(fixture::section("quiet", &["p3"]));
        let verdicts = [
            fixture::verdict("p1", Verdict::Blocked),
            fixture::verdict("p3", Verdict::Supported),
        ];
        let found = settle(&bench, &verdicts).unwrap();
        let draft = found.draft;
        assert_eq!(draft.title.inspect(), "Nothing worth your time today");
        assert_eq!(draft.deck, None);
        let nothing = draft.nothing_today.as_deref().unwrap_or_default();
        assert!(nothing.contains("1 sentence was left out"), "{nothing}");
        assert!(draft.notice.contains("none is here"), "{}", draft.notice);
        let ids: Vec<&str> = draft.sentences.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(
            ids,
            ["p1", "p3"],
            "the blocked one is kept for the author, words around it go"
        );
        assert_eq!(found.findings[0].kind, SuggestionKind::Unsupported);
        bench.draft.nothing_today = Some("Nothing happened.".to_owned());
        assert!(settle(&bench, &verdicts).is_none());
    }
}
