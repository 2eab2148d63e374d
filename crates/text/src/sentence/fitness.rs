//! Sentences that cannot stand alone, and sentences that sell.

use std::sync::LazyLock;

use regex::Regex;

use crate::words;

/// Whether a sentence leans on what stood before it: it begins with `This`, `They`, `However`, `In this post we`.
///
/// `This week` and `That said` aside, a false alarm costs a usable sentence, a miss costs the reader's trust; so
/// doubt counts as dangling.
pub fn dangles(sentence: &str) -> bool {
    let head: String = sentence
        .trim_start_matches(|c: char| !c.is_alphanumeric())
        .chars()
        .take(80)
        .collect();
    LEANS.is_match(&head.to_lowercase())
}

/// Openings that point back, in small letters.
static LEANS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?x)^(?:
        th(?:is|at|ese|ose)\b(?:\s+(?:week|month|year|quarter|morning|evening|summer|winter|spring|autumn|fall)\b)?(?P<x>)
        | (?:it|they|them|he|she|its|their|his|her|such|both|neither|none|same|others?|another|here|there(?:fore|by|after)
            |which|who|whose|where|because|so|and|but|or|nor|yet|then|thus|hence|however|also|too|still|instead|meanwhile
            |otherwise|similarly|likewise|accordingly|consequently|conversely|additionally|furthermore|moreover
            |nevertheless|nonetheless|besides|again|finally|lastly|next|later|afterwards?|subsequently|previously
            |secondly|thirdly|specifically|notably|importantly|fortunately|unfortunately|luckily|sadly|indeed|alternatively
            |rather|overall|basically|essentially|in\ turn|in\ short|in\ summary|to\ summari[sz]e|for\ (?:example|instance)
            |e\.g|i\.e|as\ (?:mentioned|noted|stated|described|discussed|shown|explained|expected|promised|we|you|i|always|such|a\ result|usual|before)
            |in\ (?:addition|contrast|comparison|other\ words|particular|fact|practice|that\ case|both|the\ (?:same|meantime|following|previous|next|last\ section|end))
            |on\ (?:the\ (?:other|one)\ hand|top\ of)|at\ (?:the\ same|that)\ (?:time|point)|that\ said|the\ (?:latter|former|following|above|below|same|other|first|second|third|rest|others|result)\b
            |above|below|even\ (?:so|then|better|worse)|not\ only|if\ (?:so|not|it|they|this|that)|when\ (?:it|this|that|they)|once\ (?:it|this|that|they)
            |while\ (?:it|this|that|they|these|those)|one\ (?:such|of\ (?:them|these|those))|(?:some|many|several|two|three|four|five|a\ few)\ (?:more|further|other|additional)|some\ of\ (?:them|these|those)|all\ of\ (?:them|this|these|those)|each\ of\ (?:them|these|those)|most\ of\ (?:them|these|those)
        )\b
        | (?:discovered|reported|fixed|patched|found|introduced|published|posted|updated|written|created|added|removed)\ (?:and|by|in|on|at|via)\b
        | (?:in|with|for|by|after|before|despite|from|like|until|since|because\ of|due\ to|given|among|of|through|to\ \w+|without|beyond|under|based\ on|as\ part\ of|along\ with|following|during|using)
            \s+(?:this|that|these|those|it|them|which|such)\b
        )",
    )
});

/// Whether a sentence sells, recruits, or asks for a click instead of telling something.
pub fn is_promotional(sentence: &str) -> bool {
    let lower = sentence.to_lowercase();
    SELLS.is_match(&lower)
}

