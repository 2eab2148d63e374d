//! `token new`: a bearer token for the JSON API. Only its hash is kept.

use copydesk_domain::ContentHash;
use copydesk_store::{Command as Write, TokenKind, TokenRecord};
use serde_json::json;

use crate::app::Folder;
use crate::exit::Failure;
use crate::outcome::Outcome;

/// Makes a token and prints it alone.
pub async fn new(folder: &Folder) -> Result<Outcome, Failure> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| Failure::bug(error.to_string()))?;
    let token = bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat();
    let record = TokenRecord {
        hash: ContentHash::of(token.as_bytes()),
        kind: TokenKind::Api,
        created_at: folder.engine.clock().now(),
        expires_at: None,
    };
    folder.engine.store().apply(Write::PutToken(record)).await?;
    Ok(Outcome::new(json!({ "token": token }), token))
}
