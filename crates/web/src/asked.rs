//! What stands in the address of a page. axum's own extractors answer a bad one in plain text; these answer as pages do.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::fault::{Fault, PageFault};
use crate::options::Desk;

/// The named parts of a path.
pub(crate) struct Path<T>(pub(crate) T);

/// What stands behind the question mark.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Desk> for Path<T> {
    type Rejection = PageFault;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, PageFault> {
        Ok(Self(path(parts, desk).await?))
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<Desk> for Query<T> {
    type Rejection = PageFault;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, PageFault> {
        let hint = "the first page leads to everything that there is";
        Ok(Self(query(parts, desk, hint).await?))
    }
}

/// The named parts of a request's path.
pub(crate) async fn path<T: DeserializeOwned + Send>(parts: &mut Parts, desk: &Desk) -> Result<T, Fault> {
    let found = axum::extract::Path::<T>::from_request_parts(parts, desk).await;
    let axum::extract::Path(found) = found.map_err(|error| {
        let hint = "names of runs are letters, digits and `-`";
        Fault::bad(error.body_text(), hint)
    })?;
    Ok(found)
}

/// What stands behind the question mark of a request; `hint` says what may.
pub(crate) async fn query<T: DeserializeOwned + Send>(
    parts: &mut Parts,
    desk: &Desk,
    hint: &str,
) -> Result<T, Fault> {
    let found = axum::extract::Query::<T>::from_request_parts(parts, desk).await;
    let axum::extract::Query(found) = found.map_err(|error| Fault::bad(error.body_text(), hint))?;
    Ok(found)
}
