//! Which sentences of a source may stand in a briefing.

use std::sync::LazyLock;

use copydesk_text::style::{self, Habit};
use copydesk_text::{quotes, sentence, words};
use regex::Regex;

/// Shorter sentences say too little on their own.
const WORDS_MIN: usize = 5;
/// Longer ones take more of a source's 60 words than one quotation should, and nobody reads them to the end.
const WORDS_MAX: usize = 45;

/// Whether a sentence can be quoted as it stands: whole, on its own feet, no advert, no order to a model, no
/// address, no code.
pub fn is_quotable(text: &str) -> bool {
    is_whole(text)
        && (WORDS_MIN..=WORDS_MAX).contains(&words::count(text))
        && !leans_inside(text)
        && !sets_a_scene(text)
}

/// The same with room for sentences that are very short or long: for posts that have nothing else.
pub fn is_bearable(text: &str) -> bool {
    is_whole(text) && (4..=60).contains(&words::count(text))
}

fn is_whole(text: &str) -> bool {
    is_sound(text)
        && !sentence::dangles(text)
        && sentence::points_out(text, "").is_none()
        && !points_back(text)
        && !has_open_object(text)
        && !counts_what_is_known(text)
}

/// Whether nothing but words that point at another sentence can keep a sentence from being quoted.
fn is_sound(text: &str) -> bool {
    sentence::is_prose(text)
        && !text.contains(['\n', '\r', '`', '�'])
        && has_plain_spaces(text)
        && !holds_code(text)
        && !text.ends_with('?')
        && !sentence::is_promotional(text)
        && !sentence::addresses_model(text)
        && !has_address(text)
        && !is_about_the_writing(text)
        && !has_lost_words(text)
        && !is_scrap(text)
}

/// Whether a sentence can be quoted in one breath with the one before it, and not without: `We are enabling it by default`,
/// where `before` names what `it` is. `before` can stand alone.
pub fn goes_on(text: &str, before: &str) -> bool {
    let opens = text.starts_with("We ") && words::words(text).any(|(_, word)| matches!(word, "it" | "its"));
    let is_met = sentence::points_out(text, before).is_none() && !leans_inside(text);
    opens && is_met && is_sound(text) && !is_whole(text) && begins_with_thing(before)
}

/// Whether a sentence, or its clause behind an opening, begins with a single thing that an `it` can stand for.
fn begins_with_thing(text: &str) -> bool {
    static THING: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"^(?:[^,]{3,60},\s)?(?:[Tt]he\s|[Aa]n?\s|\p{Lu})(?:[^,;:]{2,60}?)\s(?:is|was|has|now|will|adds?|brings|ships|comes)\b",
        )
    });
    THING.is_match(text) && !text.starts_with("We ")
}

/// Whether marks of code stand in a sentence: nobody reads them aloud.
fn holds_code(text: &str) -> bool {
    static CODE: LazyLock<Regex> =
        LazyLock::new(|| regex(r"::|\(\)|=>|->|&&|&mut\b|\w<\w|\w\[|[{}]|==|\$\w+\b[A-Za-z_]|--\w|\w=\w"));
    CODE.is_match(text)
}

/// Whether only single spaces part the words: whoever sets the text anew may change others, and a quotation must
/// stay the same bytes.
fn has_plain_spaces(text: &str) -> bool {
    !text.contains("  ") && text.chars().all(|c| c == ' ' || !c.is_whitespace())
}

/// Whether a text names an address on the web or a mailbox: links come from snapshots only.
pub fn has_address(text: &str) -> bool {
    static ADDRESS: LazyLock<Regex> =
        LazyLock::new(|| regex(r"(?i)://|\bwww\.|\b[\w.+-]+@[\w-]+\.[a-z]{2,}\b"));
    ADDRESS.is_match(text)
}

