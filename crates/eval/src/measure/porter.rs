//! Word stems as ROUGE counts them.

/// The stem of an English word in small letters.
///
/// # Source
/// Porter 1980, with the changes of NLTK's default mode, which `rouge-score` uses: irregular forms, `-ies` and `-ied`
/// after one letter, `-y` after a consonant, `-alli`, `-fulli`, `-logi`.
pub fn stem(word: &str) -> String {
    if !word.is_ascii() {
        return word.to_owned();
    }
    if let Some((_, stem)) = IRREGULAR.iter().find(|(form, _)| *form == word) {
        return (*stem).to_owned();
    }
    if word.len() <= 2 {
        return word.to_owned();
    }
    let mut word = word.to_owned();
    plural(&mut word);
    past(&mut word);
    final_y(&mut word);
    double_suffix(&mut word);
    replace(&mut word, THIRD, |stem, _| measure(stem) > 0);
    replace(&mut word, FOURTH, |stem, suffix| {
        measure(stem) > 1 && (suffix != "ion" || stem.ends_with(['s', 't']))
    });
    final_e(&mut word);
    word
}

const IRREGULAR: &[(&str, &str)] = &[
    ("sky", "sky"),
    ("skies", "sky"),
    ("dying", "die"),
    ("lying", "lie"),
    ("tying", "tie"),
    ("news", "news"),
    ("innings", "inning"),
    ("inning", "inning"),
    ("outings", "outing"),
    ("outing", "outing"),
    ("cannings", "canning"),
    ("canning", "canning"),
    ("howe", "howe"),
    ("proceed", "proceed"),
    ("exceed", "exceed"),
    ("succeed", "succeed"),
];

