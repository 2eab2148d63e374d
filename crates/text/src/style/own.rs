//! What of a sentence are its writer's own words.

use crate::quotes;

/// The text with every byte of its quotations replaced by a control character, so that places stay what they are and
/// no pattern finds anything there.
pub fn own_words(text: &str) -> String {
    let mut own: Vec<u8> = text.as_bytes().to_vec();
    for quote in quotes::find(text) {
        for byte in &mut own[quote.range] {
            *byte = 1;
        }
    }
    String::from_utf8(own).expect("quotations begin and end between characters")
}

/// The text with its quotations left out.
pub fn without_quotations(text: &str) -> String {
    own_words(text).replace('\u{1}', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_stay_and_quotations_go() {
        let text = "Norn’s “größte” fix: “done”.";
        let own = own_words(text);
        assert_eq!(own.len(), text.len());
        assert_eq!(&own[own.find("fix").unwrap()..][..4], "fix:");
        assert_eq!(without_quotations(text), "Norn’s “” fix: “”.");
    }
}