static SELLS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?x)
        \b(?:sign(?:ing)?[\ -]up\b(?:\s+(?:for|to|now|today|here|with)|[.!]) | register\s+(?:now|today|here) | (?:we(?:['’]re|\ are)|now|is)\s+hiring | join\s+our\s+team
        | (?:follow|find|like)\s+us\b | subscribe\b | newsletter\b.{0,40}\b(?:inbox|free|week) | get\s+(?:started|yours|tickets)\s+(?:today|now|for\ free|here)
        | free\s+trial | (?:start|try)\b.{0,30}\bfor\s+free | try\s+it\s+(?:out\s+)?(?:today|now|free) | (?:book|request|schedule|get)\s+a\s+(?:free\s+)?demo | buy\s+now | order\s+now | shop\s+now
        | (?:use|with)\s+(?:the\s+)?(?:promo\s+|discount\s+|coupon\s+)?code\s+[\w-]+.{0,40}(?:off|discount|save) | \d+\s?(?:%|percent)\s+off\b | discount(?:s|ed)?\b | coupon | promo(?:tional)?\s+code | limited[\ -]time\s+offer | early[\ -]bird
        | sponsored\s+(?:by|post|content|link|message)? | (?:this\s+\w+\s+is\s+)?(?:brought\s+to\s+you|presented)\s+by | advertisement | advertorial | paid\s+(?:partnership|promotion) | our\s+sponsors?
        | click\s+(?:here|the\s+link|below) | learn\s+more\s+(?:at|about|here|on) | read\s+(?:more|on|the\s+full) | find\s+out\s+more | check\s+(?:it|them|us|out)\b.{0,20}\bout\b | check\s+out\b | stay\s+tuned | more\s+(?:information|details)\s+(?:can|will|is|are|about|on|here) | you['’]?(?:ll|\ will|\ can)\s+find\s+(?:more|the|all) | don['’]t\s+miss | see\s+you\s+(?:there|soon|in|at)
        | contact\s+(?:us|sales) | reach\s+out\s+to\s+us | talk\s+to\s+(?:us|sales) | let\s+us\s+know | join\s+(?:us|the\s+(?:conversation|community|waitlist|discussion)|our\s+\w+) | register\s+your | save\s+(?:the\s+date|your\s+(?:seat|spot)) | reserve\s+your
        | apply\s+(?:now|today|here) | (?:rate|review|star)\s+us\b | give\s+us\s+a\s+star | share\s+this\s+(?:post|article|page) | leave\s+a\s+comment | all\s+rights\s+reserved | cookie\s+(?:policy|settings|consent) | terms\s+of\s+service\s+apply | happy\s+(?:coding|hacking|reading)
        | download\s+(?:now|today|our|it\s+(?:now|here)) | webinar | tickets?\s+(?:are|is|available|on\s+sale) | call\s+for\s+(?:papers|proposals|speakers) | upgrade\s+(?:now|today)\s+(?:and|to)\s+(?:get|save) | world[\ -]class | game[\ -]chang\w+ | supercharge | best[\ -]in[\ -]class
        )",
    )
});

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant that the tests compile")
}

/// Whether a sentence is the writer talking about the writing or the writer: `I think`, `We are excited`.
pub fn is_filler(sentence: &str) -> bool {
    let lower = sentence.to_lowercase();
    words::count(sentence) < 4 || FILLS.is_match(&lower)
}

static FILLS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?x)
        ^(?:hi|hello|hey|welcome|thanks?|huge\ thanks|thank\ you|dear|i|i['’]m|i['’]ve|my|let['’]s|let\ me)\b
        | ^(?:please\ )?(?:read|see|find|visit|head|browse|watch|enjoy)\ (?:the|our|more|out|over|on|also|this|it)\b
        | \b(?:i['’]?(?:ve|m|d|ll)?|me|my|mine)\b.{0,60}\b(?:i|my|me)\b | \bwe['’]?(?:d|\ would)\ (?:love|like|be)\b | \bwe\ (?:hope|encourage|invite|want\ to\ thank)\b
        | \b(?:we(?:['’]re|\ are)|i(?:['’]m|\ am))\s+(?:very\s+|so\s+|really\s+|super\s+)?(?:excited|happy|thrilled|proud|pleased|glad|delighted|grateful|honou?red)
        | \b(?:we(?:['’]d|\ would)\s+(?:also\s+)?like\s+to\s+thank | many\s+thanks | special\s+thanks | thanks\s+to\s+(?:everyone|all))
        | \bin\s+this\s+(?:post|article|blog|tutorial|guide|section|issue|edition)\b
        | \b(?:as\s+you\s+(?:may|might|can|know)|you\s+(?:may|might)\s+(?:have|be|wonder)|have\s+you\s+ever|imagine|picture\s+this|without\s+further\s+ado|happy\s+\w+ing)\b",
    )
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_references_dangle() {
        for text in [
            "This crate had two versions.",
            "They were removed.",
            "However, the fix is late.",
            "As mentioned, it is slow.",
            "In this post we look back.",
            "With this change, builds are faster.",
            "“It works,” he said.",
            "For example, run it twice.",
            "Two further operations returned wrong results.",
        ] {
            assert!(dangles(text), "{text}");
        }
        for text in [
            "Rust 1.98.0 is out.",
            "The team thanks all.",
            "Italy won.",
            "Andorra voted.",
            "Before June, 12 crates broke.",
        ] {
            assert!(!dangles(text), "{text}");
        }
    }

    #[test]
    fn adverts_are_seen() {
        for text in [
            "Sign up for our newsletter!",
            "Register now and save your seat.",
            "We're hiring across all teams.",
            "Follow us on social media.",
            "Use code SAVE10 for 10 % off your first order.",
        ] {
            assert!(is_promotional(text), "{text}");
        }
        for text in [
            "The crate was removed from the index.",
            "Developers must register for an account before June.",
            "The server signs up to 200 requests a second.",
        ] {
            assert!(!is_promotional(text), "{text}");
        }
    }
}
