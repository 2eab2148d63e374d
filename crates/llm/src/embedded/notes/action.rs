//! Sentences that tell the reader what to do.

use std::sync::LazyLock;

use copydesk_text::words;
use regex::Regex;

use super::super::fit::regex;

/// Verbs that are advice wherever they open a sentence; the others are so under a heading that promises advice, and
/// in `operators should …`: `Apply policies without leaving the editor` praises a product. Sorted.
const URGENT: &[&str] = &[
    "audit",
    "block",
    "check",
    "downgrade",
    "ensure",
    "patch",
    "pin",
    "rebuild",
    "reset",
    "restart",
    "revoke",
    "rotate",
    "scan",
    "stop",
    "treat",
    "uninstall",
    "update",
    "upgrade",
    "verify",
];

/// Verbs of advice in their base form. Sorted.
const ADVICE: &[&str] = &[
    "apply",
    "audit",
    "avoid",
    "block",
    "check",
    "consult",
    "delete",
    "disable",
    "downgrade",
    "drain",
    "enable",
    "ensure",
    "export",
    "inspect",
    "install",
    "make",
    "migrate",
    "move",
    "patch",
    "pin",
    "rebuild",
    "remove",
    "replace",
    "reset",
    "restart",
    "review",
    "revoke",
    "roll",
    "rotate",
    "run",
    "scan",
    "set",
    "stop",
    "switch",
    "treat",
    "turn",
    "uninstall",
    "update",
    "upgrade",
    "verify",
    "watch",
];

/// Whether a sentence tells the reader to do something: an order with a verb of advice, or `operators should …`.
pub fn is_action(sentence: &str) -> bool {
    let lower = sentence.to_lowercase();
    !is_no_advice(&lower) && (opens_with(sentence, URGENT) || ADVISES.is_match(&lower))
}

/// Whether somebody else is advised (`said that customers must`), nobody has to do anything (`no longer need to`),
/// or the page only asks to be looked at (`check the agenda`, `stop by our booth`).
fn is_no_advice(lower: &str) -> bool {
    static NONE: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?x)\s(?:said|says|told|asked|wrote)\s | \b(?:not|longer|never|n['’]t)\s+(?:\w+\s+)?(?:need|have)\s+to | \bif\s+you\s+(?:need|want|like|would\s+like)\b
            | ^without\b | \bstill\s+(?:need|have|has|needs)\s+to\b | \b(?:include|attach|provide|share|submit)\b.{0,40}\b(?:details|logs?|screenshots?|steps|information|reports?)\b
            | ^(?:when|if|where|whenever)\s.*\s(?:need|have)s?\s+to\b | ,\s+where\b
            | \b(?:stop|swing|drop)\s+by\b | \b(?:agenda|booth|tutorial|give\s+it\s+a\s+try|reading\s+the|checking\s+out|creating\s+an?|meeting|talk|session|community|introduction)\b
            | ^(?:patch|audit|check|test|update|scan)\s+(?:files?|logs?|notes?|releases?|results?|events?|trails?|rules?|sets?)\b | !$",
        )
    });
    NONE.is_match(lower)
}

/// Whether a sentence opens with an order of any kind.
pub fn is_order(sentence: &str) -> bool {
    opens_with(sentence, ADVICE)
}

fn opens_with(sentence: &str, verbs: &[&str]) -> bool {
    let mut found = words::words(sentence).map(|(_, word)| word);
    let Some(first) = found.next() else { return false };
    let first = if matches!(first, "Please" | "Immediately" | "Then") {
        found.next().unwrap_or(first)
    } else {
        first
    };
    let next = found.next().unwrap_or_default().to_lowercase();
    // `Update 3 fixes`, `Test results are`: a noun, not an order.
    let is_noun = matches!(
        next.as_str(),
        "is" | "are" | "was" | "were" | "has" | "will" | "can" | "of"
    ) || next.starts_with(|c: char| c.is_ascii_digit());
    verbs.binary_search(&first.to_lowercase().as_str()).is_ok() && !is_noun
}