/// Whether a sentence sets a scene (`An engineer wants to …`), argues (`If 0.7 was …, then …`), or is one half of a
/// contrast (`Some services want …`).
fn sets_a_scene(text: &str) -> bool {
    static SCENES: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?x)^(?:An?|Some|Many|Most|Few|One|Every|No)\s+(?:[a-z-]+\s+){1,3}(?:wants?|needs?|arrives?|opens?|meets?|asks?|knows?|thinks?|likes?|expects?|looks?|feels?|is\s+a|are)\b
            | ^If\b.*\bthen\b | ^We['’]ll\s+(?:start|look|walk|cover|show|see|explore|use|focus|begin|go)\b | ^Every\s+(?:day|week|month|year)\b | ^(?:Finance|Marketing|Sales|Management|Engineering|Operations)\s+\w+s\b
            | ^There\s+(?:is|are|was|were)\b | ^(?:It['’]s|It\s+is)\b | ^(?:Whether|Imagine|Picture|Think\s+of)\b",
        )
    });
    SCENES.is_match(text)
}

/// Whether a sentence leans on words outside it somewhere past its head.
fn leans_inside(text: &str) -> bool {
    static LEANS: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?xi)\b(?: (?:see|as|listed|described|shown|mentioned|noted|outlined|given|explained)\s+(?:above|below|earlier|here|later)
            | (?:above|below)[.,;)] | (?:the|these|those)\s+following\b | following\s+(?:command|code|snippet|example|table|list|steps)\b | in\s+the\s+(?:above|previous)\b | \bin\s+the\s+next\s+(?:sections?|parts?|posts?|steps?|paragraphs?|chapters?|examples?|tables?|articles?|pages?)\b
            | the\s+(?:former|latter)\b | aforementioned | see\s+(?:the\s+)?(?:figure|table|section|appendix|screenshot|diagram|image)
            | (?:since|back|until|by)\s+then\b | at\s+that\s+time\b
            | (?:this|the\s+next|a\s+previous|our\s+(?:last|previous))\s+(?:post|article|blog|section|guide|tutorial|page|table|chart|figure|diagram|screenshot)\b
            | ^see\s | \bsee\s+(?:the|our|also|also\s+the)\s+[^.]{0,60}\b(?:docs?|documentation|page|guide|post|repo|repository|readme|changelog|notes|announcement)\b | \brefer\s+to\b
            | ^along\s+the\s+way\b | \bwe\s+(?:will|['’]ll)\s+(?:also\s+)?(?:discuss|cover|explore|look|walk|see|show|explain|describe|dive|use|go)\b | \bwe\s+(?:explore|illustrate|discuss|cover|walk\s+through|dive)\b
            | \bfor\s+more\s+(?:information|details?|on)\b | click(?:ing)?\s+(?:here|on) | (?:here|there)['’]s\b | later\s+in\b | read\s+more\b )",
        )
    });
    LEANS.is_match(text) || text.contains('#')
}

/// Whether a sentence has a pronoun whose noun stands before it: `fixed this, so`, `Working with it also`; or
/// begins with a label or a speaker's initials.
fn points_back(text: &str) -> bool {
    static BACK: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?x)\b[Tt]h(?:is|ese|ose)\s*(?:[,.;:)!]|(?:is|are|was|were|has|have|had|to|so|and|but|by|in|on|at|with|from|for|as|can|will|would|should|could|may|might|means?|makes?|allows?|lets?|gives?|helps?|happens?|happened)\b)
            | ^(?:In|With|Without|For|After|Before|By|On|From|While|When|If|Since|Because|As|\w+ing|Using|To|At|Like)\s+(?:\S+\s+)?(?:it|they|them|him|her|that)\b
            | ^(?:Upon|On|After|Before|By|When|While)\s+\w+ing\s+that\s+(?:it|they)\b
            | ^(?:First|Second|Third|Last|Finally|Also|Oh|Well|Yes|No|Note|Now|OK|Okay)\b,?\s
            | ^(?:We|They|I|You|He|She)\s+(?:\w+\s+){0,3}(?:its|their|them|it)\b | \bclos(?:es|ed|ing)\s+that\s",
        )
    });
    static LABEL: LazyLock<Regex> = LazyLock::new(|| regex(r"^(?:\S+\s+){0,4}\S+:\s"));
    let label = LABEL.is_match(text) && !text.starts_with(['"', '“']);
    label || BACK.is_match(text)
}

