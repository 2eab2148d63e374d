//! A browser: it keeps a cookie and says where its forms come from.

use copydesk_net::HostPort;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, StatusCode};

use crate::house::{House, RUN};

/// An answer, read.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub struct Browser {
    client: Client,
    base: String,
    /// `name=value` of the session, once logged in.
    pub cookie: Option<String>,
}

/// Headers to add or, with an empty value, to leave out.
pub type Extra<'a> = &'a [(&'static str, &'a str)];

impl Browser {
    pub fn new(house: &House) -> Self {
        copydesk_net::install_crypto();
        let host = HostPort::of_url(&house.base).unwrap();
        let client = copydesk_net::trusted_client(&[host]).unwrap();
        Self {
            client,
            base: house.base.clone(),
            cookie: None,
        }
    }

    /// A browser that used a link.
    pub async fn logged_in(house: &House) -> Self {
        let mut browser = Self::new(house);
        let token = house.link_token().await;
        let answer = browser.log_in(&token).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        browser
    }

    /// Presses the button behind a link, and keeps the cookie.
    pub async fn log_in(&mut self, token: &str) -> Answer {
        let to = format!("/runs/{RUN}");
        let answer = self.post("/login", &[("token", token), ("to", &to)]).await;
        let cookie = answer
            .header("set-cookie")
            .split(';')
            .next()
            .unwrap_or_default()
            .to_owned();
        if !cookie.is_empty() {
            self.cookie = Some(cookie);
        }
        answer
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }

    /// Sends a form as a browser does from our own page.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.post_with(path, form, &[]).await
    }

    pub async fn post_with(&self, path: &str, form: &[(&str, &str)], extra: Extra<'_>) -> Answer {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let origin = self.base.clone();
        let mut headers = vec![
            ("content-type", "application/x-www-form-urlencoded"),
            ("origin", &*origin),
            ("sec-fetch-site", "same-origin"),
        ];
        headers.retain(|(name, _)| extra.iter().all(|(other, _)| other != name));
        headers.extend(extra.iter().filter(|(_, value)| !value.is_empty()));
        self.send(Method::POST, path, Some(form), &headers).await
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<String>, extra: Extra<'_>) -> Answer {
        let mut headers = HeaderMap::new();
        if let Some(cookie) = &self.cookie {
            headers.insert(header::COOKIE, HeaderValue::from_str(cookie).unwrap());
        }
        for (name, value) in extra {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        let request = self
            .client
            .request(method, format!("{}{path}", self.base))
            .headers(headers);
        let response = request.body(body.unwrap_or_default()).send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer {
            status,
            headers,
            text: response.text().await.unwrap(),
        }
    }

    /// The page of the run.
    pub async fn page(&self) -> Answer {
        self.get(&format!("/runs/{RUN}")).await
    }

    /// What stands in the forms of the page: the session's token.
    pub async fn csrf(&self) -> String {
        field(&self.page().await.text, "csrf").expect("a form")
    }

    /// Presses a button of the run's page, with the hash that stands there.
    pub async fn press(&self, action: &str, reason: &str) -> Answer {
        let page = self.page().await.text;
        let (csrf, hash) = (
            field(&page, "csrf").expect("a form"),
            field(&page, "hash").unwrap_or_default(),
        );
        let form = [("csrf", &*csrf), ("hash", &*hash), ("reason", reason)];
        self.post(&format!("/runs/{RUN}/{action}"), &form).await
    }
}

/// The value of the first hidden field of a name.
pub fn field(page: &str, name: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\""))?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}
