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
    /// Texts below `notes/`: (path, text).
    pub notes: Vec<(String, String)>,
}

impl Engine {
    /// Makes a run, or gives the run that its slot has already.
    pub async fn start(&self, params: StartParams) -> Result<RunId, EngineError> {
        let at = self.services.clock.now();
        let notes = params.notes.into_iter().map(|(from, text)| {
            let hash = ContentHash::of(text.as_bytes());
            Command::AddNote(AuthorNote { hash, text, from, at })
        });
        let mut commands: Vec<Command> = notes.collect();
        let body = serde_json::to_vec(&params.release).map_err(|error| StoreError::Database {
            reason: format!("the release has no JSON form: {error}"),
        })?;
        let release = ContentHash::of(&body);
        commands.push(Command::PutRelease { body, at });
        let pipeline = params.release.pipeline.pipeline.name.clone();
        let (suffix, seed) = random();
        let named_at = params
            .slot
            .as_ref()
            .map_or(params.fixed_now.unwrap_or(at), |slot| slot.nominal);
        let id = RunId::new(format!(
            "{pipeline}-{}-{suffix}",
            named_at.timestamp().strftime("%Y%m%d-%H%M")
        ));
        let run = RunParams {
            id,
            pipeline,
            is_scheduled: params.slot.is_some(),
            slot: params.slot,
            parent: None,
            release,
            fixed_now: params.fixed_now,
            seed,
            at,
        };
        commands.push(Command::CreateRun(run));
        let mut answers = self.services.store.apply_all(commands).await;
        match answers.pop().unwrap_or(Err(StoreError::Closed))? {
            Applied::Run { id, .. } => Ok(id),
            other => Err(StoreError::Database {
                reason: format!("a new run was answered with {other:?}"),
            }
            .into()),
        }
    }
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