/// Whether a sentence is a shout, a credit, a step of a script, or two lines that lost what parted them.
fn is_scrap(text: &str) -> bool {
    static SCRAPS: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?x)!$ | \b(?:by|from|to|thanks)\s+@\w | \b[0-9A-Fa-f]{16,}\b | \b[a-z_]+\.[a-z_]+\.[a-z_]+\b.*\b[a-z_]+\.[a-z_]+\.[a-z_]+\b
            | [a-z]\s(?:At|The|This|When|If|We|But|And|It|There|These|That)\s[a-z]
            | ^(?:Pulls|Runs|Sets|Creates|Starts|Stops|Prints|Sends|Reads|Writes|Checks|Installs|Deploys|Opens|Loads|Calls|Builds|Shows|Gets|Takes|Applies|Configures)\s
            | ^\w+(?:\s\w+)?\s(?:done|written|made|edited)\sby\b",
        )
    });
    static HIS: LazyLock<Regex> = LazyLock::new(|| regex(r"\b(?:his|her|he|she)\b"));
    static PERSON: LazyLock<Regex> = LazyLock::new(|| regex(r"\p{Lu}\p{Ll}+\s\p{Lu}\p{Ll}+"));
    let of_nobody = HIS
        .find(text)
        .is_some_and(|found| !PERSON.is_match(&text[..found.start()]));
    of_nobody || SCRAPS.is_match(text)
}

/// Whether an object pronoun has nothing in its sentence that it can stand for: `When Norn hands it a prompt, …`. What
/// is the subject of the same clause is not meant, else it were `itself`.
fn has_open_object(text: &str) -> bool {
    static OBJECT: LazyLock<Regex> = LazyLock::new(|| regex(r"\s(\w+)\s(?:it|them)\b(?:\s+(\w+))?"));
    static ASIDE: LazyLock<Regex> = LazyLock::new(|| regex(r"\s*\([^)]*\)"));
    static BOUND: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?i)[,;:—–]|\b(?:and|or|but|that|which|who|of|in|on|at|to|for|from|with|by|as|into|than|between|over|under|through|about|via)\b",
        )
    });
    const CLAUSE: &[&str] = &[
        "that", "if", "when", "because", "since", "as", "while", "so", "and", "but", "where", "once",
        "until", "before", "after", "whether", "than", "though", "or", "whenever",
    ];
    const EXPLETIVE: &[&str] = &[
        "easy",
        "easier",
        "possible",
        "hard",
        "harder",
        "simple",
        "simpler",
        "clear",
        "safe",
        "difficult",
    ];
    let plain = ASIDE.replace_all(text, "");
    let Some(found) = OBJECT.captures(&plain) else {
        return false;
    };
    let before = &plain[..found.get(1).map_or(0, |word| word.start())];
    let opens_clause = CLAUSE.contains(&found[1].to_lowercase().as_str());
    let is_expletive = found
        .get(2)
        .is_some_and(|word| EXPLETIVE.contains(&word.as_str()));
    !opens_clause && !is_expletive && !BOUND.is_match(before)
}

