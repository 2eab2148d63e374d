//! Writes sentences within the limits of a section and an issue.

use copydesk_domain::artifact::SentenceKind;
use copydesk_domain::task::{HouseStyle, WriteSectionInput, WrittenSentence};
use copydesk_domain::{ContentHash, Instant, PublishedAt};
use copydesk_text::numbers::{self, Kind};
use copydesk_text::{quotes, similarity, words};

use super::frames;
use super::ledger::Ledger;
use super::material::{self, Passage};
use super::subject::Told;

/// Two quotations with more common stems than this say the same.
const ALIKE_MAX: f64 = 0.45;
/// Share of a quotation's stems that may stand in one earlier sentence.
const HELD_MAX: f64 = 0.7;
/// Common stems from which one figure in two quotations is the same fact.
const SAME_FIGURE_STEMS: usize = 4;
/// Short runs of words are nobody's property; longer ones stand in marks.
const RUN: usize = 8;

/// The state of a section that is being written.
pub struct Pen<'a> {
    input: &'a WriteSectionInput,
    ledger: Ledger,
    /// Quotations of the issue, this section's own among them.
    said: Vec<String>,
    words_left: usize,
    /// Turns the templates over, so that neighbours differ.
    turn: usize,
    /// The template of the sentence before.
    last: Option<String>,
    /// The publisher of the sentence before.
    last_publisher: Option<String>,
    /// What is told of each story of this section.
    told: Told,
}

/// One quotation that is to be written.
#[derive(Clone, Copy)]
pub struct Cited<'t> {
    /// Id of its note.
    pub note: &'t str,
    /// Number of its source.
    pub source: u32,
    /// Its bytes.
    pub text: &'t str,
}

impl<'a> Pen<'a> {
    /// A pen for one section.
    pub fn new(input: &'a WriteSectionInput) -> Self {
        let said = input.said.iter().flat_map(|text| {
            let quoted: Vec<String> = quotes::find(text.as_str())
                .into_iter()
                .map(|quote| quote.text)
                .collect();
            if quoted.is_empty() {
                vec![text.as_str().to_owned()]
            } else {
                quoted
            }
        });
        let seed = ContentHash::of(
            input
                .stories
                .iter()
                .map(|story| story.title.as_str())
                .collect::<String>()
                .as_bytes(),
        );
        Self {
            input,
            ledger: Ledger::of(input),
            said: said.collect(),
            words_left: usize::try_from(input.words_max).unwrap_or(usize::MAX),
            turn: usize::from(seed.as_bytes()[0]),
            last: None,
            last_publisher: None,
            told: Told::default(),
        }
    }

    /// Words that the section still has room for.
    pub fn words_left(&self) -> usize {
        self.words_left
    }

    /// Whether a passage can be written now: it is allowed, nothing said is like it, and what it takes for known is named
    /// before it or by a frame.
    pub fn can_quote(&self, passage: &Passage<'_>) -> bool {
        self.ledger.allows(passage.source(), &passage.text)
            && !self.repeats(&passage.text)
            && words::count(&passage.text) + 6 <= self.words_left
            && !self.told.leaves_open(passage)
    }

    /// Whether a passage takes for known what nothing before it names.
    pub fn leaves_open(&self, passage: &Passage<'_>) -> bool {
        self.told.leaves_open(passage)
    }

