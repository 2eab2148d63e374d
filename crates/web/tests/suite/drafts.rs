//! Two drafts of the same brief: read, compared and chosen.

use copydesk_domain::artifact::{
    Artifact, ArtifactKind, Draft, DraftRating, FORMAT, RatedDraft, Ratings, Tenths, Unrated,
};
use copydesk_domain::{ContentHash, Decision, IssueState, ModelName, Untrusted};
use jiff::SignedDuration;
use reqwest::StatusCode;

use crate::browser::{Browser, field};
use crate::house::{House, RUN, TEXT};
use crate::material;

/// A draft with what belongs to it.
struct Made {
    draft: Artifact,
    review: Artifact,
    issue: Artifact,
}

fn made(house: &House, drafter: &str, title: &str, text: &str) -> Made {
    let at = house.now();
    let mut draft: Draft = serde_json::from_slice(&material::draft(at, title).bytes).unwrap();
    draft.drafter = Some(ModelName::new(drafter));
    draft.models = vec![drafter.to_owned()];
    draft.notice =
        format!("Drafted with {drafter}; each factual sentence points to its source. 3 of 3 sources read.");
    let draft = Artifact::of(ArtifactKind::Draft, &draft).unwrap();
    Made {
        review: material::review(draft.hash),
        issue: material::issue(at, draft.hash, text, "public", None),
        draft,
    }
}

fn ratings(drafts: &[(&str, &str, &Made, i64)], given: &[(&str, &str, u8)]) -> Artifact {
    let rated = |(label, drafter, made, mean): &(&str, &str, &Made, i64)| RatedDraft {
        label: (*label).to_owned(),
        drafter: Some((*drafter).to_owned()),
        models: vec![(*drafter).to_owned()],
        draft: made.draft.hash,
        review: made.review.hash,
        issue: made.issue.hash,
        mean_of_others: Some(Tenths(*mean)),
    };
    let is_own = |rater: &str, label: &str| {
        let mut own = drafts.iter();
        own.any(|(known, drafter, ..)| *known == label && *drafter == rater)
    };
    let rating = |(rater, label, score): &(&str, &str, u8)| DraftRating {
        rater: (*rater).to_owned(),
        draft: (*label).to_owned(),
        purpose: "first_draft".to_owned(),
        score: *score,
        is_own: is_own(rater, label),
        reasons: vec![Untrusted::new(material::HOSTILE.to_owned())],
    };
    let ratings = Ratings {
        format: FORMAT.to_owned(),
        drafts: drafts.iter().map(rated).collect(),
        ratings: given.iter().map(rating).collect(),
        unrated: vec![Unrated {
            rater: "maple".to_owned(),
            draft: "B".to_owned(),
            purpose: "checklist".to_owned(),
            reason: "model `maple` needs a person".to_owned(),
        }],
        left_out: Vec::new(),
        default: "A".to_owned(),
    };
    Artifact::of(ArtifactKind::Ratings, &ratings).unwrap()
}

/// The day with draft A by `maple` and draft B by `birch`, which wait for the author. Gives the hashes of their issues.
async fn two_drafts() -> (House, [ContentHash; 2]) {
    let house = House::empty().await;
    house.create(&material::release()).await;
    let (at, lease) = (house.now(), house.lease().await);
    for text in material::POSTS {
        let snapshot = material::snapshot(at, text);
        let lease = Some(lease.clone());
        house
            .apply(copydesk_store::Command::PutSnapshot { lease, snapshot })
            .await;
    }
    let a = made(&house, "maple", "A title of the first", TEXT);
    let b = made(&house, "birch", "A title of the second", "other prices");
    let rated = ratings(
        &[("A", "maple", &a, 70), ("B", "birch", &b, 40)],
        &[
            ("maple", "A", 9),
            ("maple", "B", 4),
            ("birch", "A", 7),
            ("birch", "B", 8),
        ],
    );
    let issues = [a.issue.hash, b.issue.hash];
    house
        .stage(&lease, "research", 1, vec![material::brief(at)])
        .await;
    let drafts = vec![b.draft.clone(), a.draft.clone()];
    house.stage(&lease, "draft", 1, drafts).await;
    let reviewed = vec![rated, b.draft, b.review, b.issue, a.draft, a.review, a.issue];
    house.review(&lease, 1, reviewed).await;
    (house, issues)
}

