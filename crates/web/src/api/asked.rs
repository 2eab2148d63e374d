//! What stands in the address of a call.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::asked;
use crate::fault::ApiFault;
use crate::options::Desk;

/// The named parts of its path.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Desk> for Path<T> {
    type Rejection = ApiFault;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, ApiFault> {
        Ok(Self(asked::path(parts, desk).await?))
    }
}

/// What stands behind the question mark.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Desk> for Query<T> {
    type Rejection = ApiFault;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, ApiFault> {
        let hint = "wait=waiting or wait=completed, with timeout_s=60, each once";
        Ok(Self(asked::query(parts, desk, hint).await?))
    }
}
