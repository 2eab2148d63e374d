//! Words by which a clause takes back, dates, makes up or ascribes what stands beside it: reviewed lists.

use std::sync::LazyLock;

use crate::lexicon::{Words, listed};

pub(super) static TAKES_BACK: Words = LazyLock::new(|| listed(TAKES_BACK_WORDS));
pub(super) static FICTION: Words = LazyLock::new(|| listed(FICTION_WORDS));
pub(super) static PLAYED: Words = LazyLock::new(|| listed(PLAYED_WORDS));
pub(super) static PAST: Words = LazyLock::new(|| listed(PAST_WORDS));
pub(super) static TRUTH: Words = LazyLock::new(|| {
    listed("true so certain clear confirmed proven correct accurate case fact verified known settled final")
});
pub(super) static OWN_CLAUSE: Words = LazyLock::new(|| {
    listed("and but so while whereas yet though although albeit which who whose whom where nor because")
});
pub(super) static SAYING: Words = LazyLock::new(|| {
    listed(
        "\
    said says told tells wrote writes claimed claims alleged alleges argued argues insisted insists warned warns \
    testified testifies tweeted asserted asserts contended contends maintained",
    )
});
pub(super) static WEAK_SAYING: Words = LazyLock::new(|| {
    listed(
        "\
    added adds noted notes reported reports explained explains stated announced announces estimated estimates \
    predicted predicts confirmed confirms believed believes suggested suggests admitted admits posted say argue \
    believe think warn estimate predict insist allege quoted cited put recalled recalls \
    quipped joked acknowledged conceded revealed reveals suspects suspected fears feared guesses hears heard",
    )
});

/// Words of what undid, denied or never was.
const TAKES_BACK_WORDS: &str = "\
    overturned overturns overturn retracted retracts retract retraction revoked revokes revoke withdrawn withdrew \
    withdraws withdraw reversed reverses reversal annulled annuls quashed quashes rescinded rescinds repealed repeals \
    voided nullified invalidated debunked debunks refuted refutes disproved disproven disproves discredited denied denies \
    deny denying denial disputed disputes dispute disputing contested rejected rejects dismissed dismisses false falsely \
    untrue incorrect incorrectly inaccurate erroneous erroneously mistaken mistakenly wrong wrongly misleading misreported \
    misquoted unfounded baseless bogus fake doubtful unproven unverified unconfirmed uncertain unclear myth myths rumour \
    rumours rumor rumors allegation allegations allegedly alleged supposedly purportedly cancelled canceled cancels \
    scrapped abandoned shelved undone undid reverted reverts revert backtracked correction erratum otherwise contrary \
    disagrees disagreed disagree hoax superseded";

/// Words of what is made up.
const FICTION_WORDS: &str = "\
    novel novella satire satirical parody spoof fiction fictional fictitious fable fairy sitcom cartoon joke joking \
    jokingly prank dreamt imagined imaginary hypothetical hypothetically";

/// Words of what is played or supposed, where the kept words stand in it: `In the film, …`.
const PLAYED_WORDS: &str = "\
    film movie series episode show play game dream legend scenario simulation simulated exercise drill mock imagine suppose \
    supposing alternate counterfactual";

/// Two words that undo together.
pub(super) const UNDOING: &[(&str, &str)] = &[
    ("set", "aside"),
    ("thrown", "out"),
    ("threw", "out"),
    ("struck", "down"),
    ("walked", "back"),
    ("rolled", "back"),
    ("taken", "back"),
    ("took", "back"),
    ("called", "off"),
];

/// Words that name what a page says of itself: `the company said` in a company's post.
pub(super) const OWN_NAMES: &[&str] = &[
    "company",
    "firm",
    "team",
    "project",
    "author",
    "authors",
    "maintainers",
    "developers",
    "vendor",
    "foundation",
    "we",
    "i",
    "our",
];

/// Words of what was and may be no more.
const PAST_WORDS: &str = "previously formerly once originally initially till ago historically earlier";

/// Words of a heading over what is not so.
pub(super) const UNTRUE: &[&str] = &[
    "false",
    "untrue",
    "incorrect",
    "wrong",
    "myth",
    "myths",
    "rumour",
    "rumours",
    "rumor",
    "rumors",
    "hoax",
    "hoaxes",
    "debunked",
    "retracted",
    "denied",
    "misleading",
    "fake",
    "fabricated",
    "unfounded",
    "baseless",
    "satire",
    "satirical",
    "parody",
    "fictional",
    "fictitious",
    "imaginary",
];
