//! Which words of two texts differ. Pure.

use copydesk_domain::Untrusted;
use serde::Serialize;
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// What became of some words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Both texts have them.
    Same,
    /// Only the first has them.
    Removed,
    /// Only the second has them.
    Added,
}

/// Words that stand together, with the line breaks between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// What became of them.
    pub op: Op,
    /// How many they are.
    pub words: usize,
    /// The words.
    #[serde(serialize_with = "copydesk_domain::untrusted::persist")]
    pub text: Untrusted<String>,
}

/// Two texts as one row of pieces: first what was removed, then what was added in its place. Leaving the added ones
/// out gives the first text, leaving the removed ones out the second, but for the kind of space between words.
pub fn pieces(first: &str, second: &str) -> Vec<Piece> {
    let (old, new) = (tokens(first), tokens(second));
    let mut pieces = Vec::new();
    for op in capture_diff_slices(Algorithm::Patience, &old, &new) {
        match op {
            DiffOp::Equal { .. } => pieces.push(piece(Op::Same, &old[op.old_range()])),
            DiffOp::Delete { .. } => pieces.push(piece(Op::Removed, &old[op.old_range()])),
            DiffOp::Insert { .. } => pieces.push(piece(Op::Added, &new[op.new_range()])),
            DiffOp::Replace { .. } => {
                pieces.push(piece(Op::Removed, &old[op.old_range()]));
                pieces.push(piece(Op::Added, &new[op.new_range()]));
            }
        }
    }
    pieces
}

/// Words and line breaks, in order.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if number > 0 {
            tokens.push("\n");
        }
        tokens.extend(line.split_whitespace());
    }
    tokens
}

fn piece(op: Op, tokens: &[&str]) -> Piece {
    let mut text = String::new();
    for token in tokens {
        if *token != "\n" && !text.is_empty() && !text.ends_with('\n') {
            text.push(' ');
        }
        text.push_str(token);
    }
    Piece {
        op,
        words: tokens.iter().filter(|token| **token != "\n").count(),
        text: Untrusted::new(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(first: &str, second: &str) -> Vec<(Op, String)> {
        let pieces = pieces(first, second);
        let shown = pieces
            .into_iter()
            .map(|piece| (piece.op, piece.text.inspect().clone()));
        shown.collect()
    }

    #[test]
    fn only_the_words_that_differ_are_marked() {
        let found = shown(
            "Clocks run on quartz.\nThey drift.",
            "Clocks run on caesium.\nThey drift.",
        );
        let wanted = [
            (Op::Same, "Clocks run on"),
            (Op::Removed, "quartz."),
            (Op::Added, "caesium."),
            (Op::Same, "\nThey drift."),
        ];
        let wanted: Vec<(Op, String)> = wanted
            .iter()
            .map(|(op, text)| (*op, (*text).to_owned()))
            .collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn texts_that_are_alike_are_one_piece_and_empty_ones_none() {
        assert_eq!(shown("a b", "a  b"), [(Op::Same, "a b".to_owned())]);
        assert!(shown("", "").is_empty());
        assert_eq!(shown("", "new"), [(Op::Added, "new".to_owned())]);
    }
}
