//! An endpoint below HTTP: it answers with bytes, as a broken server does.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What is sent back.
#[derive(Debug, Clone)]
pub enum Play {
    /// These bytes, then the end of the connection.
    Bytes(Vec<u8>),
    /// These bytes, then a reset.
    Reset(Vec<u8>),
    /// These bytes, then nothing, with the connection left open.
    Stall(Vec<u8>),
    /// These bytes, then this one over and over.
    Endless(Vec<u8>, u8),
}

/// A running raw endpoint.
pub struct Raw {
    pub port: u16,
    pub count: Arc<AtomicUsize>,
}

pub async fn plain(play: Play) -> Raw {
    let (listener, raw) = listen().await;
    let count = Arc::clone(&raw.count);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(answer(stream, play.clone()));
        }
    });
    raw
}

/// An endpoint with a certificate for `name`, and the roots that trust it.
pub async fn tls(name: &str, play: Play) -> (Raw, rustls::RootCertStore) {
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let (listener, raw) = listen().await;
    let count = Arc::clone(&raw.count);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            if let Ok(stream) = acceptor.accept(stream).await {
                tokio::spawn(talk(stream, play.clone()));
            }
        }
    });
    (raw, roots)
}

async fn listen() -> (TcpListener, Raw) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (
        listener,
        Raw {
            port,
            count: Arc::default(),
        },
    )
}

async fn answer(stream: TcpStream, play: Play) {
    if matches!(play, Play::Reset(_)) {
        stream.set_zero_linger().unwrap();
    }
    talk(stream, play).await;
}

async fn talk(mut stream: impl AsyncRead + AsyncWrite + Unpin, play: Play) {
    read_request(&mut stream).await;
    match play {
        Play::Bytes(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Play::Reset(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.flush().await;
            // Long enough for the client to have read the first half.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Play::Stall(bytes) => {
            let _ = stream.write_all(&bytes).await;
            tokio::time::sleep(Duration::from_mins(10)).await;
        }
        Play::Endless(bytes, byte) => {
            let _ = stream.write_all(&bytes).await;
            let more = vec![byte; 16 << 10];
            while stream.write_all(&more).await.is_ok() {}
        }
    }
}

/// Reads one whole request.
async fn read_request(stream: &mut (impl AsyncRead + Unpin)) {
    let mut bytes = Vec::new();
    let mut part = vec![0; 8192];
    loop {
        let read = stream.read(&mut part).await.unwrap_or(0);
        bytes.extend_from_slice(&part[..read]);
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
            if bytes.len() >= head.len() + 4 + length {
                return;
            }
        }
        if read == 0 {
            return;
        }
    }
}

/// A response with these headers besides `Connection: close`.
pub fn response(headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n{headers}\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
