//! The author's choice among drafts of one round of review.

use copydesk_domain::artifact::Artifact;
use copydesk_domain::{Decision, IssueState, RunId, RunState, StageName, StageState};

use super::decisions::is_refused;
use super::scene::{Scene, at, decide, draft, finish, issue, update};
use crate::record::ArtifactRef;
use crate::{Command, Lease, StoreError};

super::cases![
    another_draft_of_the_round_is_chosen_and_waits_in_its_place,
    only_what_the_round_lists_is_chosen_and_only_while_it_waits,
];

/// A round of review with two drafts that can be chosen, the second of which stands first.
async fn two_drafts(scene: &Scene, run: &str) -> (Lease, [Vec<ArtifactRef>; 2]) {
    let lease = scene.leased(run).await;
    let made = ["one", "two"].map(|text| vec![draft(text), issue(text)]);
    scene
        .apply(finish(&lease, StageName::REVIEW, 1, made.concat()))
        .await;
    let listed = made.map(|made| {
        let reference = |artifact: &Artifact| ArtifactRef {
            kind: artifact.kind,
            hash: artifact.hash,
        };
        made.iter().map(reference).collect()
    });
    (lease, listed)
}

fn choose(run: &RunId, artifacts: &[ArtifactRef]) -> Command {
    Command::ChooseDraft {
        run: run.clone(),
        artifacts: artifacts.to_vec(),
        at: at(19),
    }
}

async fn another_draft_of_the_round_is_chosen_and_waits_in_its_place(scene: Scene) {
    let (lease, [first, second]) = two_drafts(&scene, "r1").await;
    let issue_of = |made: &[ArtifactRef]| made.last().expect("an issue").hash;
    let error = scene
        .refuse(decide(&lease.run, issue_of(&first), Decision::Approved))
        .await;
    assert!(matches!(error, StoreError::HashChanged { .. }), "{error}");
    scene.apply(choose(&lease.run, &first)).await;
    // Said twice, it counts once.
    scene.apply(choose(&lease.run, &first)).await;
    let stages = scene.b.stages(&lease.run).await.expect("stages");
    let listed = [first.clone(), second.clone(), first.clone()].concat();
    assert_eq!(stages[0].artifacts, listed);
    assert_eq!(stages[0].state, StageState::Completed);
    let run = scene.run(&lease.run).await;
    assert_eq!((run.issue, run.updated_at), (IssueState::Reviewed, at(19)));
    let error = scene
        .refuse(decide(&lease.run, issue_of(&second), Decision::Approved))
        .await;
    assert!(matches!(error, StoreError::HashChanged { .. }), "{error}");
    scene
        .apply(decide(&lease.run, issue_of(&first), Decision::Approved))
        .await;
    let found = scene.b.artifact(&issue_of(&first)).await.expect("a read");
    assert!(found.is_some());
}

async fn only_what_the_round_lists_is_chosen_and_only_while_it_waits(scene: Scene) {
    let (lease, [first, second]) = two_drafts(&scene, "r1").await;
    let mut strange = first.clone();
    strange[1].hash = issue("strange").hash;
    let error = scene.refuse(choose(&lease.run, &strange)).await;
    let second_issue = second[1].hash;
    assert_eq!(
        error,
        StoreError::HashChanged {
            given: strange[1].hash,
            current: Some(second_issue)
        }
    );
    let error = scene.refuse(choose(&lease.run, &first[..1])).await;
    assert!(is_refused(&error, "chosen", "no draft with an issue"), "{error}");
    scene
        .apply(decide(&lease.run, second_issue, Decision::Approved))
        .await;
    let error = scene.refuse(choose(&lease.run, &first)).await;
    assert!(is_refused(&error, "chosen", "approved"), "{error}");
    scene
        .apply(decide(&lease.run, second_issue, Decision::Voided))
        .await;
    scene.apply(choose(&lease.run, &first)).await;
    let (lease, [first, _]) = two_drafts(&scene, "r2").await;
    scene.apply(update(&lease, RunState::Cancelled, None)).await;
    let error = scene.refuse(choose(&lease.run, &first)).await;
    assert!(is_refused(&error, "chosen", "cancelled"), "{error}");
}