/// Whether a sentence counts things that the one before it named: `all three setups`, `both ways`, `the two lines`.
fn counts_what_is_known(text: &str) -> bool {
    static KNOWN: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?xi)\b(?:all|the|these|those|our|its|their|last|first|next|other)\s+(?:last\s+|first\s+|other\s+|same\s+)?(?:two|three|four|five|six|seven)\s+[a-z]+
            | \bthe\s+(?:second|third|fourth|fifth|other)\s+(?:option|way|approach|step|reason|case|kind|type|piece|problem|question|example)\b
            | \banother\s+(?:edge\s+case|example|reason|problem|issue|point|way|option|case|change|thing|question)\b
            | \b(?:each|either|neither|one)\s+of\s+(?:these|those|them|the\s+two)\b
            | ,\s+however,\s | \bhowever,\s | ^by\s+contrast\b | ^beyond\s+(?:this|that|these)\b | \bas\s+well[.!]$ | \btoo[.!]$ | \beither[.!]$",
        )
    });
    // `the two companies agreed` after both were named is fine, and then a name stands before the count.
    let found = KNOWN.find(text);
    found.is_some_and(|found| {
        let before = &text[..found.start()];
        !before.contains(" and ") || found.as_str().contains("however")
    })
}

/// Whether the writer speaks of himself, of his thanks, or of the page.
fn is_about_the_writing(text: &str) -> bool {
    static SELF: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?xi)^(?:i|i['’](?:m|ve|d|ll)|my|let['’]?s|let\s+me|thanks?|thank\s+you|hi|hello|hey|welcome|dear|special\s+thanks|many\s+thanks|huge\s+thanks|big\s+thanks|congratulations|happy)\b
            | \bwe(?:['’]d|\ would|['’]re|\ are)?\s+(?:also\s+)?(?:like\s+to|want\s+to|wish\s+to)?\s*(?:thank|acknowledge)\b
            | \b(?:we(?:['’]re|\s+are)|i(?:['’]m|\s+am))\s+(?:\w+ly\s+|so\s+|very\s+|super\s+)?(?:excited|happy|thrilled|proud|pleased|glad|delighted|grateful|honou?red)\b
            | \bwe\s+want(?:ed)?\s+to\s+share\b | \bshare\s+an\s+update\b
            | \b(?:first|originally)\s+(?:published|appeared)\b | \breprinted\b | \bcross-?posted\b | ^guest\s+(?:article|post)\b
            | \bin\s+this\s+(?:post|article|blog|tutorial|guide|section|edition|series|episode|video|issue\s+of)\b
            | \b(?:stay\s+tuned|keep\s+an\s+eye\s+(?:on|out)|as\s+always|without\s+further\s+ado|have\s+you\s+ever|imagine\s+)\b
            | \b(?:docs|documentation|readme|changelog|release\s+notes)\s+(?:gives?|describes?|covers?|explains?|has|have|contains?|lists?)\b
            | ^every\s+(?:day|week|month|year)\b | \bhelp\s+(?:us|me)\s+out\b | ^if\s+you(?:['’]d|\s+would)?\s+(?:also\s+)?(?:like|want)\s+to\s+(?:help|try|join|contribute|test)\b
            | \b(?:join|meet|see|find|visit|tag|send|tell|email|contact)\s+(?:us|me)\b
            | \b(?:check\s+back|report\s+any|open\s+an\s+issue|file\s+an\s+issue|submit\s+a|pull\s+request\s+to|come\s+together|came\s+together|reach(?:ing)?\s+out|feedback|calls?\s+for|read\s+(?:the|our|those|these|about)|please\s+(?:note|read|see|submit|join|share|try|visit|refer))\b",
        )
    });
    SELF.is_match(text)
}

/// Whether words were lost where code or a link stood: empty brackets, a space before a comma, a colon at the end.
fn has_lost_words(text: &str) -> bool {
    static LOST: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"\(\s*\)|\[\s*\]|\s[,;:](?:\s|$)|\s\.(?:\s|$)|:[.”]?$|\.\.\.$|…$|\b(?:the|a|an|of|and|or|using)[.,;](?:\s|$)",
        )
    });
    LOST.is_match(text)
}

