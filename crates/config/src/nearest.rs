//! "Did you mean": the nearest of the known words.

/// The known word nearest to `word`, unless none is near.
///
/// Near is a third of the word's letters changed, left out, added or swapped (at least one, from three letters on), or
/// a common beginning that makes 0.85 by Jaro and Winkler. Letter case does not count, and the last part of a longer
/// name is that name: `Berlin` finds `Europe/Berlin`.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let measured = known
        .into_iter()
        .filter_map(|candidate| Some((distance(&word, candidate)?, candidate)));
    // The first of equals wins, so that the answer does not depend on chance.
    let best = measured.reduce(|best, next| if next.0 < best.0 { next } else { best });
    best.map(|(_, candidate)| candidate)
}

/// Letters between `word` (in lower case) and a candidate, and how little their beginnings agree; nothing where the
/// two are not near.
fn distance(word: &str, candidate: &str) -> Option<(usize, u32)> {
    let candidate = candidate.to_lowercase();
    if candidate
        .rsplit_once('/')
        .is_some_and(|(_, last)| !last.is_empty() && last == word)
    {
        return Some((0, 0));
    }
    let changes = strsim::damerau_levenshtein(word, &candidate);
    let closeness = strsim::jaro_winkler(word, &candidate);
    let is_near = changes <= word.chars().count() / 3 || closeness >= 0.85;
    // Whole permille, because only whole numbers have an order.
    let unlikeness = (0..1000)
        .find(|permille| 1.0 - closeness <= f64::from(*permille) / 1000.0)
        .unwrap_or(1000);
    is_near.then_some((changes, unlikeness))
}

/// ``did you mean `budget`?`` where a known word is near, otherwise the list of them where it is short.
pub(crate) fn suggestion(word: &str, known: &[&str]) -> Option<String> {
    /// A list of more words than this is no help in one line.
    const LISTED_MAX: usize = 12;
    if let Some(near) = nearest(word, known.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    let quoted: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
    (!known.is_empty() && known.len() <= LISTED_MAX).then(|| format!("known: {}", quoted.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_finds_its_word() {
        assert_eq!(nearest("budjet", ["beats", "budget"]), Some("budget"));
        assert_eq!(
            nearest("Berlin", ["Africa/Cairo", "Europe/Berlin"]),
            Some("Europe/Berlin")
        );
        assert_eq!(nearest("wbe", ["feeds", "web"]), Some("web"));
        assert_eq!(nearest("AI", ["ai"]), Some("ai"));
        assert_eq!(nearest("xyz", ["beats", "budget"]), None);
        assert_eq!(nearest("", ["beats"]), None);
    }

    #[test]
    fn a_short_list_is_shown_where_nothing_is_near() {
        assert_eq!(
            suggestion("zzz", &["a1", "b1"]).as_deref(),
            Some("known: `a1`, `b1`")
        );
    }
}
