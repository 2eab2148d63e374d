//! Words in quotation marks that nobody said.

use super::Setting;
use crate::statistics::Draw;

/// A sentence of another document as a quotation; or this one with a word left out inside the marks.
pub(super) fn change(setting: &Setting<'_>, draw: &mut Draw) -> Option<String> {
    if has_marks(setting.sentence) {
        return None;
    }
    let foreign = setting
        .other
        .filter(|other| !has_marks(other) && !setting.around.contains(*other));
    match foreign {
        Some(other) if draw.below(2) == 0 => Some(format!("The team writes: “{other}”")),
        _ => shortened(setting.sentence, draw).map(|text| format!("The team writes: “{text}”")),
    }
}

/// The sentence without one of its inner words; short words change too little.
fn shortened(sentence: &str, draw: &mut Draw) -> Option<String> {
    let words: Vec<&str> = sentence.split(' ').collect();
    let inner: Vec<usize> = (1..words.len().saturating_sub(1))
        .filter(|at| words[*at].len() > 3)
        .collect();
    let out = *draw.one(&inner)?;
    let kept = words.iter().enumerate().filter(|(at, _)| *at != out);
    Some(kept.map(|(_, word)| *word).collect::<Vec<_>>().join(" "))
}

fn has_marks(text: &str) -> bool {
    text.contains(['“', '”', '"'])
}

#[cfg(test)]
mod tests {
    use super::super::alone;
    use super::*;

    #[test]
    fn a_quotation_is_foreign_or_lacks_a_word() {
        let setting = Setting {
            other: Some("Lunch was served at noon."),
            ..alone("The team shipped the parser today.")
        };
        let mut draw = Draw::new(1);
        let made: Vec<String> = (0..20).filter_map(|_| change(&setting, &mut draw)).collect();
        assert_eq!(made.len(), 20);
        assert!(made.contains(&"The team writes: “Lunch was served at noon.”".to_owned()));
        assert!(made.contains(&"The team writes: “The team shipped the today.”".to_owned()));
        assert!(!made.iter().any(|text| text.contains(setting.sentence)));
    }

    #[test]
    fn a_sentence_that_quotes_stays() {
        assert_eq!(
            change(&alone("They call it “fast” at last."), &mut Draw::new(1)),
            None
        );
    }
}
