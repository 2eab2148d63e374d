//! How hard a text is to read.

use crate::{sentence, words};

/// School grade that a text asks for, by Flesch and Kincaid: `0.39 w/s + 11.8 y/w - 15.59` with words `w`,
/// sentences `s` and syllables `y`. 0 for a text without words; never below 0.
///
/// # Source
/// Kincaid et al. 1975; syllables are counted as groups of vowels, which is right for about nine words in ten.
pub fn grade(text: &str) -> f64 {
    let count = words::count(text);
    if count == 0 {
        return 0.0;
    }
    let syllables: usize = words::words(text).map(|(_, word)| self::syllables(word)).sum();
    let grade = 0.39 * words_per_sentence(text) + 11.8 * (syllables as f64 / count as f64) - 15.59;
    grade.max(0.0)
}

/// Mean number of words in a sentence; 0 for a text without words.
pub fn words_per_sentence(text: &str) -> f64 {
    let count = words::count(text);
    if count == 0 {
        return 0.0;
    }
    let sentences = sentence::split(text)
        .into_iter()
        .filter(|range| words::count(&text[range.clone()]) > 0)
        .count();
    count as f64 / sentences.max(1) as f64
}

/// Groups of vowels in a word, without a silent `e` at its end; at least one. Digits count one each.
pub fn syllables(word: &str) -> usize {
    let letters: Vec<char> = word.to_lowercase().chars().collect();
    let is_vowel = |c: char| "aeiouyäöüéèáàóòíú".contains(c);
    let mut groups = letters.iter().filter(|c| c.is_ascii_digit()).count();
    let mut inside = false;
    for letter in &letters {
        let vowel = is_vowel(*letter);
        groups += usize::from(vowel && !inside);
        inside = vowel;
    }
    let silent = match letters.as_slice() {
        [.., 'l', 'e'] => false,
        [.., before, 'e'] | [.., before, 'e', 's' | 'd'] => {
            !is_vowel(*before)
                && !matches!(
                    letters.as_slice(),
                    [.., 't' | 'd', 'e', 'd'] | [.., 's' | 'z' | 'x' | 'c' | 'g' | 'h', 'e', 's']
                )
        }
        _ => false,
    };
    groups.saturating_sub(usize::from(silent && groups > 1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_of_known_words() {
        for (word, count) in [
            ("the", 1),
            ("release", 2),
            ("table", 2),
            ("started", 2),
            ("fixed", 1),
            ("boxes", 2),
        ] {
            assert_eq!(syllables(word), count, "{word}");
        }
    }

    #[test]
    fn long_words_and_sentences_raise_the_grade() {
        let easy = "The cat sat. The dog ran. We saw it.";
        let hard = "Organisational considerations notwithstanding, interoperability characteristics necessitate \
                    comprehensive architectural documentation.";
        assert!(grade(easy) < 3.0 && grade(hard) > 20.0);
        assert!((words_per_sentence(easy) - 3.0).abs() < 1e-9);
        assert!(grade("").abs() < 1e-9);
    }
}
