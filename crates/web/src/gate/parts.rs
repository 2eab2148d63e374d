//! What a request of a page bears: its path, its query, its form. One that cannot be read is answered with a page that
//! says so and leads back, as every other fault is.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use serde::de::DeserializeOwned;

use crate::fault::{Fault, PageFault, unreadable_query};
use crate::router::BODY_BYTES_MAX;
use crate::serve::page_of;

/// The names in an address.
pub(crate) struct Path<T>(pub(crate) T);

/// What follows the question mark.
pub(crate) struct Query<T>(pub(crate) T);

/// What was filled in.
pub(crate) struct Form<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = PageFault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageFault> {
        let found = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        match found {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(error) => Err(unreadable(error.status(), error.body_text()).back("/").into()),
        }
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = PageFault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageFault> {
        let found = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        match found {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(error) => {
                let fault = unreadable(error.status(), unreadable_query(&error.body_text()));
                Err(fault.back(page_of(&parts.uri)).into())
            }
        }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = PageFault;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageFault> {
        let uri: Uri = request.uri().clone();
        match axum::Form::<T>::from_request(request, state).await {
            Ok(axum::Form(value)) => Ok(Self(value)),
            Err(error) => {
                let fault = unreadable(error.status(), error.body_text());
                Err(fault.back(page_of(&uri)).into())
            }
        }
    }
}

/// Why a request cannot be read, for a person.
fn unreadable(status: StatusCode, error: String) -> Fault {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        let error = format!("what you sent is longer than {} KB", BODY_BYTES_MAX / 1024);
        let hint = "your browser's Back button has what you typed: shorten it, then send it again";
        return Fault::new(status, "CD012", error, hint);
    }
    Fault::new(status, "CD012", error, "open the page again and go on there")
}
