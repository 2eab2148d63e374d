//! Claims that another sentence of this issue, or of a past one, contradicts.

use copydesk_domain::artifact::{ClaimVerdict, Contradicted, Sentence};
use copydesk_domain::{Untrusted, Verdict};
use copydesk_guard::{Contradiction, IssueDay, ONE_WITNESS, Place, Standing, Statement, contradictions};
use jiff::civil::Date;

use super::Bench;
use super::past;

/// Holds the claims that readers may get against each other and against those of past issues.
pub(crate) fn mark(bench: &Bench, claims: &[&Sentence], day: &IssueDay, verdicts: &mut [ClaimVerdict]) {
    let date = day.date;
    let told: Vec<usize> = (0..claims.len())
        .filter(|at| verdicts[*at].verdict != Verdict::Blocked)
        .collect();
    let publishers: Vec<Vec<String>> = told
        .iter()
        .map(|at| past::publishers(claims[*at], &bench.brief))
        .collect();
    let own: Vec<Statement<'_>> = told
        .iter()
        .zip(&publishers)
        .map(|(at, publishers)| statement(claims[*at], date, None, publishers))
        .collect();
    let past = past::claims(&bench.past, &day.zone);
    let before: Vec<Statement<'_>> = past
        .iter()
        .map(|claim| statement(claim.sentence, claim.date, Some(claim.slug), &claim.publishers))
        .collect();
    for found in contradictions(&own, &before) {
        let other = match found.other {
            Place::Own(at) => &own[at],
            Place::Past(at) => &before[at],
        };
        flag(&mut verdicts[told[found.own]], &found, other);
    }
}

fn statement<'a>(
    sentence: &'a Sentence,
    date: Date,
    issue: Option<&'a str>,
    publishers: &'a [String],
) -> Statement<'a> {
    Statement {
        id: &sentence.id,
        text: sentence.text.inspect(),
        issue,
        date,
        publishers: publishers.iter().map(String::as_str).collect(),
    }
}

/// Marks a claim with the sentence that it contradicts. What the text itself does not settle is the author's.
fn flag(claim: &mut ClaimVerdict, found: &Contradiction, other: &Statement<'_>) {
    let place = match other.issue {
        Some(slug) => format!("{} of the issue {slug}", other.id),
        None => other.id.to_string(),
    };
    let (lead, is_open) = match found.standing {
        Standing::Open => ("contradicts", true),
        Standing::Stated => ("differs, and says so, from", false),
        Standing::Updated => ("reports a change to", false),
    };
    let reason = format!(
        "it {lead} {place} ({}): “{}”",
        found.difference,
        begin(other.text)
    );
    if is_open && claim.verdict == Verdict::Supported {
        claim.verdict = Verdict::Unsettled;
        claim.reasons.retain(|reason| reason == ONE_WITNESS);
        claim.reasons.insert(0, reason);
    } else {
        claim.reasons.push(reason);
    }
    claim.contradicts.push(Contradicted {
        sentence: other.id.clone(),
        issue: other.issue.map(str::to_owned),
        text: Untrusted::new(other.text.to_owned()),
        difference: found.difference.clone(),
    });
}

/// The first words of a sentence, for a reason.
fn begin(text: &str) -> String {
    const LENGTH: usize = 120;
    if text.chars().count() <= LENGTH {
        return text.to_owned();
    }
    let head: String = text.chars().take(LENGTH).collect();
    let end = head.rfind(' ').unwrap_or(head.len());
    format!("{}…", &head[..end])
}

#[cfg(test)]
mod tests {
    use copydesk_domain::SentenceId;

    use super::*;

    fn supported(reasons: &[&str]) -> ClaimVerdict {
        ClaimVerdict {
            sentence: SentenceId::new("s1"),
            verdict: Verdict::Supported,
            reasons: reasons.iter().map(|reason| (*reason).to_owned()).collect(),
            spans: Vec::new(),
            witnesses: 1,
            contradicts: Vec::new(),
            opinion: None,
        }
    }

    fn flagged(standing: Standing, issue: Option<&str>) -> ClaimVerdict {
        let id = SentenceId::new("s7");
        let other = Statement {
            id: &id,
            text: "The outage hit 60 clusters.",
            issue,
            date: jiff::civil::date(2026, 8, 6),
            publishers: Vec::new(),
        };
        let found = Contradiction {
            own: 0,
            other: Place::Past(0),
            difference: "40 clusters / 60 clusters".to_owned(),
            standing,
        };
        let mut claim = supported(&["its words stand in the source", ONE_WITNESS]);
        flag(&mut claim, &found, &other);
        claim
    }

    #[test]
    fn a_contradiction_is_the_authors_and_names_both() {
        let claim = flagged(Standing::Open, Some("2026-08-06-outage"));
        assert_eq!(claim.verdict, Verdict::Unsettled);
        assert_eq!(
            claim.reasons,
            [
                "it contradicts s7 of the issue 2026-08-06-outage (40 clusters / 60 clusters): “The outage hit 60 clusters.”",
                ONE_WITNESS
            ]
        );
        assert_eq!(claim.contradicts[0].issue.as_deref(), Some("2026-08-06-outage"));
        assert_eq!(claim.contradicts[0].sentence.as_str(), "s7");
    }

    #[test]
    fn what_the_text_states_itself_is_told_and_changes_no_verdict() {
        for standing in [Standing::Stated, Standing::Updated] {
            let claim = flagged(standing, None);
            assert_eq!(claim.verdict, Verdict::Supported, "{standing:?}");
            assert_eq!(claim.reasons.len(), 3, "{:?}", claim.reasons);
            assert_eq!(claim.contradicts.len(), 1);
        }
    }
}
