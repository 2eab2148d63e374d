//! The author's decisions: bound to bytes, once, and never undone by a worker.

use copydesk_domain::{AnswerId, ContentHash, Decision, IssueState, RunState, StageName, StageState};

use super::rules;
use super::scene::{Scene, at, decide, finish, intend, issue, report, update};
use crate::record::{OutboxState, Subject};
use crate::{Command, Lease, StoreError};

super::cases![
    each_decision_moves_the_issue,
    a_decision_is_read_back,
    a_decision_on_other_bytes_is_refused,
    only_the_newest_issue_of_the_newest_round_waits,
    a_second_approval_is_refused,
    a_decision_needs_a_reviewed_issue,
    an_approval_is_recalled_until_it_is_on_its_way,
    an_approval_is_voided_by_its_own_hash,
    a_stopped_run_is_not_decided_on,
    a_decision_needs_no_lease_and_a_worker_does_not_undo_it,
    only_a_decision_approves,
    what_was_sent_back_is_not_reviewed_again,
    a_cancel_takes_an_approval_back,
    a_cancel_leaves_what_is_on_its_way,
    an_answer_is_decided_on_by_its_hash,
    an_answer_of_an_older_report_is_refused,
];

pub(super) fn is_refused(error: &StoreError, decision: &str, state_has: &str) -> bool {
    matches!(error, StoreError::DecisionRefused { decision: d, state } if *d == decision && state.contains(state_has))
}

async fn each_decision_moves_the_issue(scene: Scene) {
    let cases = [
        (Decision::Approved, IssueState::Approved),
        (Decision::Rejected, IssueState::Rejected),
        (Decision::SentBack, IssueState::Drafted),
        (Decision::Expired, IssueState::Expired),
    ];
    for (decision, state) in cases {
        let (lease, hash) = scene.reviewed(decision.as_str(), "one").await;
        scene.apply(decide(&lease.run, hash, decision)).await;
        let run = scene.run(&lease.run).await;
        assert_eq!((run.issue, run.updated_at), (state, at(20)), "{decision}");
    }
}

async fn a_decision_is_read_back(scene: Scene) {
    let (lease, hash) = scene.reviewed("r1", "one").await;
    let command = Command::Decide {
        run: lease.run.clone(),
        subject: Subject::Issue,
        hash,
        decision: Decision::Approved,
        effective_at: Some(at(620)),
        reason: Some("the red one is a joke".to_owned()),
        at: at(20),
    };
    scene.apply(command).await;
    scene.apply(decide(&lease.run, hash, Decision::Recalled)).await;
    let decisions = scene.b.decisions(&lease.run).await.expect("decisions");
    let first = &decisions[0];
    assert_eq!(
        (&first.subject, first.hash, first.decision),
        (&Subject::Issue, hash, Decision::Approved)
    );
    assert_eq!((first.at, first.effective_at), (at(20), Some(at(620))));
    assert_eq!(first.reason.as_deref(), Some("the red one is a joke"));
    assert_eq!(
        (decisions[1].decision, decisions[1].effective_at),
        (Decision::Recalled, None)
    );
    assert!(decisions[0].sequence < decisions[1].sequence);
}

async fn a_decision_on_other_bytes_is_refused(scene: Scene) {
    let (lease, hash) = scene.reviewed("r1", "one").await;
    let other = ContentHash::of(b"other");
    for decision in [
        Decision::Approved,
        Decision::Rejected,
        Decision::SentBack,
        Decision::Expired,
    ] {
        let error = scene.refuse(decide(&lease.run, other, decision)).await;
        assert_eq!(
            error,
            StoreError::HashChanged {
                given: other,
                current: Some(hash)
            }
        );
    }
    assert_eq!(scene.b.decisions(&lease.run).await, Ok(Vec::new()));
    assert_eq!(scene.run(&lease.run).await.issue, IssueState::Reviewed);
}

async fn only_the_newest_issue_of_the_newest_round_waits(scene: Scene) {
    let (lease, first) = scene.reviewed("r1", "one").await;
    let edited = issue("edited").hash;
    scene
        .apply(finish(&lease, StageName::REVIEW, 1, vec![issue("edited")]))
        .await;
    let error = scene.refuse(decide(&lease.run, first, Decision::Approved)).await;
    assert_eq!(
        error,
        StoreError::HashChanged {
            given: first,
            current: Some(edited)
        }
    );
    // A round that is under way has made nothing yet, so nothing waits.
    scene.start(&lease, StageName::REVIEW, 2).await;
    let error = scene.refuse(decide(&lease.run, edited, Decision::Approved)).await;
    assert_eq!(
        error,
        StoreError::HashChanged {
            given: edited,
            current: None
        }
    );
    let second = scene.review(&lease, 2, "two").await;
    scene.apply(decide(&lease.run, second, Decision::Approved)).await;
}

