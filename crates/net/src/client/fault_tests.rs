//! The client against a real server on loopback that misbehaves on request.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{FetchError, GetRequest, GuardedClient, Options, Response};
use crate::address::{Allow, HostPort, Refusal};
use crate::shared_data;

/// The corpus server on a free port; ended when dropped.
struct Server {
    process: Child,
    base: String,
}

impl Server {
    fn start(test: &str) -> Option<Self> {
        let script = shared_data::path(test, "corpus/serve.py")?;
        let mut process = Command::new("python3")
            .arg(script)
            .args(["--port", "0", "--quiet"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is needed for this test");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let base = line.trim().trim_end_matches('/').to_owned();
        assert!(base.starts_with("http://127.0.0.1:"), "{base}");
        Some(Self { process, base })
    }

    fn options(&self) -> Options {
        Options::new(
            Allow::of([HostPort::of_url(&self.base).unwrap()]),
            "Copydesk/test",
        )
    }

    async fn get_with(&self, options: Options, path: &str) -> Result<Response, FetchError> {
        GuardedClient::new(options)
            .get(GetRequest::new(format!("{}{path}", self.base)))
            .await
    }

    async fn get(&self, path: &str) -> Result<Response, FetchError> {
        self.get_with(self.options(), path).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn bodies_stop_at_their_limit() {
    let Some(server) = Server::start("bodies_stop_at_their_limit") else {
        return;
    };
    let started = Instant::now();
    for path in [
        "/fault/huge?mb=200",
        "/fault/gzip-bomb?mb=200",
        "/fault/huge-declared",
    ] {
        let result = server.get(path).await;
        assert!(
            matches!(
                result,
                Err(FetchError::TooLarge {
                    bytes_max: 20_971_520,
                    ..
                })
            ),
            "{path}: {result:?}"
        );
    }
    println!("three oversized bodies stopped in {:?}", started.elapsed());
    let mut request = GetRequest::new(format!("{}/fault/ok", server.base));
    request.body_bytes_max = Some(100);
    let result = GuardedClient::new(server.options()).get(request).await;
    assert!(matches!(result, Err(FetchError::TooLarge { bytes_max: 100, .. })));
}

#[tokio::test]
async fn pages_that_never_end_stop_at_the_total_timeout() {
    let Some(server) = Server::start("pages_that_never_end_stop_at_the_total_timeout") else {
        return;
    };
    for path in ["/fault/drip?ms=50&bytes=5000", "/fault/slow?ms=20000"] {
        let options = Options {
            total_timeout: Duration::from_millis(400),
            ..server.options()
        };
        let started = Instant::now();
        let result = server.get_with(options, path).await;
        assert!(
            matches!(&result, Err(error @ FetchError::Timeout { .. }) if error.is_transient()),
            "{path}: {result:?}"
        );
        assert!(started.elapsed() < Duration::from_secs(5), "{path}");
    }
}

#[tokio::test]
async fn broken_bodies_are_errors() {
    let Some(server) = Server::start("broken_bodies_are_errors") else {
        return;
    };
    let cut = server.get("/fault/cut").await;
    assert!(matches!(cut, Err(FetchError::Cut { bytes: 300, .. })), "{cut:?}");
    let packed = server.get("/fault/bad-gzip").await;
    assert!(matches!(packed, Err(FetchError::BadGzip { .. })), "{packed:?}");
}

#[tokio::test]
async fn redirects_are_counted_and_circles_named() {
    let Some(server) = Server::start("redirects_are_counted_and_circles_named") else {
        return;
    };
    for path in ["/fault/loop", "/fault/pingpong-a"] {
        let result = server.get(path).await;
        assert!(
            matches!(result, Err(FetchError::RedirectLoop { .. })),
            "{path}: {result:?}"
        );
    }
    let wall = server.get("/fault/cookie-wall").await;
    assert!(matches!(wall, Err(FetchError::CookiesWanted { .. })), "{wall:?}");
    let five = server.get("/fault/chain/5").await.unwrap();
    assert_eq!((five.status, five.redirects.len()), (200, 5));
    assert_eq!(five.final_url, format!("{}/fault/ok", server.base));
    let six = server.get("/fault/chain/6").await;
    assert!(
        matches!(six, Err(FetchError::TooManyRedirects { redirects_max: 5, .. })),
        "{six:?}"
    );
}

#[tokio::test]
async fn redirects_into_the_network_are_refused() {
    let Some(server) = Server::start("redirects_into_the_network_are_refused") else {
        return;
    };
    for (to, expected) in [
        ("metadata", Refusal::LinkLocal),
        ("ten", Refusal::Private),
        ("v6", Refusal::Loopback),
        ("file", Refusal::Scheme),
        ("zero", Refusal::Unspecified),
        ("decimal", Refusal::Loopback),
        ("mapped", Refusal::Embedded),
        ("gopher", Refusal::Scheme),
        ("other", Refusal::Private),
    ] {
        let result = server.get(&format!("/fault/ssrf?to={to}")).await;
        let Err(FetchError::Refused { refusal, .. }) = result else {
            panic!("{to}: {result:?}")
        };
        assert_eq!(refusal, expected, "{to}");
    }
}

#[tokio::test]
async fn servers_that_want_patience_get_it() {
    let Some(server) = Server::start("servers_that_want_patience_get_it") else {
        return;
    };
    let busy = server.get("/fault/429?after=7").await.unwrap_err();
    assert!(matches!(busy, FetchError::RetryLater { status: 429, .. }) && busy.is_transient());
    assert_eq!(busy.retry_after(), Some(Duration::from_secs(7)));
    let down = server.get("/fault/503-date").await.unwrap_err();
    assert!(matches!(down, FetchError::RetryLater { status: 503, .. }));
    assert!(
        down.retry_after()
            .is_some_and(|after| after <= Duration::from_secs(3)),
        "{down:?}"
    );
    let statuses = [
        server.get("/fault/flaky?times=2").await,
        server.get("/fault/flaky?times=2").await,
    ];
    assert!(
        statuses
            .iter()
            .all(|result| result.as_ref().is_ok_and(|response| response.status == 500))
    );
    assert!(server.get("/fault/flaky?times=2").await.unwrap().is_success());
}

#[tokio::test]
async fn odd_but_honest_pages_come_whole() {
    let Some(server) = Server::start("odd_but_honest_pages_come_whole") else {
        return;
    };
    let typeless = server.get("/fault/no-type").await.unwrap();
    assert!(typeless.content_type.is_none() && !typeless.body.is_empty());
    assert_eq!(
        server
            .get("/fault/wrong-type")
            .await
            .unwrap()
            .content_type
            .as_deref(),
        Some("image/png")
    );
    assert_eq!(server.get("/fault/binary").await.unwrap().body.len(), 4096);
    assert!(server.get("/fault/empty").await.unwrap().body.is_empty());
    assert_eq!(server.get("/fault/gone.xml").await.unwrap().status, 410);
}

/// Paths of all feeds of the corpus server.
fn feed_paths(opml: &str) -> Vec<String> {
    let urls = opml
        .split("xmlUrl=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    urls.map(|url| format!("/{}", url.splitn(4, '/').nth(3).unwrap()))
        .collect()
}

#[tokio::test]
async fn feeds_come_unpacked_and_conditional_requests_save_them() {
    let Some(server) = Server::start("feeds_come_unpacked_and_conditional_requests_save_them") else {
        return;
    };
    let opml = server.get("/feeds.opml").await.unwrap();
    let paths = feed_paths(std::str::from_utf8(&opml.body).unwrap());
    assert!(!paths.is_empty());
    let (mut packed, mut saved, mut conditional) = (0, 0, 0);
    for path in &paths {
        let first = server.get(path).await.unwrap();
        assert!(first.is_success() && first.body.first() != Some(&0x1f), "{path}");
        packed += usize::from(first.header("content-encoding") == Some("gzip"));
        let mut again = GetRequest::new(&first.final_url);
        again.if_none_match = first.etag().map(str::to_owned);
        again.if_modified_since = first.last_modified().map(str::to_owned);
        if again.if_none_match.is_some() || again.if_modified_since.is_some() {
            conditional += 1;
            let second = GuardedClient::new(server.options()).get(again).await.unwrap();
            saved += usize::from(second.is_unmodified() && second.body.is_empty());
        }
    }
    println!(
        "{} feeds, {packed} packed, {saved} of {conditional} unmodified",
        paths.len()
    );
    assert!(packed > 0 && saved > 0);
    assert_eq!(saved, conditional);
}

#[tokio::test]
async fn a_host_gets_at_most_four_connections() {
    let Some(server) = Server::start("a_host_gets_at_most_four_connections") else {
        return;
    };
    let client = GuardedClient::new(server.options());
    let url = format!("{}/fault/slow?ms=300", server.base);
    let started = Instant::now();
    let pages = futures::future::join_all((0..8).map(|_| client.get(GetRequest::new(&url)))).await;
    assert!(pages.iter().all(Result::is_ok));
    let took = started.elapsed();
    assert!(
        took >= Duration::from_millis(600),
        "eight pages of 300 ms, four at a time, took {took:?}"
    );
    assert!(
        took < Duration::from_millis(2400),
        "eight pages of 300 ms, four at a time, took {took:?}"
    );
}