    /// Writes one passage into one of `templates`.
    pub fn quote(&mut self, passage: &Passage<'_>, templates: &[&str]) -> Option<WrittenSentence> {
        if !self.can_quote(passage) {
            return None;
        }
        let can_name = [
            frames::OPENING,
            frames::WITNESS,
            frames::MORE,
            frames::ALSO_NEW,
            frames::LATEST,
        ]
        .contains(&templates);
        if let Some(name) = self.told.wanted_name(passage).filter(|_| can_name) {
            return self.quote_on(name, passage, None);
        }
        let cited = cited(passage);
        let is_plain = [frames::OPENING, frames::WITNESS].contains(&templates);
        let goes_on = self.last_publisher.as_deref() == Some(passage.publisher());
        let templates = match (is_plain, goes_on) {
            (true, true) => frames::MORE,
            (true, false) if begins_with_name(passage) => frames::OWN_NAME,
            _ => templates,
        };
        let called = material::called(passage.publisher());
        let places = [
            ("p", called.as_ref()),
            ("q", passage.text.as_ref()),
            ("who", passage.who.unwrap_or_default()),
        ];
        let written = self.write(templates, &places, &[cited])?;
        self.tell(passage, None);
        Some(written)
    }

    /// Writes what is new on a story behind the day of the issue that told it.
    pub fn quote_since(&mut self, day: &str, passage: &Passage<'_>) -> Option<WrittenSentence> {
        let name = self.told.wanted_name(passage);
        let called = material::called(passage.publisher());
        let places = [
            ("d", day),
            ("t", name.unwrap_or_default()),
            ("p", called.as_ref()),
            ("q", passage.text.as_ref()),
        ];
        let frame = if name.is_some() {
            frames::NEW_ON
        } else {
            frames::NEW_SINCE
        };
        let written = self.write(frame, &places, &[cited(passage)])?;
        self.tell(passage, name);
        Some(written)
    }

    /// Writes one passage behind the thing or the version that it speaks of; `bearer`: the note that names it, where one
    /// does.
    pub fn quote_on(
        &mut self,
        name: &str,
        passage: &Passage<'_>,
        bearer: Option<&str>,
    ) -> Option<WrittenSentence> {
        let called = material::called(passage.publisher());
        let places = [("t", name), ("p", called.as_ref()), ("q", passage.text.as_ref())];
        let mut written = self.write(frames::ON_SUBJECT, &places, &[cited(passage)])?;
        if let Some(bearer) = bearer.filter(|bearer| !written.notes.iter().any(|note| note == bearer)) {
            written.notes.push(bearer.to_owned());
        }
        self.tell(passage, Some(name));
        Some(written)
    }

    fn tell(&mut self, passage: &Passage<'_>, name: Option<&str>) {
        self.told.add(passage, name);
        self.last_publisher = Some(passage.publisher().to_owned());
    }

    /// What is written of a story will be read below what the issue says already.
    pub fn stand_below(&mut self, story: &str) {
        self.told.add_above(story, &self.said);
    }

    /// The next sentence stands in another place: it does not go on with the publisher of the one before.
    pub fn turn_page(&mut self) {
        self.last_publisher = None;
    }

    /// The next sentence will be read behind one of this publisher.
    pub fn go_on_with(&mut self, publisher: Option<&str>) {
        self.last_publisher = publisher.map(str::to_owned);
    }

    /// The day of the newest page that may be quoted: the piece is not of one before it.
    pub fn day(&self) -> Option<Instant> {
        let notes = self.input.stories.iter().flat_map(|story| &story.notes);
        notes
            .filter_map(|note| note.published_at.map(PublishedAt::earliest))
            .max()
    }

