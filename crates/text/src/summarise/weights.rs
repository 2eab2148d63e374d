//! Learned numbers.

use super::SIGNS;

/// Weights of the signs of a sentence, in points of ROUGE-1 (0 to 1).
///
/// # Source
/// `cargo run --release -p copydesk-eval --example fit_summaries`: ridge regression to ROUGE-1 of single sentences
/// against one-sentence summaries written by people. 42.3 with texts held out, 42.5 on those of the fit.
pub const WEIGHTS: [f64; SIGNS] = [
    0.0185,  // Stems in common with the title, at most 8.
    0.1288,  // They as a share of the sentence's stems.
    0.0902,  // Share of the stems that several sentences hold.
    0.4451,  // Mean overlap with the other sentences.
    0.0286,  // Proposes, presents, releases.
    0.0513,  // The first sentence that does.
    0.0281,  // We.
    0.0126,  // Method, tool, library.
    -0.0244, // Also, finally.
    -0.0186, // Has been, is widely used.
    0.0460,  // Logarithm of its words and one.
    -0.0269, // More than 25 words.
    -0.0680, // More than 45 words.
    0.0250,  // One over its place.
];
