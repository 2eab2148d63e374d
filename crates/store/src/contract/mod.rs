//! What every store keeps to.
//!
//! [`rules`], [`budget_rules`], [`choice_rules`], [`gate_rules`], [`impasse_rules`] and [`label_rules`] are the pure decisions behind the commands: a store reads the facts where it writes, asks the rule and
//! carries out the answer. Two stores that ask the same rules cannot disagree on a precondition.
//!
//! [`exercise`] is the suite that each store passes: every command's success, each precondition's failure, fences,
//! races between two handles, idempotence, order of lists, big and hostile values, notification.
//!
//! To add a case: an async function that takes a `Scene`, in the file of its subject, and its name in that file's
//! list.

pub mod budget_rules;
pub mod choice_rules;
pub mod gate_rules;
pub mod impasse_rules;
pub mod label_rules;
pub mod rules;

mod archive;
mod choices;
mod counts;
mod decisions;
mod desk;
mod done;
mod exchanges;
mod fences;
mod gates;
mod hostile;
mod impasses;
mod labels;
mod leases;
mod lists;
mod outbox;
mod races;
mod replays;
mod retention;
mod run_lists;
mod runs;
mod scene;
mod spends;
mod stages;
mod steps;
mod superseded;
mod tokens;

use std::pin::Pin;
use std::sync::Arc;

use crate::Store;
use scene::Scene;

/// A case: it panics where the store breaks the contract.
type Case = (
    &'static str,
    fn(Scene) -> Pin<Box<dyn Future<Output = ()> + Send>>,
);

/// Names the cases of a file.
macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        pub(super) const CASES: &[crate::contract::Case] =
            &[$((stringify!($name), |scene| Box::pin($name(scene)))),*];
    };
}
use cases;

/// Runs the suite. `make` makes a new, empty store and answers two handles on it: for a database, two connections.
///
/// # Panics
/// Where the store breaks the contract; the name of the case is on stderr before it.
pub async fn exercise<M, F>(make: M)
where
    M: Fn() -> F,
    F: Future<Output = [Arc<dyn Store>; 2]>,
{
    let files = [
        runs::CASES,
        run_lists::CASES,
        leases::CASES,
        lists::CASES,
        fences::CASES,
        stages::CASES,
        steps::CASES,
        superseded::CASES,
        spends::CASES,
        impasses::CASES,
        counts::CASES,
        decisions::CASES,
        choices::CASES,
        gates::CASES,
        outbox::CASES,
        desk::CASES,
        tokens::CASES,
        exchanges::CASES,
        labels::CASES,
        archive::CASES,
        hostile::CASES,
        races::CASES,
        retention::CASES,
        replays::CASES,
    ];
    for (name, case) in files.into_iter().flatten() {
        eprintln!("contract: {name}");
        case(Scene::new(make().await)).await;
    }
}