/// Whether a sentence has quotation marks of its own around a term of a word or two, straight ones: they can stand
/// inside the curly ones of a quotation.
pub fn has_marked_term(text: &str) -> bool {
    let straight = text.matches('"').count();
    let others = text.contains(['“', '”', '„', '«', '»']);
    let found = quotes::find(text);
    straight == 2
        && !others
        && found
            .iter()
            .filter(|quote| text[..quote.range.start].ends_with('"'))
            .all(|quote| {
                (1..=2).contains(&words::count(&quote.text)) && !quote.text.ends_with(['.', ',', '!', '?'])
            })
}

/// How well a sentence bears being quoted, `0.0..=1.0`: marks inside it and a missing subject cost.
pub fn ease(text: &str) -> f64 {
    let mut ease = 1.0_f64;
    if has_double_marks(text) && !has_marked_term(text) {
        ease -= 0.5;
    }
    if praises(text) {
        ease -= 0.3;
    }
    if text.contains(['(', '[', ';', '—', '–']) {
        ease -= 0.1;
    }
    let count = words::count(text);
    if !(8..=30).contains(&count) {
        ease -= 0.15;
    }
    if text.trim_start_matches("… ").starts_with(char::is_lowercase) && !text.starts_with('…') {
        ease -= 0.25;
    }
    if leans_on_article(text) || bids_the_reader(text) {
        ease -= 0.25;
    }
    ease.max(0.0)
}

/// Whether a sentence bids its reader do or picture something: `Remember that …`, `If you have used Norn, …`. Advice is
/// looked at elsewhere.
fn bids_the_reader(text: &str) -> bool {
    static BIDS: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"^(?:(?:Remember|Notice|Consider|Group|Activate|Think|Keep|Let|Make|Take|Call|Create|Open|Click|Start|Define|Pick|Choose|Send|Ask|Put|Watch|Learn|Bring|Say|Do|Don['’]t)\s+(?:the|an?|that|this|what|your|how|by|not|it|all|any|every|each|of|in|about)\b|(?:Clone|Paste|Jump)\s|Your\s|If\s+you(?:['’]|\s))",
        )
    });
    BIDS.is_match(text)
}

/// Whether a sentence praises what it speaks of, in words that say nothing.
fn praises(text: &str) -> bool {
    style::flaws(text)
        .iter()
        .any(|flaw| matches!(flaw.habit, Habit::Hype | Habit::Worn | Habit::Machine))
}

/// Whether double quotation marks stand in a text: such a text cannot go into marks of its own unread.
pub fn has_double_marks(text: &str) -> bool {
    text.contains(['"', '“', '”', '„', '«', '»'])
}

/// Whether the subject is a thing that a sentence before must have named: `The crate was removed.`
fn leans_on_article(text: &str) -> bool {
    let first: Vec<&str> = words::words(text).take(4).map(|(_, word)| word).collect();
    match first.as_slice() {
        ["The" | "Our" | "My", noun, next, after @ ..] => {
            let is_small = |word: &str| word.starts_with(char::is_lowercase);
            let is_verb = |word: &str| is_small(word) && words::is_stop(word);
            let verb_follows = after.first().is_some_and(|word| is_verb(word));
            // `The flag removes peers`, but not `The service accounts were removed`, which the verb behind shows.
            let acts = is_small(next) && next.ends_with('s') && !next.ends_with("ss");
            let is_body = [
                "team",
                "project",
                "company",
                "community",
                "council",
                "group",
                "foundation",
                "maintainers",
            ]
            .contains(noun);
            is_small(noun) && !is_body && (is_verb(next) || acts || (!is_number(next) && verb_follows))
        }
        ["You" | "I", ..] => true,
        _ => false,
    }
}

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

/// Whether a clause begins with a word that can be its subject: with a capital, or in small letters with a plain
/// verb behind it.
pub fn has_subject(clause: &str) -> bool {
    let Some((_, first)) = words::words(clause).next() else {
        return false;
    };
    let begins_otherwise = words::is_stop(first) || first.ends_with("ing") || first.ends_with("ed");
    let has_plain_verb = [" is ", " are ", " was ", " were ", " has ", " have ", " had "]
        .iter()
        .any(|verb| clause.contains(verb));
    !begins_otherwise && (first.starts_with(char::is_uppercase) || has_plain_verb)
}

