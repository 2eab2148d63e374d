//! What stands in the address of a call.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::fault::{ApiFault, Fault, unreadable_query};
use crate::options::Desk;

/// The named parts of its path.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Desk> for Path<T> {
    type Rejection = ApiFault;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, ApiFault> {
        Ok(Self(path(parts, desk).await?))
    }
}

/// What stands behind the question mark.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Desk> for Query<T> {
    type Rejection = ApiFault;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, ApiFault> {
        let hint = "wait=waiting or wait=completed, with timeout_s=60, each once";
        Ok(Self(query(parts, desk, hint).await?))
    }
}

/// The named parts of a request's path.
async fn path<T: DeserializeOwned + Send>(parts: &mut Parts, desk: &Desk) -> Result<T, Fault> {
    let found = axum::extract::Path::<T>::from_request_parts(parts, desk).await;
    let axum::extract::Path(found) = found.map_err(|error| {
        let hint = "names of runs are letters, digits and `-`";
        Fault::bad(error.body_text(), hint)
    })?;
    Ok(found)
}

/// What stands behind the question mark of a request; `hint` says what may.
async fn query<T: DeserializeOwned + Send>(parts: &mut Parts, desk: &Desk, hint: &str) -> Result<T, Fault> {
    let found = axum::extract::Query::<T>::from_request_parts(parts, desk).await;
    let axum::extract::Query(found) =
        found.map_err(|error| Fault::bad(unreadable_query(&error.body_text()), hint))?;
    Ok(found)
}
