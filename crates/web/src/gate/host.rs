//! The name by which the desk is called. A page elsewhere whose name is made to point to this machine (DNS rebinding)
//! still sends its own name.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::fault::Fault;
use crate::options::Desk;

/// Refuses requests that call the desk by a name that is not its own.
pub(crate) async fn hosts(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    let host = host_of(&request);
    if host.is_some_and(|host| is_own(host, desk.address)) {
        return next.run(request).await;
    }
    let hint = format!("open http://{} instead", desk.address);
    let fault = Fault::new(
        StatusCode::MISDIRECTED_REQUEST,
        "CD013",
        "this server does not go by that name",
        hint,
    );
    fault.answer(request.uri().path())
}

fn host_of(request: &Request) -> Option<&str> {
    let mut named = request.headers().get_all(header::HOST).iter();
    match (named.next(), named.next()) {
        (Some(host), None) => host.to_str().ok(),
        (None, _) => request.uri().authority().map(Authority::as_str),
        (Some(_), Some(_)) => None,
    }
}

/// Whether `host` (with or without a port) is a loopback name or the address that we listen on. The port is not
/// compared: a tunnel may bring the desk to another one.
fn is_own(host: &str, address: SocketAddr) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    if authority.as_str().contains('@') {
        return false;
    }
    let name = authority.host();
    if name.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let literal = name.trim_start_matches('[').trim_end_matches(']');
    let Ok(ip) = literal.parse::<IpAddr>() else {
        return false;
    };
    // Rebinding needs a name: where we listen on every address, any literal one is ours.
    ip.is_loopback() || ip == address.ip() || address.ip().is_unspecified()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_and_the_listen_address_are_own() {
        let here = "127.0.0.1:7420".parse().unwrap();
        for own in [
            "127.0.0.1:7420",
            "localhost:7420",
            "LOCALHOST",
            "[::1]:7420",
            "127.0.0.2:99",
        ] {
            assert!(is_own(own, here), "{own}");
        }
        for other in [
            "evil.example",
            "localhost.evil.example:7420",
            "192.0.2.7:7420",
            "",
            "a@127.0.0.1",
            "127.0.0.1.evil.example",
        ] {
            assert!(!is_own(other, here), "{other}");
        }
        assert!(is_own("192.0.2.7:7420", "192.0.2.7:7420".parse().unwrap()));
        assert!(!is_own("desk.example:7420", "0.0.0.0:7420".parse().unwrap()));
    }
}
