//! Making runs.

use copydesk_config::Release;
use copydesk_domain::{ContentHash, Instant, RunId};
use copydesk_store::{Applied, AuthorNote, Command, RunParams, Slot, StoreError};

use crate::error::EngineError;
use crate::services::Engine;

/// A run to start.
#[derive(Debug, Clone)]
pub struct StartParams {
    /// What it is pinned to.
    pub release: Release,
    /// Its slot; none for a manual run.
    pub slot: Option<Slot>,
    /// Fixed `ctx.now()`.
    pub fixed_now: Option<Instant>,
    /// All texts below `notes/`, as they are now: (path, text). What is not among them counts no more.
    pub notes: Vec<(String, String)>,
}

/// Ids that are drawn at most: with a thousand runs of one minute a draw is taken once in a thousand times.
const DRAWS_MAX: usize = 8;

impl Engine {
    /// Makes a run, or gives the run that its slot has already.
    pub async fn start(&self, params: StartParams) -> Result<RunId, EngineError> {
        let at = self.services.clock.now();
        let body = serde_json::to_vec(&params.release).map_err(|error| StoreError::Database {
            reason: format!("the release has no JSON form: {error}"),
        })?;
        let release = ContentHash::of(&body);
        let (writes, all_notes) = noted(params.notes, at);
        let mut commands = if self.is_noted(&all_notes) {
            Vec::new()
        } else {
            writes
        };
        if !self.is_stored(&release) {
            commands.push(Command::PutRelease { body, at });
        }
        let pipeline = params.release.pipeline.pipeline.name;
        let named_at = params
            .slot
            .as_ref()
            .map_or(params.fixed_now.unwrap_or(at), |slot| slot.nominal);
        let prefix = format!("{pipeline}-{}", named_at.timestamp().strftime("%Y%m%d-%H%M"));
        let mut run = RunParams {
            id: RunId::new(""),
            pipeline,
            is_scheduled: params.slot.is_some(),
            slot: params.slot,
            parent: None,
            release,
            fixed_now: params.fixed_now,
            seed: 0,
            at,
        };
        for _ in 0..DRAWS_MAX {
            let (suffix, seed) = random();
            run.id = RunId::new(format!("{prefix}-{suffix}"));
            run.seed = seed;
            commands.push(Command::CreateRun(run.clone()));
            let mut answers = self.services.store.apply_all(std::mem::take(&mut commands)).await;
            match answers.pop().unwrap_or(Err(StoreError::Closed))? {
                Applied::Run { id, is_new } if !is_taken(&id, is_new, &run.id) => {
                    self.remember_noted(all_notes);
                    return Ok(id);
                }
                Applied::Run { id, .. } => tracing::debug!(run = %id, "another run has this id; drawn again"),
                other => {
                    let reason = format!("a new run was answered with {other:?}");
                    return Err(StoreError::Database { reason }.into());
                }
            }
        }
        let reason = format!("{DRAWS_MAX} ids of new runs were taken");
        Err(StoreError::Database { reason }.into())
    }
}

/// The author's notes as the folder holds them: what was corrected or deleted there is forgotten. Runs that read it keep
/// it among their recorded inputs. Also one hash for all of it.
fn noted(notes: Vec<(String, String)>, at: Instant) -> (Vec<Command>, ContentHash) {
    let notes: Vec<AuthorNote> = notes
        .into_iter()
        .map(|(from, text)| {
            let hash = ContentHash::of(text.as_bytes());
            AuthorNote { hash, text, from, at }
        })
        .collect();
    let kept: Vec<ContentHash> = notes.iter().map(|note| note.hash).collect();
    let all: Vec<String> = kept.iter().map(ContentHash::to_string).collect();
    let all = ContentHash::of(all.concat().as_bytes());
    let commands =
        std::iter::once(Command::ForgetNotes { kept }).chain(notes.into_iter().map(Command::AddNote));
    (commands.collect(), all)
}

/// Whether the run that the store gave is another one that has the drawn id by chance; the run of a slot has its own.
fn is_taken(given: &RunId, is_new: bool, drawn: &RunId) -> bool {
    !is_new && given == drawn
}

/// An id for a replay of a run, in the same form.
pub(crate) fn replay_id(of: &RunId) -> RunId {
    let prefix = of
        .as_str()
        .rsplit_once('-')
        .map_or(of.as_str(), |(prefix, _)| prefix);
    RunId::new(format!("{prefix}-{}", random().0))
}

/// Four letters for the id, and the run's seed: the only randomness of a run, recorded with it.
fn random() -> (String, i64) {
    let mut bytes = [0_u8; 12];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    let letters = b"abcdefghjkmnpqrstuvwxyz23456789";
    let suffix = bytes[..4]
        .iter()
        .map(|byte| char::from(letters[usize::from(*byte) % letters.len()]))
        .collect();
    let mut seed = [0; 8];
    seed.copy_from_slice(&bytes[4..]);
    (suffix, i64::from_le_bytes(seed) & i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_id_that_another_run_has_is_taken_and_the_run_of_a_slot_is_not() {
        let (drawn, other) = (RunId::from("daily-a"), RunId::from("daily-b"));
        assert!(is_taken(&drawn, false, &drawn));
        assert!(!is_taken(&drawn, true, &drawn));
        assert!(!is_taken(&other, false, &drawn));
    }
}