/// What stands between the longest quotation inside a text, where it is whole enough to be quoted alone.
pub fn inner_quotation(text: &str) -> Option<&str> {
    let found = quotes::find(text);
    let longest = found.iter().max_by_key(|quote| quote.range.len())?;
    let inside = &text[longest.range.clone()];
    (words::count(inside) >= WORDS_MIN && !has_double_marks(inside)).then_some(inside)
}

/// A pattern that is a constant of this crate.
pub fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant that the tests compile")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_statements_are_quotable() {
        for text in [
            "Norn lost writes on 3,600 clusters before the rollback.",
            "We recommend that every operator rotates the signing keys.",
            "Tarnhelm 4.2 replaces the old scheduler with a queue per zone.",
            "The team removed the crate and reported it to the index.",
            "Norn 4.2 makes it easy to move a cluster to another zone.",
            "Users of Norn should pin it to the version before.",
            "Norn and Lattice agreed that the two companies share the bill.",
        ] {
            assert!(is_quotable(text), "{text}");
        }
    }

    #[test]
    fn sentences_that_lean_sell_or_link_are_not() {
        for text in [
            "This crate had eleven versions on the index.",
            "The steps are described below.",
            "We are excited to announce the new scheduler today.",
            "We would like to thank everyone who tested the beta.",
            "Read the notes at https://a.example/notes for the details of it.",
            "Is the new scheduler really faster than the old one?",
            "In this post we look at the new scheduler and its queue.",
            "Set the flag  , then restart the node with the new value.",
            "I wrote a scheduler in a weekend and learned a lot.",
            "When Norn (or any other system) hands it a prompt, the router reads the prompt.",
            "Upon learning that it was out of pages, Norn opened a second file.",
            "At light load, all three setups perform almost identically.",
            "Over time, however, users of Norn have asked for more than that.",
            "For the reference version of the planner, see the planner page in the Norn docs.",
            "Rows are moved to pages as the nodes of Norn are in the next section.",
            "Along the way, we will also discuss how Norn stores its rows in pages.",
            "We discovered that arrayref had recently been made to depend on this crate.",
            "Corrie 0.157 changes that by bringing lambdas to the language of Norn.",
            "Sharing of pages adds the third option: send a request to the best node.",
            "We wanted to share an update on what the council of Norn has done.",
        ] {
            assert!(!is_quotable(text), "{text}");
        }
    }

    #[test]
    fn a_sentence_goes_on_where_the_one_before_names_its_thing() {
        let before = "After four years of work, the new planner is close to release.";
        assert!(goes_on(
            "We are enabling it by default on all nodes and plan to release it in the next months.",
            before
        ));
        assert!(!goes_on(
            "We are enabling it by default on all nodes.",
            "We thank all of them for the work."
        ));
        assert!(
            !goes_on("We are enabling queues by default on all nodes.", before),
            "it stands alone"
        );
        assert!(
            !goes_on("It is enabled by default on all nodes.", before),
            "nobody begins on a pronoun"
        );
    }

    #[test]
    fn a_subject_with_a_name_is_easier() {
        assert!(
            ease("Norn lost writes on 3,600 clusters on Monday.")
                > ease("The crate was removed and the account was locked.")
        );
        assert!(ease("The flag removes peers and all that hangs on them.") < 0.8);
        assert!(ease("The team removes peers and all that hangs on them.") >= 0.8);
        assert!(ease("Remember that agents of Norn are systems with goals of their own.") < 0.8);
        assert!(ease("Your dashboard knows what each of the rows of Norn costs.") < 0.8);
        assert!(ease("If you’ve used Norn for long, you know its six kinds of rows.") < 0.8);
    }
}