#[tokio::test]
async fn until_the_choice_the_page_names_no_model_beside_drafts_and_ratings() {
    let (house, issues) = two_drafts().await;
    let browser = Browser::logged_in(&house).await;
    for (label, path) in [("A", ""), ("B", "?draft=B"), ("B", "/issue?draft=b")] {
        let page = browser.get(&format!("/runs/{RUN}{path}")).await;
        assert_eq!(page.status, StatusCode::OK);
        let text = page.text;
        assert!(
            !text.contains("maple") && !text.contains("birch"),
            "{path}: {text}"
        );
        assert!(
            text.contains(&format!("Draft {label}: the models that wrote it")),
            "{text}"
        );
        assert!(!text.contains("<script"), "{text}");
    }
    let page = browser.page().await.text;
    for part in [
        "Two drafts",
        "A title of the first",
        "Approve draft A",
        "Send back draft A",
        "Rater 1",
        "Rater 2",
        "9 <span class=\"soft\">(own)</span>",
        "7 of 10 by others",
        "first by its ratings",
        "It gave no rating.",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert_eq!(field(&page, "hash"), Some(issues[0].to_string()));
    let other = browser.get(&format!("/runs/{RUN}?draft=B")).await.text;
    assert!(other.contains("A title of the second") && other.contains("Approve draft B"));
    assert_eq!(field(&other, "hash"), Some(issues[1].to_string()));
    let unknown = browser.get(&format!("/runs/{RUN}?draft=%3Cscript%3E")).await;
    assert_eq!(field(&unknown.text, "hash"), Some(issues[0].to_string()));
}

#[tokio::test]
async fn the_draft_that_the_author_approves_is_the_one_that_goes_out_and_then_names_are_told() {
    let (house, issues) = two_drafts().await;
    let browser = Browser::logged_in(&house).await;
    let other = browser.get(&format!("/runs/{RUN}?draft=B")).await.text;
    let (csrf, hash) = (field(&other, "csrf").unwrap(), field(&other, "hash").unwrap());
    let path = format!("/runs/{RUN}/approve");
    let form = [
        ("csrf", csrf.as_str()),
        ("hash", hash.as_str()),
        ("reason", "mine"),
    ];
    let approved = browser.post(&path, &form).await;
    assert_eq!(approved.status, StatusCode::SEE_OTHER, "{}", approved.text);
    assert_eq!(house.issue_hash().await, issues[1]);
    assert_eq!(house.issue_state().await, IssueState::Approved);
    let page = browser.page().await.text;
    for part in [
        "A title of the second",
        "You chose draft <strong>B</strong>, by birch, which did not stand first by its ratings.",
        "Draft A</a>, by maple",
        "Drafted with birch",
        "birch agreed with you 1 of 1 time.",
        "maple agreed with you 0 of 1 time.",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    // Choosing the other one within the hold voids that approval.
    let form = [
        ("csrf", csrf.as_str()),
        ("hash", &issues[0].to_string()),
        ("reason", "no, that"),
    ];
    let approved = browser.post(&path, &form).await;
    assert_eq!(approved.status, StatusCode::SEE_OTHER, "{}", approved.text);
    let decisions = house.store.decisions(&RUN.into()).await.unwrap();
    let told: Vec<_> = decisions
        .iter()
        .map(|record| (record.decision, record.hash))
        .collect();
    assert_eq!(
        told,
        [
            (Decision::Approved, issues[1]),
            (Decision::Voided, issues[1]),
            (Decision::Approved, issues[0])
        ]
    );
    assert_eq!(house.issue_hash().await, issues[0]);
}

/// Approves draft A, then draft B an hour later; gives the status of the second.
async fn approve_a_then_b(house: &House, issues: [ContentHash; 2], later: SignedDuration) -> StatusCode {
    let browser = Browser::logged_in(house).await;
    let csrf = browser.csrf().await;
    let path = format!("/runs/{RUN}/approve");
    let form = |hash: ContentHash| [("csrf", csrf.clone()), ("hash", hash.to_string())];
    let [first, second] = issues.map(|hash| form(hash).map(|(name, value)| (name, value)));
    let send = async |form: &[(&'static str, String); 2]| {
        let pairs: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let reason = [("reason", "so")];
        browser
            .post(&path, &[pairs.as_slice(), &reason].concat())
            .await
            .status
    };
    assert_eq!(send(&first).await, StatusCode::SEE_OTHER);
    house.pass(later);
    // The session's use is noted now, so that it is no write of what is measured.
    browser.page().await;
    send(&second).await
}

#[tokio::test]
async fn another_draft_takes_the_place_of_an_approved_one_in_one_commit() {
    let (house, issues) = two_drafts().await;
    let commits = house.store.changes();
    let first = *commits.borrow();
    let status = approve_a_then_b(&house, issues, SignedDuration::from_mins(1)).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    // A link, a login, and a commit for each approval: nobody who goes away between leaves nothing approved.
    assert_eq!(*commits.borrow() - first, 4);
    assert_eq!(house.issue_hash().await, issues[1]);
    assert_eq!(house.issue_state().await, IssueState::Approved);
}

#[tokio::test]
async fn when_the_time_to_decide_is_over_an_approved_draft_stays_so() {
    let (house, issues) = two_drafts().await;
    let status = approve_a_then_b(&house, issues, SignedDuration::from_hours(25)).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(house.issue_hash().await, issues[0]);
    assert_eq!(house.issue_state().await, IssueState::Approved);
    assert_eq!(house.store.decisions(&RUN.into()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_draft_that_is_sent_back_stands_first_in_its_round() {
    let (house, issues) = two_drafts().await;
    let browser = Browser::logged_in(&house).await;
    let other = browser.get(&format!("/runs/{RUN}?draft=B")).await.text;
    let (csrf, hash) = (field(&other, "csrf").unwrap(), field(&other, "hash").unwrap());
    let form = [
        ("csrf", csrf.as_str()),
        ("hash", hash.as_str()),
        ("reason", "shorter"),
    ];
    let sent = browser.post(&format!("/runs/{RUN}/send-back"), &form).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    let stages = house.store.stages(&RUN.into()).await.unwrap();
    let review = stages
        .iter()
        .find(|stage| stage.stage.as_str() == "review")
        .unwrap();
    assert_eq!(review.artifacts.last().unwrap().hash, issues[1]);
    assert_eq!(house.issue_state().await, IssueState::Drafted);
}

#[tokio::test]
async fn bytes_that_are_no_draft_of_the_round_are_still_refused() {
    let (house, _) = two_drafts().await;
    let browser = Browser::logged_in(&house).await;
    let csrf = browser.csrf().await;
    let strange = ContentHash::of(b"strange").to_string();
    let form = [
        ("csrf", csrf.as_str()),
        ("hash", strange.as_str()),
        ("reason", "x"),
    ];
    let answer = browser.post(&format!("/runs/{RUN}/approve"), &form).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text);
}