const SECOND: &[(&str, &str)] = &[
    ("ational", "ate"),
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("bli", "ble"),
    ("alli", "al"),
    ("entli", "ent"),
    ("eli", "e"),
    ("ousli", "ous"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
    ("fulli", "ful"),
];

const THIRD: &[(&str, &str)] = &[
    ("icate", "ic"),
    ("ative", ""),
    ("alize", "al"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ful", ""),
    ("ness", ""),
];

const FOURTH: &[(&str, &str)] = &[
    ("al", ""),
    ("ance", ""),
    ("ence", ""),
    ("er", ""),
    ("ic", ""),
    ("able", ""),
    ("ible", ""),
    ("ant", ""),
    ("ement", ""),
    ("ment", ""),
    ("ent", ""),
    ("ion", ""),
    ("ou", ""),
    ("ism", ""),
    ("ate", ""),
    ("iti", ""),
    ("ous", ""),
    ("ive", ""),
    ("ize", ""),
];

/// Applies the first rule whose suffix the word has, where `fits` agrees; whether one was found.
fn replace(word: &mut String, rules: &[(&str, &str)], fits: impl Fn(&str, &str) -> bool) -> bool {
    for (suffix, by) in rules {
        let Some(stem) = word.strip_suffix(suffix) else {
            continue;
        };
        if fits(stem, suffix) {
            *word = format!("{stem}{by}");
        }
        return true;
    }
    false
}

fn plural(word: &mut String) {
    if word.ends_with("ies") && word.len() == 4 {
        word.pop();
        return;
    }
    let rules = [("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")];
    replace(word, &rules, |_, _| true);
}

fn past(word: &mut String) {
    if word.ends_with("ied") {
        let keep = if word.len() == 4 { 1 } else { 2 };
        word.truncate(word.len() - keep);
        return;
    }
    if let Some(stem) = word.strip_suffix("eed") {
        if measure(stem) > 0 {
            word.pop();
        }
        return;
    }
    let stem = ["ed", "ing"]
        .iter()
        .find_map(|suffix| word.strip_suffix(suffix).filter(|stem| has_vowel(stem)));
    let Some(stem) = stem.map(str::to_owned) else {
        return;
    };
    *word = stem;
    let rules = [("at", "ate"), ("bl", "ble"), ("iz", "ize")];
    if replace(word, &rules, |_, _| true) {
        return;
    }
    if ends_double(word) {
        if !word.ends_with(['l', 's', 'z']) {
            word.pop();
        }
    } else if measure(word) == 1 && ends_short(word) {
        word.push('e');
    }
}

/// `happy` becomes `happi`, `enjoy` stays.
fn final_y(word: &mut String) {
    let turns = word
        .strip_suffix('y')
        .is_some_and(|stem| stem.len() > 1 && is_consonant(stem.as_bytes(), stem.len() - 1));
    if turns {
        word.pop();
        word.push('i');
    }
}

fn double_suffix(word: &mut String) {
    // `-alli` becomes `-al` first, so that the rest applies to it once more.
    if let Some(stem) = word.strip_suffix("alli").filter(|stem| measure(stem) > 0) {
        *word = format!("{stem}al");
        return double_suffix(word);
    }
    if let Some(stem) = word.strip_suffix("logi") {
        if measure(&format!("{stem}l")) > 0 {
            word.pop();
        }
        return;
    }
    replace(word, SECOND, |stem, _| measure(stem) > 0);
}

fn final_e(word: &mut String) {
    if let Some(stem) = word.strip_suffix('e') {
        let measure = measure(stem);
        if measure > 1 || measure == 1 && !ends_short(stem) {
            word.pop();
        }
    }
    if word.ends_with("ll") && measure(&word[..word.len() - 1]) > 1 {
        word.pop();
    }
}

fn is_consonant(word: &[u8], at: usize) -> bool {
    match word[at] {
        b'a' | b'e' | b'i' | b'o' | b'u' => false,
        b'y' => at == 0 || !is_consonant(word, at - 1),
        _ => true,
    }
}

/// How often a consonant follows a vowel: the `m` of the paper.
fn measure(stem: &str) -> usize {
    let bytes = stem.as_bytes();
    (1..bytes.len())
        .filter(|at| is_consonant(bytes, *at) && !is_consonant(bytes, at - 1))
        .count()
}

fn has_vowel(stem: &str) -> bool {
    (0..stem.len()).any(|at| !is_consonant(stem.as_bytes(), at))
}

fn ends_double(word: &str) -> bool {
    let bytes = word.as_bytes();
    let end = bytes.len();
    end >= 2 && bytes[end - 1] == bytes[end - 2] && is_consonant(bytes, end - 1)
}

/// Consonant, vowel, consonant but w, x and y; or a vowel and a consonant alone.
fn ends_short(word: &str) -> bool {
    let bytes = word.as_bytes();
    let end = bytes.len();
    if end == 2 {
        return !is_consonant(bytes, 0) && is_consonant(bytes, 1);
    }
    end >= 3
        && is_consonant(bytes, end - 3)
        && !is_consonant(bytes, end - 2)
        && is_consonant(bytes, end - 1)
        && !word.ends_with(['w', 'x', 'y'])
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn words_of_the_paper_have_its_stems() {
        for (word, wanted) in [
            ("caresses", "caress"),
            ("ponies", "poni"),
            ("ties", "tie"),
            ("cats", "cat"),
            ("feed", "feed"),
            ("agreed", "agre"),
            ("plastered", "plaster"),
            ("motoring", "motor"),
            ("sing", "sing"),
            ("conflated", "conflat"),
            ("troubled", "troubl"),
            ("sized", "size"),
            ("hopping", "hop"),
            ("falling", "fall"),
            ("hissing", "hiss"),
            ("filing", "file"),
            ("happy", "happi"),
            ("enjoy", "enjoy"),
            ("relational", "relat"),
            ("conditional", "condit"),
            ("digitizer", "digit"),
            ("radically", "radic"),
            ("vietnamization", "vietnam"),
            ("triplicate", "triplic"),
            ("hopeful", "hope"),
            ("goodness", "good"),
            ("adjustment", "adjust"),
            ("adoption", "adopt"),
            ("effective", "effect"),
            ("probate", "probat"),
            ("rate", "rate"),
            ("controll", "control"),
            ("roll", "roll"),
            ("generalizations", "gener"),
            ("skies", "sky"),
        ] {
            assert_eq!(stem(word), wanted, "{word}");
        }
    }

    #[test]
    fn what_is_no_english_word_stays() {
        for word in ["", "a", "is", "größe"] {
            assert_eq!(stem(word), word);
        }
    }
}
