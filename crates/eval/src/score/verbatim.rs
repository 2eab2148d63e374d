//! Sentences against the text that they stand in: none may be blocked.

use copydesk_domain::Verdict;

use super::{Scorer, begin, counts, one};
use crate::cases::{Source, documents};
use crate::error::EvalError;
use crate::measure::share;
use crate::product::Product;
use crate::statistics::Draw;
use crate::tally::{Tally, whole};

/// Sentences drawn, unless the part says so.
const LIMIT: u32 = 1_000;

/// Counts: sentences supported, not blocked, all.
pub(super) const SCORER: Scorer = Scorer {
    name: "verbatim",
    metrics: &[
        ("supported", |groups| {
            let sum = whole(groups);
            share(sum[0], sum[2])
        }),
        ("not_blocked", |groups| {
            let sum = whole(groups);
            share(sum[1], sum[2])
        }),
    ],
    score,
};

fn score(source: &Source<'_>, _: &dyn Product) -> Result<Tally, EvalError> {
    let documents = documents(source)?;
    let texts: Vec<String> = documents
        .iter()
        .map(|document| document.sentences.join("\n"))
        .collect();
    let mut places: Vec<(usize, usize)> = documents
        .iter()
        .enumerate()
        .flat_map(|(at, document)| document.fit.iter().map(move |sentence| (at, *sentence)))
        .collect();
    Draw::new(u64::from(source.part.seed.unwrap_or(11))).shuffle(&mut places);
    places.truncate(usize::try_from(source.part.limit.unwrap_or(LIMIT)).unwrap_or(usize::MAX));
    let mut tally = Tally::new("documents");
    tally.cases = places.len();
    for (at, sentence) in places {
        let (document, text) = (&documents[at], &documents[at].sentences[sentence]);
        let found = copydesk_guard::ground(&texts[at], text);
        let is_supported = found.verdict == Verdict::Supported;
        let is_blocked = found.verdict == Verdict::Blocked;
        tally.add(
            &document.id,
            "",
            counts([one(is_supported), one(!is_blocked), 1.0]),
        );
        if !is_supported {
            tally.miss(
                &document.id,
                format!("“{}” is not supported by itself", begin(text)),
            );
        }
    }
    Ok(tally)
}
