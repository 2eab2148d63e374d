//! Whether `supported` is right when half of the sentences were changed.

use copydesk_domain::Verdict;

use super::{Scorer, begin, counts, one};
use crate::cases::{Document, Source, documents};
use crate::corrupt::{KINDS, Kind, NEAR, Setting, marked, names_in};
use crate::error::EvalError;
use crate::measure::share;
use crate::product::Product;
use crate::statistics::Draw;
use crate::tally::{Counts, Tally, whole};

/// Sentences of a kind, unless the part says so.
const LIMIT: u32 = 200;
/// Where the draws start, unless the part says so.
const SEED: u32 = 17;

/// Counts: clean sentences supported, clean ones, corrupted ones supported, corrupted ones.
pub(super) const SCORER: Scorer = Scorer {
    name: "corruptions",
    metrics: &[
        ("right", |groups| right(&whole(groups))),
        ("coverage", |groups| {
            let sum = whole(groups);
            share(sum[0], sum[1])
        }),
        ("caught", |groups| {
            let sum = whole(groups);
            share(sum[3] - sum[2], sum[3])
        }),
    ],
    score,
};

/// Of what is supported, the share that is clean, if half of all sentences are corrupted.
fn right(sum: &Counts) -> Option<f64> {
    let (clean, corrupted) = (share(sum[0], sum[1])?, share(sum[2], sum[3])?);
    share(clean, clean + corrupted)
}

fn score(source: &Source<'_>, _: &dyn Product) -> Result<Tally, EvalError> {
    let documents = documents(source)?;
    let mut tally = Tally::new("documents");
    let seed = u64::from(source.part.seed.unwrap_or(SEED));
    let limit = usize::try_from(source.part.limit.unwrap_or(LIMIT)).unwrap_or(usize::MAX);
    let all_names = names_in(documents.iter().flat_map(|document| &document.sentences));
    let maker = Maker {
        whole: source.part.evidence.as_deref() == Some("document"),
        documents: &documents,
        names: &all_names,
        limit,
    };
    for (number, kind) in KINDS.iter().enumerate() {
        judge(&maker, kind, true, seed + number as u64, &mut tally);
    }
    for (number, kind) in NEAR.iter().enumerate() {
        judge(&maker, kind, false, seed + 100 + number as u64, &mut tally);
    }
    Ok(tally)
}

/// What sentences are made from.
struct Maker<'a> {
    /// Whether the whole document is evidence, not a sentence and its neighbours.
    whole: bool,
    documents: &'a [Document],
    names: &'a [String],
    limit: usize,
}

impl Maker<'_> {
    /// What a sentence is judged against.
    fn evidence(&self, document: &Document, sentence: usize) -> String {
        if self.whole {
            document.sentences.join("\n")
        } else {
            document.around(sentence)
        }
    }
}

/// Makes sentences of one kind and has the guard judge each against the words around the original.
fn judge(maker: &Maker<'_>, kind: &Kind, is_corrupted: bool, seed: u64, tally: &mut Tally) {
    let mut draw = Draw::new(seed);
    let mut places: Vec<(usize, usize)> = Vec::new();
    for (at, document) in maker.documents.iter().enumerate() {
        places.extend(document.fit.iter().map(|sentence| (at, *sentence)));
    }
    draw.shuffle(&mut places);
    let (mut made, mut supported) = (0, 0);
    for (at, sentence) in places {
        if made == maker.limit {
            break;
        }
        let document = &maker.documents[at];
        let Some(text) = change(maker, kind, (at, sentence), &mut draw) else {
            continue;
        };
        made += 1;
        let found = copydesk_guard::ground(&maker.evidence(document, sentence), &text);
        let is_supported = found.verdict == Verdict::Supported;
        supported += usize::from(is_supported);
        let pair = [one(is_supported), 1.0];
        let all = if is_corrupted {
            counts([0.0, 0.0, pair[0], pair[1]])
        } else {
            counts(pair)
        };
        tally.cases += 1;
        tally.add(&document.id, "", all);
        // Two of each kind show the pattern.
        if is_corrupted && is_supported && supported <= 2 {
            tally.miss(
                &document.id,
                format!(
                    "{}: “{}” is supported",
                    kind.name,
                    begin(&marked(&document.sentences[sentence], &text))
                ),
            );
        }
    }
    let word = if is_corrupted { "corrupted" } else { "clean" };
    if let Some(value) = share(supported as f64, made as f64) {
        tally.detail(format!("{word}: {}", kind.name), value, made);
    }
}

/// The changed sentence, unless the kind finds nothing to change or the result stands in the source after all.
fn change(maker: &Maker<'_>, kind: &Kind, (at, sentence): (usize, usize), draw: &mut Draw) -> Option<String> {
    let document = &maker.documents[at];
    let around = maker.evidence(document, sentence);
    let original = &document.sentences[sentence];
    let other = draw.one(maker.documents).filter(|other| other.id != document.id);
    let other = other.and_then(|other| Some(&other.sentences[*draw.one(&other.fit)?]));
    let setting = Setting {
        sentence: original,
        around: &around,
        names: maker.names,
        other: other.map(String::as_str),
    };
    (kind.change)(&setting, draw).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_is_counted_by_hand() {
        // Of clean ones 80 in 100, of corrupted ones 5 in 50: 0.8 / (0.8 + 0.1).
        let sum = counts([80.0, 100.0, 5.0, 50.0]);
        assert!((right(&sum).unwrap() - 0.8 / 0.9).abs() < 1e-12);
        assert_eq!(right(&Counts::default()), None);
    }
}
