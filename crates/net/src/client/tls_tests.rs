//! HTTPS against a server on loopback with a certificate made for the test.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use futures::future::BoxFuture;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use super::dial::NetDialer;
use super::{FetchError, GetRequest, GuardedClient, Options, Response};
use crate::address::Allow;
use crate::resolve::Resolve;
use crate::{install_crypto, listen_loopback};

/// Every name is this machine.
struct Here;

impl Resolve for Here {
    fn resolve<'a>(&'a self, _host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async { Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]) })
    }
}

/// A server whose certificate names `news.example`, with its port and a configuration that trusts it.
async fn serve(reply: &'static str, says_goodbye: bool) -> (u16, ClientConfig) {
    install_crypto();
    let made = rcgen::generate_simple_self_signed(["news.example".to_owned()]).unwrap();
    let certificate: CertificateDer<'static> = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key);
    let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
    let listener = listen_loopback().await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(reply.as_bytes()).await;
            let _ = stream.flush().await;
            if says_goodbye {
                let _ = stream.shutdown().await;
            }
        }
    });
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    (
        port,
        ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth(),
    )
}

async fn get(url: &str, dialer: NetDialer) -> Result<Response, FetchError> {
    let at = url.strip_prefix("https://").unwrap().trim_end_matches('/');
    let options = Options {
        resolver: Arc::new(Here),
        ..Options::new(Allow::parse(&[at]).unwrap(), "Copydesk/test")
    };
    GuardedClient::with_dialer(options, dialer)
        .get(GetRequest::new(url))
        .await
}

#[tokio::test]
async fn a_certificate_must_carry_the_name_and_a_known_signature() {
    let (port, trusted) = serve("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", true).await;
    let right = get(
        &format!("https://news.example:{port}/"),
        NetDialer::with_tls(trusted.clone()),
    )
    .await;
    assert_eq!(right.unwrap().body, "ok");
    let other = get(
        &format!("https://other.example:{port}/"),
        NetDialer::with_tls(trusted),
    )
    .await;
    assert!(matches!(other, Err(FetchError::Insecure { .. })), "{other:?}");
    let unknown = get(&format!("https://news.example:{port}/"), NetDialer::default()).await;
    assert!(
        matches!(&unknown, Err(error @ FetchError::Insecure { .. }) if !error.is_transient()),
        "{unknown:?}"
    );
}

#[tokio::test]
async fn a_body_of_unknown_length_must_end_with_a_goodbye() {
    let reply = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it";
    let (port, trusted) = serve(reply, true).await;
    let whole = get(
        &format!("https://news.example:{port}/"),
        NetDialer::with_tls(trusted),
    )
    .await;
    assert_eq!(whole.unwrap().body, "all of it");
    let (port, trusted) = serve(reply, false).await;
    let cut = get(
        &format!("https://news.example:{port}/"),
        NetDialer::with_tls(trusted),
    )
    .await;
    assert!(matches!(cut, Err(FetchError::Cut { bytes: 9, .. })), "{cut:?}");
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_insecure() {
    let listener = listen_loopback().await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    });
    let result = get(&format!("https://127.0.0.1:{port}/"), NetDialer::default()).await;
    assert!(matches!(result, Err(FetchError::Insecure { .. })), "{result:?}");
}