async fn a_second_approval_is_refused(scene: Scene) {
    let (lease, hash) = scene.reviewed("r1", "one").await;
    scene.apply(decide(&lease.run, hash, Decision::Approved)).await;
    let error = scene.refuse(decide(&lease.run, hash, Decision::Approved)).await;
    let state = "already approved".to_owned();
    assert_eq!(
        error,
        StoreError::DecisionRefused {
            decision: "approved",
            state
        }
    );
    assert_eq!(scene.b.decisions(&lease.run).await.expect("decisions").len(), 1);
}

async fn a_decision_needs_a_reviewed_issue(scene: Scene) {
    let lease = scene.leased("r1").await;
    let hash = issue("one").hash;
    let error = scene.refuse(decide(&lease.run, hash, Decision::Approved)).await;
    assert_eq!(
        error,
        StoreError::HashChanged {
            given: hash,
            current: None
        }
    );
    // The artifact is there, but its review is not at its end.
    scene.start(&lease, StageName::REVIEW, 1).await;
    let Command::FinishStage {
        lease: held,
        stage,
        round,
        reason,
        artifacts,
        bodies,
        at,
        ..
    } = finish(&lease, StageName::REVIEW, 1, vec![issue("one")])
    else {
        unreachable!("it ends a stage");
    };
    let state = StageState::Waiting;
    let waiting = Command::FinishStage {
        lease: held,
        stage,
        round,
        state,
        reason,
        artifacts,
        bodies,
        at,
    };
    scene.apply(waiting).await;
    let error = scene.refuse(decide(&lease.run, hash, Decision::Approved)).await;
    assert!(is_refused(&error, "approved", "no issue"), "{error}");
    let unknown = decide(&"nowhere".into(), hash, Decision::Approved);
    assert_eq!(
        scene.refuse(unknown).await,
        StoreError::RunUnknown {
            run: "nowhere".into()
        }
    );

    for (first, word) in [(Decision::Rejected, "rejected"), (Decision::Expired, "expired")] {
        let (lease, hash) = scene.reviewed(word, "one").await;
        scene.apply(decide(&lease.run, hash, first)).await;
        let error = scene.refuse(decide(&lease.run, hash, Decision::Approved)).await;
        assert!(is_refused(&error, "approved", word), "{error}");
    }
}

async fn an_approval_is_recalled_until_it_is_on_its_way(scene: Scene) {
    let (lease, hash) = scene.reviewed("r1", "one").await;
    let error = scene.refuse(decide(&lease.run, hash, Decision::Recalled)).await;
    assert!(is_refused(&error, "recalled", "not approved"), "{error}");
    scene.apply(decide(&lease.run, hash, Decision::Approved)).await;
    scene.apply(decide(&lease.run, hash, Decision::Recalled)).await;
    assert_eq!(scene.run(&lease.run).await.issue, IssueState::Reviewed);
    scene.apply(decide(&lease.run, hash, Decision::Approved)).await;
    scene.apply(intend(&lease, "one", "key", 30)).await;
    let error = scene.refuse(decide(&lease.run, hash, Decision::Recalled)).await;
    assert!(is_refused(&error, "recalled", "on its way"), "{error}");
    assert_eq!(scene.run(&lease.run).await.issue, IssueState::Approved);
    // What its channel refused never left.
    let refused = Command::SettleIntent {
        lease: lease.clone(),
        key: "key".to_owned(),
        state: OutboxState::Refused,
        location: None,
        error: Some("no".to_owned()),
        at: at(31),
    };
    scene.apply(refused).await;
    scene.apply(decide(&lease.run, hash, Decision::Recalled)).await;
    assert_eq!(scene.run(&lease.run).await.issue, IssueState::Reviewed);
}

