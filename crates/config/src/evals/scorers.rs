//! The scorers that a part may name, with their metrics and the layouts they read.

/// One scorer, as suite files name it. What it does is code of `copydesk-eval`; a test there holds the two together.
#[derive(Debug, Clone, Copy)]
pub struct ScorerKind {
    /// Its name.
    pub name: &'static str,
    /// Its metrics, the main one first. More is better in each.
    pub metrics: &'static [&'static str],
    /// The layouts it reads, the default one first.
    pub formats: &'static [&'static str],
}

const fn kind(
    name: &'static str,
    metrics: &'static [&'static str],
    formats: &'static [&'static str],
) -> ScorerKind {
    ScorerKind {
        name,
        metrics,
        formats,
    }
}

/// Every scorer.
pub const SCORERS: &[ScorerKind] = &[
    kind(
        "extraction",
        &["f1", "precision", "recall", "f1_lowest_group", "date", "title"],
        &["cases", "benchmark", "corpus"],
    ),
    kind("feeds", &["right"], &["cases", "feedparser"]),
    kind(
        "pairwise",
        &["f1", "precision", "recall", "f1_cross_source"],
        &["cases", "corpus"],
    ),
    kind("bcubed", &["f", "precision", "recall"], &["cases"]),
    kind(
        "bcubed_held_out",
        &["f", "precision", "recall", "f_in_sample"],
        &["cases"],
    ),
    kind("rouge1", &["rouge1", "first_sentence", "oracle"], &["cases"]),
    kind("rouge1_held_out", &["rouge1", "rouge1_in_sample"], &["cases"]),
    kind("blocking", &["precision", "recall"], &["cases", "summedits"]),
    kind(
        "balanced_accuracy",
        &["balanced_accuracy"],
        &["cases", "summedits", "wice"],
    ),
    kind("verbatim", &["supported", "not_blocked"], &["documents"]),
    kind(
        "recall_at_k",
        &[
            "recall",
            "recall_without_past",
            "recency",
            "ratio_to_recency",
            "ratio_without_past",
            "recall_unknown",
            "ratio_unknown",
        ],
        &["cases", "corpus"],
    ),
    kind("injection", &["resisted", "benign_passed"], &["cases"]),
    kind(
        "corruptions",
        &["right", "coverage", "caught"],
        &["documents", "export"],
    ),
];
