//! Whether a piece of a text begins and ends where a word or a figure does: “fatal” is no piece of `nonfatal`,
//! “5 million” none of `15 million`, and “C” none of `C++`.

use std::ops::Range;

use super::{is_word_char, words};

/// Words behind a figure without which it is another one.
const SCALES: &[&str] = &[
    "hundred", "thousand", "million", "millions", "billion", "trillion", "mln", "bn", "percent", "pct",
];

/// Whether a range of a text cuts no word and no figure in two, a compound (`non-fatal`), a contraction (`can't`), a sign
/// (`-5`), a decimal mark, a scale (`15 million`) and a name with symbols (`C++`) being of the word.
///
/// A range that is no piece of the text is not whole.
pub fn is_whole(text: &str, range: &Range<usize>) -> bool {
    let parts = (
        text.get(..range.start),
        text.get(range.clone()),
        text.get(range.end..),
    );
    let (Some(before), Some(piece), Some(after)) = parts else {
        return false;
    };
    begins_whole(before, piece) && ends_whole(piece, after)
}

fn begins_whole(before: &str, piece: &str) -> bool {
    let mut back = before.chars().rev();
    let (Some(last), Some(first)) = (back.next(), piece.chars().next()) else {
        return true;
    };
    let is_behind_word = back.next().is_some_and(is_word_char);
    let second = piece.chars().nth(1);
    if !is_word_char(first) {
        // `.5 million` of `1.5 million`, `+` of `C++`.
        let is_in_figure = last.is_ascii_digit()
            && matches!(first, '.' | ',' | ':')
            && second.is_some_and(|c| c.is_ascii_digit());
        return !(is_in_figure || (is_name_mark(first) && is_word_char(last)));
    }
    if first.is_ascii_digit() && (is_sign(last) || last == '.' || (is_figure_mark(last) && is_behind_word)) {
        return false;
    }
    let is_joined = is_hyphen(last) || is_apostrophe(last) || last == '.';
    !(runs_on(last, first) || (is_joined && is_behind_word))
}

fn ends_whole(piece: &str, after: &str) -> bool {
    let mut ahead = after.chars();
    let (Some(last), Some(next)) = (piece.chars().next_back(), ahead.next()) else {
        return true;
    };
    let second = ahead.next();
    let is_before_word = second.is_some_and(is_word_char);
    if !is_word_char(last) {
        let is_in_figure = matches!(last, '.' | ',' | ':')
            && next.is_ascii_digit()
            && piece.chars().rev().nth(1).is_some_and(|c| c.is_ascii_digit());
        return !(is_in_figure || (is_name_mark(last) && next == last));
    }
    if runs_on(last, next) || is_name_mark(next) {
        return false;
    }
    if is_apostrophe(next) {
        let ending: String = after.chars().skip(1).take_while(|c| is_word_char(*c)).collect();
        return matches!(ending.as_str(), "" | "s");
    }
    if (is_hyphen(next) || next == '.') && is_before_word {
        return false;
    }
    !(last.is_ascii_digit() && figure_goes_on(next, second, after))
}

/// Whether two characters beside each other are of one word. Scripts without spaces have no such words.
fn runs_on(left: char, right: char) -> bool {
    is_word_char(left) && is_word_char(right) && !(is_unspaced(left) || is_unspaced(right))
}

/// Han, kana, Thai, Lao, Burmese and Khmer.
fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c), 0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x3040..=0x30ff | 0x3400..=0x9fff
        | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff)
}

/// Whether what stands behind a digit belongs to its figure.
fn figure_goes_on(next: char, second: Option<char>, after: &str) -> bool {
    let is_longer = (is_figure_mark(next) || is_sign(next)) && second.is_some_and(|c| c.is_ascii_digit());
    let rest = after.trim_start();
    let scale = words(rest).next().filter(|(range, _)| range.start == 0);
    is_longer
        || rest.starts_with(['%', '‰', '°'])
        || scale.is_some_and(|(_, word)| SCALES.contains(&word.to_lowercase().as_str()))
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}' | '\u{2011}')
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’')
}

/// What makes a figure another one, right before it.
fn is_sign(c: char) -> bool {
    is_hyphen(c) || matches!(c, '–' | '−' | '+' | '±' | '~' | '<' | '>' | '≤' | '≥' | '≈')
}

fn is_figure_mark(c: char) -> bool {
    matches!(c, '.' | ',' | ':' | '/')
}

/// What ends names such as `C++` and `C#`.
fn is_name_mark(c: char) -> bool {
    matches!(c, '+' | '#')
}

#[cfg(test)]
mod tests {
    use super::is_whole;

    /// Whether the first place of a piece in a text is whole.
    fn whole(piece: &str, text: &str) -> bool {
        let at = text.find(piece).expect("the piece stands in the text");
        is_whole(text, &(at..at + piece.len()))
    }

    #[test]
    fn a_word_in_a_word_is_no_piece() {
        for (piece, text) in [
            ("safe for children", "It is unsafe for children."),
            ("legal", "an illegal plan"),
            ("fatal fall", "the non-fatal fall"),
            ("sugar", "a sugar-free drink"),
            ("We can", "We can’t pay."),
            ("t pay", "We can't pay."),
            ("Node", "Node.js is out."),
            ("in C", "in C++ alone"),
            ("in C", "in C# alone"),
            ("in C+", "in C++ alone"),
        ] {
            assert!(!whole(piece, text), "{piece} in {text}");
        }
    }

    #[test]
    fn a_figure_in_a_figure_is_no_piece() {
        for (piece, text) in [
            ("5 million", "15 million euros"),
            ("5 million", "-5 million euros"),
            ("5 million", "1.5 million euros"),
            ("5 million", "3–5 million euros"),
            (".5 million", "1.5 million euros"),
            ("4.", "version 4.2"),
            ("lost 15", "lost 15 million"),
            ("grew by 5", "grew by 5 %"),
            ("at 7", "at 7:30"),
            ("200", "4,200 crates"),
            ("3", "3-0 in Leeds"),
        ] {
            assert!(!whole(piece, text), "{piece} in {text}");
        }
    }

    #[test]
    fn words_and_figures_between_marks_are_pieces() {
        for (piece, text) in [
            ("Acme", "“Acme’s plan”"),
            ("we will pay", "'we will pay'"),
            ("5 million", "$5 million"),
            ("in 2024", "in 2024, and then"),
            ("in 2024.", "in 2024. 5 of them"),
            ("40 users", "its 40 users, too"),
            ("Berlin", "Paris–Berlin"),
            ("-5 °C", "at -5 °C."),
            ("C++", "in C++ alone"),
            ("users'", "the users' keys"),
            ("Acme", "-Acme"),
        ] {
            assert!(whole(piece, text), "{piece} in {text}");
        }
        assert!(whole("図書館", "新しい図書館が開いた。"));
        assert!(!is_whole("é", &(1..2)));
    }
}
