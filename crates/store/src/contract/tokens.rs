//! Tokens: what lets somebody in, once or for a time.

use copydesk_domain::{ContentHash, Instant};

use super::scene::{Scene, at};
use crate::token::{TokenKind, TokenRecord};
use crate::{Applied, Command};

super::cases![
    a_token_is_taken_once,
    a_link_is_traded_for_a_session_or_nothing_happens,
    links_and_sessions_that_ended_are_forgotten,
    a_token_that_is_gone_is_not_prolonged,
    tokens_are_listed_by_kind_with_their_names,
];

fn token(text: &str, kind: TokenKind, expires_at: Option<Instant>) -> TokenRecord {
    TokenRecord {
        hash: ContentHash::of(text.as_bytes()),
        kind,
        created_at: at(0),
        expires_at,
        name: None,
    }
}

async fn a_token_is_taken_once(scene: Scene) {
    let login = token("login", TokenKind::Login, Some(at(60)));
    let tokens = [
        login.clone(),
        token("late", TokenKind::Session, Some(at(60))),
        token("api", TokenKind::Api, None),
    ];
    for token in &tokens {
        scene.apply(Command::PutToken(token.clone())).await;
        assert_eq!(scene.b.token(&token.hash).await, Ok(Some(token.clone())));
    }
    let take = |token: &TokenRecord, seconds| Command::TakeToken {
        hash: token.hash,
        now: at(seconds),
    };
    assert_eq!(scene.apply(take(&tokens[0], 59)).await, Applied::Taken(true));
    assert_eq!(scene.apply(take(&tokens[0], 59)).await, Applied::Taken(false));
    assert_eq!(scene.apply(take(&tokens[1], 60)).await, Applied::Taken(false));
    assert_eq!(scene.apply(take(&tokens[2], 9_999)).await, Applied::Taken(true));
    assert_eq!(scene.b.token(&login.hash).await, Ok(None));
}

async fn a_link_is_traded_for_a_session_or_nothing_happens(scene: Scene) {
    let link = token("link", TokenKind::Login, Some(at(60)));
    let api = token("api", TokenKind::Api, None);
    for record in [&link, &api] {
        scene.apply(Command::PutToken(record.clone())).await;
    }
    let session = token("session", TokenKind::Session, Some(at(900)));
    let trade = |link: &TokenRecord, seconds| Command::OpenSession {
        link: link.hash,
        session: session.clone(),
        now: at(seconds),
    };
    let unknown = token("unknown", TokenKind::Login, None);
    for refused in [
        trade(&link, 60),
        trade(&link, -1),
        trade(&api, 1),
        trade(&unknown, 1),
    ] {
        assert_eq!(scene.apply(refused).await, Applied::Taken(false));
    }
    assert_eq!(scene.b.token(&session.hash).await, Ok(None));
    assert_eq!(scene.b.token(&api.hash).await, Ok(Some(api)));
    assert_eq!(scene.b.token(&link.hash).await, Ok(Some(link.clone())));
    assert_eq!(scene.apply(trade(&link, 59)).await, Applied::Taken(true));
    assert_eq!(scene.b.token(&link.hash).await, Ok(None));
    assert_eq!(scene.b.token(&session.hash).await, Ok(Some(session.clone())));
    assert_eq!(scene.apply(trade(&link, 59)).await, Applied::Taken(false));
}

async fn links_and_sessions_that_ended_are_forgotten(scene: Scene) {
    let ended = [
        token("link", TokenKind::Login, Some(at(60))),
        token("session", TokenKind::Session, Some(at(60))),
    ];
    let kept = [
        token("later link", TokenKind::Login, Some(at(61))),
        token("later session", TokenKind::Session, Some(at(61))),
        token("ended api", TokenKind::Api, Some(at(1))),
        token("api", TokenKind::Api, None),
    ];
    for record in ended.iter().chain(&kept) {
        scene.apply(Command::PutToken(record.clone())).await;
    }
    scene.apply(Command::ForgetTokens { now: at(60) }).await;
    for record in ended {
        assert_eq!(scene.b.token(&record.hash).await, Ok(None), "{record:?}");
    }
    for record in kept {
        assert_eq!(scene.b.token(&record.hash).await, Ok(Some(record)));
    }
}

async fn a_token_that_is_gone_is_not_prolonged(scene: Scene) {
    let session = token("session", TokenKind::Session, Some(at(60)));
    scene.apply(Command::PutToken(session.clone())).await;
    let hash = session.hash;
    let prolong = |seconds| Command::ProlongToken {
        hash,
        until: at(seconds),
    };
    scene.apply(prolong(90)).await;
    let prolonged = TokenRecord {
        expires_at: Some(at(90)),
        ..session
    };
    assert_eq!(scene.b.token(&hash).await, Ok(Some(prolonged)));
    scene.apply(Command::TakeToken { hash, now: at(1) }).await;
    scene.apply(prolong(120)).await;
    assert_eq!(scene.b.token(&hash).await, Ok(None));
}

async fn tokens_are_listed_by_kind_with_their_names(scene: Scene) {
    let named = |text: &str, name: Option<&str>, seconds| TokenRecord {
        created_at: at(seconds),
        name: name.map(str::to_owned),
        ..token(text, TokenKind::Api, None)
    };
    let (late, early) = (named("late", Some("bench"), 9), named("early", None, 1));
    let login = token("login", TokenKind::Login, Some(at(60)));
    for record in [&late, &login, &early] {
        scene.apply(Command::PutToken(record.clone())).await;
    }
    assert_eq!(scene.b.tokens(TokenKind::Api).await, Ok(vec![early, late]));
    assert_eq!(scene.b.tokens(TokenKind::Login).await, Ok(vec![login]));
    assert_eq!(scene.b.tokens(TokenKind::Session).await, Ok(Vec::new()));
}