async fn an_approval_is_voided_by_its_own_hash(scene: Scene) {
    let (lease, hash) = scene.reviewed("r1", "one").await;
    scene.apply(decide(&lease.run, hash, Decision::Approved)).await;
    let edited = issue("edited").hash;
    scene
        .apply(finish(&lease, StageName::REVIEW, 1, vec![issue("edited")]))
        .await;
    let error = scene.refuse(decide(&lease.run, edited, Decision::Voided)).await;
    assert_eq!(
        error,
        StoreError::HashChanged {
            given: edited,
            current: Some(hash)
        }
    );
    scene.apply(decide(&lease.run, hash, Decision::Voided)).await;
    assert_eq!(scene.run(&lease.run).await.issue, IssueState::Reviewed);
    scene.apply(decide(&lease.run, edited, Decision::Approved)).await;
}

async fn a_cancel_takes_an_approval_back(scene: Scene) {
    for is_held in [true, false] {
        let (lease, hash) = scene.reviewed(&format!("held-{is_held}"), "one").await;
        scene.apply(decide(&lease.run, hash, Decision::Approved)).await;
        if !is_held {
            scene.apply(Command::ReleaseLease { lease: lease.clone() }).await;
        }
        let cancel = Command::RequestCancel {
            run: lease.run.clone(),
            at: at(30),
        };
        scene.apply(cancel.clone()).await;
        scene.apply(cancel).await;
        let decisions = scene.b.decisions(&lease.run).await.expect("decisions");
        let last = decisions.last().expect("it was approved");
        assert_eq!(decisions.len(), 2, "it is taken back once");
        assert_eq!(
            (
                &last.subject,
                last.hash,
                last.decision,
                last.at,
                last.effective_at
            ),
            (&Subject::Issue, hash, Decision::Recalled, at(30), None)
        );
        assert_eq!(last.reason.as_deref(), Some(rules::TAKEN_BACK));
        assert_eq!(last.round, decisions[0].round);
        let run = scene.run(&lease.run).await;
        assert_eq!(
            (run.issue, run.last_decision),
            (IssueState::Reviewed, Some(last.sequence))
        );
        if is_held {
            let error = scene.refuse(intend(&lease, "one", "site", 31)).await;
            assert!(is_refused(&error, "published", "not approved"), "{error}");
        }
    }
}

async fn a_cancel_leaves_what_is_on_its_way(scene: Scene) {
    let (lease, hash) = scene.reviewed("r1", "one").await;
    scene.apply(decide(&lease.run, hash, Decision::Approved)).await;
    scene.apply(intend(&lease, "one", "site", 31)).await;
    scene
        .apply(Command::RequestCancel {
            run: lease.run.clone(),
            at: at(32),
        })
        .await;
    assert_eq!(scene.run(&lease.run).await.issue, IssueState::Approved);
    assert_eq!(scene.b.decisions(&lease.run).await.expect("decisions").len(), 1);
}

async fn a_stopped_run_is_not_decided_on(scene: Scene) {
    for state in [RunState::Cancelled, RunState::Superseded] {
        let (lease, hash) = scene.reviewed(state.as_str(), "one").await;
        scene.apply(update(&lease, state, None)).await;
        let error = scene.refuse(decide(&lease.run, hash, Decision::Approved)).await;
        assert!(is_refused(&error, "approved", state.as_str()), "{error}");
    }
}

async fn a_decision_needs_no_lease_and_a_worker_does_not_undo_it(scene: Scene) {
    let (lease, hash) = scene.reviewed("r1", "one").await;
    scene.apply(decide(&lease.run, hash, Decision::Approved)).await;
    // The worker read the run before, and keeps its lease.
    for stale in [
        IssueState::Reviewed,
        IssueState::Drafted,
        IssueState::None,
        IssueState::Rejected,
    ] {
        scene.apply(update(&lease, RunState::Waiting, Some(stale))).await;
        assert_eq!(scene.run(&lease.run).await.issue, IssueState::Approved, "{stale}");
    }
    for (given, stored) in [
        (IssueState::Unknown, IssueState::Unknown),
        (IssueState::Reviewed, IssueState::Unknown),
        (IssueState::Approved, IssueState::Approved),
        (IssueState::Published, IssueState::Published),
        (IssueState::Reviewed, IssueState::Published),
    ] {
        scene.apply(update(&lease, RunState::Running, Some(given))).await;
        assert_eq!(scene.run(&lease.run).await.issue, stored);
    }
}

