//! How many tokens a text is, as far as that can be said without the tokenizer of the model that reads it.

/// Letters of a word that one token holds: words of English have some 1.3 tokens, and this counts about 1.5.
const LETTERS: u64 = 4;
/// White space in a row that one token holds, as in indented code.
const SPACES: u64 = 4;

/// An estimate of a text's tokens that is on the high side for what people write.
///
/// Letters of ASCII count a quarter each, rounded up by word; each digit and each sign counts one; a single space goes
/// with the word behind it. Of other scripts each character counts one where it has two bytes, two where it has three,
/// four where it has four. Common tokenizers need less: some 15 % less for English prose, up to a half less for JSON
/// and other scripts. Strings of random letters, such as base64, may need up to twice as many, so that this is no
/// bound: whoever needs one counts a token a byte, and whoever packs by this is ready to hear that it was too much.
pub fn estimated(text: &str) -> u64 {
    let (mut tokens, mut letters, mut spaces) = (0_u64, 0_u64, 0_u64);
    for character in text.chars() {
        if character.is_ascii_alphabetic() {
            tokens += of_spaces(std::mem::take(&mut spaces));
            letters += 1;
            continue;
        }
        tokens += std::mem::take(&mut letters).div_ceil(LETTERS);
        if character == ' ' || character == '\t' {
            spaces += 1;
            continue;
        }
        tokens += of_spaces(std::mem::take(&mut spaces));
        tokens += match character.len_utf8() {
            1 | 2 => 1,
            3 => 2,
            _ => 4,
        };
    }
    tokens + letters.div_ceil(LETTERS) + of_spaces(spaces)
}

/// The first space of a row belongs to what follows it.
fn of_spaces(count: u64) -> u64 {
    count.saturating_sub(1).div_ceil(SPACES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_counts_more_than_its_words_and_far_less_than_its_bytes() {
        let prose =
            "The registry now signs every package that it serves, and stores the signatures in a public log.";
        let words = prose.split(' ').count() as u64;
        let tokens = estimated(prose);
        assert!(tokens > words && tokens < 2 * words, "{tokens} of {words}");
    }

    #[test]
    fn digits_signs_and_other_scripts_count_each() {
        assert_eq!(estimated("2026-11-28"), 10);
        assert_eq!(estimated("{\"a\":1}"), 7);
        assert_eq!(estimated("наука"), 5);
        assert_eq!(estimated("新聞"), 4);
        assert_eq!(estimated("🦀"), 4);
        assert_eq!(estimated("internationalisation"), 5);
        assert_eq!(estimated(""), 0);
    }

    #[test]
    fn indentation_is_cheap() {
        assert_eq!(estimated("a b"), 2);
        assert_eq!(estimated("a        b"), 4);
    }
}
