//! English words too common to tell texts apart.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Whether a word, in any case, is too common to tell texts apart.
pub fn is_stop(word: &str) -> bool {
    if word.len() > LONGEST {
        return false;
    }
    if word.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return STOP.contains(word.to_ascii_lowercase().as_str());
    }
    STOP.contains(word)
}

/// Length in bytes of the longest stop word.
const LONGEST: usize = 10;

static STOP: LazyLock<HashSet<&'static str>> = LazyLock::new(|| WORDS.split_whitespace().collect());

/// Halves of contractions (`don`, `t`, `ll`) stand here too, since the apostrophe parts words.
const WORDS: &str = "\
    a about above after again against all almost along already also although always am among an and \
    another any anyone anything are aren around as at away be became because been before behind being \
    below between both but by can cannot could couldn d did didn do does doesn doing don done down \
    during each either else enough even ever every everyone everything few for from further get gets \
    getting give given go goes going got had hadn has hasn have haven having he her here hers herself \
    him himself his how however i if in indeed instead into is isn it its itself just least less let \
    like ll m made make makes many may maybe me might mine more most much must my myself need needs \
    neither never no nor not nothing now of off often on once one only onto or other others our ours \
    ourselves out over own per perhaps put quite rather re really s said same say says see seem seems \
    several shall she should shouldn since so some someone something still such t take than that the \
    their theirs them themselves then there therefore these they this those though through thus to \
    together too toward towards under until up upon us use used uses using ve very via was wasn way we \
    well were weren what whatever when where whether which while who whole whom whose why will with \
    within without won would wouldn yet you your yours yourself";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_longer_than_the_longest() {
        assert!(STOP.iter().all(|word| word.len() <= LONGEST));
    }

    #[test]
    fn case_does_not_matter() {
        assert!(is_stop("The") && is_stop("yourself") && !is_stop("crate") && !is_stop(""));
    }
}