async fn only_a_decision_approves(scene: Scene) {
    let (lease, hash) = scene.reviewed("r1", "one").await;
    let claims = [
        IssueState::Approved,
        IssueState::Rejected,
        IssueState::Expired,
        IssueState::Published,
    ];
    for claimed in claims {
        scene
            .apply(update(&lease, RunState::Running, Some(claimed)))
            .await;
        assert_eq!(
            scene.run(&lease.run).await.issue,
            IssueState::Reviewed,
            "{claimed}"
        );
    }
    scene.apply(decide(&lease.run, hash, Decision::Approved)).await;
    scene.apply(decide(&lease.run, hash, Decision::Recalled)).await;
    scene
        .apply(update(&lease, RunState::Running, Some(IssueState::Approved)))
        .await;
    assert_eq!(scene.run(&lease.run).await.issue, IssueState::Reviewed);
}

async fn what_was_sent_back_is_not_reviewed_again(scene: Scene) {
    let (lease, hash) = scene.reviewed("r1", "one").await;
    scene.apply(decide(&lease.run, hash, Decision::SentBack)).await;
    scene
        .apply(update(&lease, RunState::Running, Some(IssueState::Reviewed)))
        .await;
    assert_eq!(scene.run(&lease.run).await.issue, IssueState::Drafted);
    let error = scene.refuse(decide(&lease.run, hash, Decision::Approved)).await;
    assert!(is_refused(&error, "approved", "drafted"), "{error}");
    // A later round may come to the same bytes.
    let again = scene.review(&lease, 2, "one").await;
    assert_eq!(again, hash);
    scene.apply(decide(&lease.run, again, Decision::Approved)).await;
}

fn answer(lease: &Lease, id: &str, mail: &str, decision: Decision) -> Command {
    Command::Decide {
        run: lease.run.clone(),
        subject: Subject::Answer(AnswerId::from(id)),
        hash: ContentHash::of(mail.as_bytes()),
        decision,
        effective_at: None,
        reason: None,
        at: at(60),
    }
}

async fn an_answer_is_decided_on_by_its_hash(scene: Scene) {
    let lease = scene.leased("r1").await;
    let (given, other) = (ContentHash::of(b"mail"), ContentHash::of(b"other"));
    let error = scene
        .refuse(answer(&lease, "a1", "mail", Decision::Approved))
        .await;
    assert_eq!(error, StoreError::HashChanged { given, current: None });
    scene
        .apply(finish(&lease, StageName::ENGAGEMENT, 1, vec![report("mail")]))
        .await;
    let error = scene
        .refuse(answer(&lease, "a1", "other", Decision::Approved))
        .await;
    assert_eq!(
        error,
        StoreError::HashChanged {
            given: other,
            current: Some(given)
        }
    );
    let error = scene
        .refuse(answer(&lease, "a9", "mail", Decision::Approved))
        .await;
    assert_eq!(error, StoreError::HashChanged { given, current: None });
    for decision in [Decision::SentBack, Decision::Voided, Decision::Recalled] {
        let error = scene.refuse(answer(&lease, "a1", "mail", decision)).await;
        assert!(matches!(error, StoreError::DecisionRefused { .. }), "{error}");
    }
    scene
        .apply(answer(&lease, "a1", "mail", Decision::Approved))
        .await;
    for decision in [Decision::Approved, Decision::Rejected] {
        let error = scene.refuse(answer(&lease, "a1", "mail", decision)).await;
        assert!(
            is_refused(&error, decision.as_str(), "already approved"),
            "{error}"
        );
    }
    scene
        .apply(answer(&lease, "a1", "mail", Decision::Recalled))
        .await;
    scene
        .apply(answer(&lease, "a1", "mail", Decision::Rejected))
        .await;
    let decisions = scene.b.decisions(&lease.run).await.expect("decisions");
    assert!(
        decisions
            .iter()
            .all(|decision| decision.subject == Subject::Answer("a1".into()))
    );
    assert_eq!(
        (decisions.len(), scene.run(&lease.run).await.issue),
        (3, IssueState::None)
    );
}

async fn an_answer_of_an_older_report_is_refused(scene: Scene) {
    let lease = scene.leased("r1").await;
    for (round, mail) in [(1, "first"), (2, "second")] {
        scene
            .apply(finish(&lease, StageName::ENGAGEMENT, round, vec![report(mail)]))
            .await;
    }
    let (given, current) = (ContentHash::of(b"first"), Some(ContentHash::of(b"second")));
    let error = scene
        .refuse(answer(&lease, "a1", "first", Decision::Approved))
        .await;
    assert_eq!(error, StoreError::HashChanged { given, current });
    scene
        .apply(answer(&lease, "a1", "second", Decision::Approved))
        .await;
}
