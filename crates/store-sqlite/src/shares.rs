//! A batch of the writer, cut into what one statement carries out and what needs several.

use copydesk_store::{Applied, Command};
use sqlx::SqliteConnection;

use crate::fault::Result;
use crate::tables::bundle::Bundle;
use crate::writer::{Fences, apply_list};

/// Lists of a batch that stand behind each other.
pub(crate) enum Share<'a> {
    /// By one statement.
    Together(Bundle, &'a [Vec<Command>]),
    /// Command by command.
    Alone(&'a [Vec<Command>]),
}

/// The batch in its order, as few statements as can be.
pub(crate) fn shares(lists: &[Vec<Command>]) -> Vec<Share<'_>> {
    let mut shares = Vec::new();
    let mut rest = lists;
    while !rest.is_empty() {
        let bundle = Bundle::of(rest);
        let (some, others) = rest.split_at(bundle.len().max(1));
        shares.push(if bundle.len() == 0 {
            Share::Alone(some)
        } else {
            Share::Together(bundle, some)
        });
        rest = others;
    }
    shares
}

/// Begins a transaction and carries out a batch in it.
///
/// # Errors
/// A fault after which the whole transaction may be gone.
pub(crate) async fn apply_shares(
    connection: &mut SqliteConnection,
    shares: Vec<Share<'_>>,
) -> Result<Vec<Vec<Result<Applied>>>> {
    let alone = shares.iter().filter_map(|share| match share {
        Share::Together(..) => None,
        Share::Alone(lists) => Some(lists.iter().flatten()),
    });
    let leases = alone.flatten().filter_map(Command::fence).collect();
    let mut fences = Fences::begin(connection, leases).await?;
    let mut outcomes = Vec::new();
    for share in shares {
        let alone = match share {
            Share::Together(bundle, lists) => match bundle.carry_out(connection).await? {
                Some(answers) => {
                    outcomes.extend(fine(answers));
                    // Some of its commands may have moved leases.
                    fences.forget();
                    continue;
                }
                None => lists,
            },
            Share::Alone(lists) => lists,
        };
        for list in alone {
            outcomes.push(apply_list(connection, list, &mut fences).await?);
        }
    }
    Ok(outcomes)
}

/// Answers none of which is an error.
pub(crate) fn fine(answers: Vec<Vec<Applied>>) -> Vec<Vec<Result<Applied>>> {
    let list = |answers: Vec<Applied>| answers.into_iter().map(Ok).collect();
    answers.into_iter().map(list).collect()
}

#[cfg(test)]
#[path = "shares_tests.rs"]
mod tests;