/// Advice to a reader: who, a modal, and a verb of advice within a few words.
static ADVISES: LazyLock<Regex> = LazyLock::new(|| {
    let who = r"(?:you|users?|operators?|administrators?|admins?|customers?|maintainers?|developers?|teams?|anyone|everyone|everybody|those|organi[sz]ations|owners|authors|subscribers|readers)";
    let verb = ADVICE.join("|");
    regex(&format!(
        r"\b{who}\b(?:\s+\S+){{0,6}}?\s+(?:should|must|need\s+to|needs\s+to|have\s+to|has\s+to|ought\s+to|are\s+(?:advised|urged|encouraged|asked|recommended)\s+to)\s+(?:also\s+|immediately\s+|now\s+|not\s+)?(?:{verb})\b
        |\b(?:we|strongly|highly|maintainers|it\s+is)\s+(?:strongly\s+|highly\s+|also\s+)?(?:recommend(?:s|ed)?|advises?|advised|urge[sd]?|suggests?)\b
        |\b(?:should|must)\s+be\s+(?:rotated|upgraded|updated|patched|revoked|replaced|rebuilt|audited|reset|treated|reviewed|pinned)\b"
    ).replace("\n        ", ""))
});

/// Whether a heading promises advice.
pub fn promises_advice(heading: &str) -> bool {
    static PROMISES: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?i)\b(?:what\s+(?:to|you|users?|operators?|should)|recommend|mitigat|remediat|workaround|next\s+steps|action|advice|upgrad|how\s+to\s+(?:fix|protect|check)|am\s+i\s+affected)",
        )
    });
    PROMISES.is_match(heading)
}

/// Whether a sentence begins with a bare verb, as entries of a list do.
pub fn lacks_subject(sentence: &str) -> bool {
    static BARE: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"^(?:Add|Adds|Allow|Allows|Avoid|Build|Bump|Bumps|Change|Changes|Clean|Correct|Create|Deprecate|Disable|Document|Drop|Drops|Enable|Enables|Ensure|Expose|Extend|Fix|Fixes|Handle|Implement|Implements|Improve|Improves|Include|Introduce|Introduces|Make|Makes|Mark|Merge|Move|Moves|Optimize|Pass|Prevent|Provide|Reduce|Refactor|Remove|Removes|Rename|Replace|Replaces|Restore|Return|Returns|Revert|Set|Show|Simplify|Skip|Split|Stop|Support|Supports|Switch|Test|Update|Updates|Upgrade|Upgrades|Use|Uses|Verify|Warn)\b",
        )
    });
    BARE.is_match(sentence)
}

/// Whether a sentence is a line of a changelog: `Fixed a crash when …` has no subject.
pub fn is_changelog_entry(sentence: &str) -> bool {
    static PAST: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"^(?:(?:feat|fix|chore|docs|refactor|perf|test|ci|build)(?:\([^)]*\))?!?:|(?:Added|Allowed|Bumped|Changed|Corrected|Created|Deprecated|Disabled|Dropped|Enabled|Ensured|Exposed|Fixed|Fixes|Implemented|Improved|Introduced|Merged|Moved|Optimi[sz]ed|Prevented|Reduced|Refactored|Removed|Renamed|Replaced|Restored|Reverted|Simplified|Switched|Updated|Upgraded)\s)",
        )
    });
    PAST.is_match(sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        assert!(ADVICE.is_sorted() && URGENT.is_sorted() && URGENT.iter().all(|verb| ADVICE.contains(verb)));
    }

    #[test]
    fn orders_and_advice_are_actions() {
        for text in [
            "Upgrade to 4.2.1 before Friday.",
            "Operators should rotate all keys that were used on Monday.",
            "We recommend you check your local dependencies.",
            "Users of the old client are urged to update.",
            "Keys that were in memory must be rotated.",
            "Please rebuild the index of every shard.",
        ] {
            assert!(is_action(text), "{text}");
        }
    }

    #[test]
    fn reports_are_none() {
        for text in [
            "Update 3 fixes the planner.",
            "Users no longer need to rebuild the index.",
            "Audit logs often want complete copies of each event.",
            "Two hosts said that their customers must patch on their own.",
            "Apply policies without leaving the editor.",
            "The team upgraded to the new client.",
            "Norn will publish the report in June.",
            "Test results are stored for a week.",
            "Without a quick view, maintainers still need to inspect each change of a page.",
            "Please ensure you include browser and device details.",
            "When operators need to pin a commit for a fix, they build that image themselves.",
            "Restart a fleet under live sessions, where each of them must recover at once.",
        ] {
            assert!(!is_action(text), "{text}");
        }
    }
}
