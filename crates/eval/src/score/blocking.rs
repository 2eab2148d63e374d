//! How often `blocked` is right, and how much that is unsupported it catches.

use std::collections::BTreeMap;

use copydesk_domain::Verdict;

use super::{Scorer, begin, counts, one};
use crate::cases::{Source, claims};
use crate::error::EvalError;
use crate::measure::share;
use crate::product::Product;
use crate::tally::{Tally, whole};

/// Counts: unsupported claims blocked, claims blocked, unsupported claims.
pub(super) const SCORER: Scorer = Scorer {
    name: "blocking",
    metrics: &[
        ("precision", |groups| {
            let sum = whole(groups);
            share(sum[0], sum[1])
        }),
        ("recall", |groups| {
            let sum = whole(groups);
            share(sum[0], sum[2])
        }),
    ],
    score,
};

fn score(source: &Source<'_>, _: &dyn Product) -> Result<Tally, EvalError> {
    let mut tally = Tally::new("documents");
    let mut verdicts: BTreeMap<&str, usize> = BTreeMap::new();
    for claim in claims(source)? {
        let found = copydesk_guard::ground(&claim.document, &claim.text);
        let is_blocked = found.verdict == Verdict::Blocked;
        let all = [
            one(is_blocked && !claim.is_supported),
            one(is_blocked),
            one(!claim.is_supported),
        ];
        tally.cases += 1;
        tally.add(&claim.document_id, &claim.group, counts(all));
        *verdicts
            .entry(label(found.verdict, claim.is_supported))
            .or_default() += 1;
        if is_blocked && claim.is_supported {
            let why = found.reasons.first().cloned().unwrap_or_default();
            tally.miss(
                &claim.id,
                format!("“{}” is blocked: {}", begin(&claim.text), begin(&why)),
            );
        }
    }
    for (label, count) in verdicts {
        tally.detail(label, count as f64, tally.cases);
    }
    Ok(tally)
}

fn label(verdict: Verdict, is_supported: bool) -> &'static str {
    match (verdict, is_supported) {
        (Verdict::Blocked, false) => "false and blocked",
        (Verdict::Blocked, true) => "true but blocked",
        (Verdict::Unsettled, false) => "false and unsettled",
        (Verdict::Unsettled, true) => "true but unsettled",
        (Verdict::Supported, false) => "false but supported",
        (Verdict::Supported, true) => "true and supported",
    }
}