    /// The author's rules that can be measured.
    pub fn style(&self) -> &'a HouseStyle {
        &self.input.style
    }

    /// Writes a claim with these quotations, if it fits; books them.
    pub fn write(
        &mut self,
        templates: &[&str],
        places: &[(&str, &str)],
        cited: &[Cited<'_>],
    ) -> Option<WrittenSentence> {
        let template = self.template(templates, places);
        let text = ended(capitalised(&frames::fill(template, places)));
        let count = words::count(&text);
        self.last_publisher = None;
        let allowed = cited.iter().all(|one| self.ledger.allows(one.source, one.text));
        if count > self.words_left || !allowed || !self.is_marked(&text) {
            return None;
        }
        self.turn += 1;
        self.last = Some(template.to_owned());
        self.words_left -= count;
        for one in cited {
            self.ledger.book(one.source, one.text);
            self.said.push(one.text.to_owned());
        }
        let mut notes: Vec<String> = cited.iter().map(|one| one.note.to_owned()).collect();
        notes.dedup();
        Some(WrittenSentence {
            text,
            kind: SentenceKind::Claim,
            notes,
            calc: None,
        })
    }

    /// The template to fill: another than the last, and none that puts a name that is written small at the head of a
    /// sentence, where there is a choice.
    fn template<'t>(&self, templates: &[&'t str], places: &[(&str, &str)]) -> &'t str {
        let is_small = places.iter().any(|(place, name)| {
            *place == "p" && name.starts_with(char::is_lowercase) && !name.starts_with("the ")
        });
        let fits = |template: &&&str| {
            self.last.as_deref() != Some(**template) && !(is_small && template.starts_with("{p}"))
        };
        let turned = (0..templates.len()).map(|at| &templates[(self.turn + at) % templates.len()]);
        let chosen = turned.clone().find(fits);
        chosen
            .or_else(|| turned.clone().next())
            .expect("there is a template")
    }

    /// Whether the issue says nearly this already, or tells the same figure of the same thing.
    pub fn repeats(&self, text: &str) -> bool {
        let stems = words::content_stems(text);
        let figures = figures(text);
        self.said.iter().any(|said| {
            let own = words::content_stems(said);
            let held = stems.iter().filter(|stem| own.contains(stem)).count();
            let is_held = stems.len() >= 4 && held as f64 > HELD_MAX * stems.len() as f64;
            let is_same_figure = held >= SAME_FIGURE_STEMS
                && figures.iter().any(|figure| self::figures(said).contains(figure));
            is_held
                || is_same_figure
                || similarity::jaccard(said, text) > ALIKE_MAX
                || similarity::near_duplicate(said, text)
        })
    }

    /// Whether each run of eight words that stands in a source stands inside quotation marks.
    fn is_marked(&self, text: &str) -> bool {
        let quoted = quotes::find(text);
        let notes = || self.input.stories.iter().flat_map(|story| &story.notes);
        let texts =
            notes().flat_map(|note| [note.quote.as_str(), note.context.as_str(), note.title.as_str()]);
        texts
            .flat_map(|source| words::shared_runs(text, source, RUN))
            .all(|run| {
                quoted
                    .iter()
                    .any(|quote| quote.range.start <= run.start && run.end <= quote.range.end)
            })
    }
}

/// What a text counts: value and unit of its plain numbers, without versions and dates.
fn figures(text: &str) -> Vec<(String, String)> {
    numbers::find(text)
        .into_iter()
        .filter(|number| matches!(number.kind, Kind::Cardinal | Kind::Money | Kind::Percent))
        .filter_map(|number| Some((number.digits, format!("{:?}", number.unit?))))
        .collect()
}

/// The quotation that a passage is.
fn cited<'t>(passage: &'t Passage<'_>) -> Cited<'t> {
    Cited {
        note: &passage.note.id,
        source: passage.source(),
        text: &passage.text,
    }
}

/// A sentence with a stop at its end, inside its last quotation or behind it.
fn ended(text: String) -> String {
    let bare = text.trim_end_matches('”');
    if bare.ends_with(['.', '!', '?', '…']) {
        text
    } else {
        text + "."
    }
}

/// Whether a passage begins with its publisher's own name.
fn begins_with_name(passage: &Passage<'_>) -> bool {
    let first = |text: &str| words::words(text).next().map(|(_, word)| word.to_lowercase());
    first(&passage.text) == first(passage.publisher())
}

/// A sentence with a capital at its head: some publishers write their names small.
fn capitalised(text: &str) -> String {
    if let Some(rest) = text.strip_prefix("the ") {
        return format!("The {rest}");
    }
    text.to_owned()
}
