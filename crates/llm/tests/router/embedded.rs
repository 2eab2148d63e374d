//! The embedded model, asked through the router as any other.

use std::net::SocketAddr;

use copydesk_domain::task::{TakeNotes, TakeNotesInput, TakeNotesOutput, Task};
use copydesk_journal::{ModelCall, ModelError, Models, ReplyContent};
use copydesk_llm::{Router, RouterOptions};

use super::calls::{Book, call, config, embedded, options, spec};
use super::stub::{Stub, says, status};

pub async fn running() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(copydesk_llm::embedded::serve(listener, std::future::pending()));
    at
}

async fn router() -> Router {
    Router::new(RouterOptions {
        embedded: running().await,
        ..options()
    })
}

fn take_notes(route: Vec<copydesk_journal::ModelSpec>) -> ModelCall {
    let text = "Tarnhelm 3.8.2 closes the renewal hole.\n\
        The release fixes 14 bugs and needs 20 percent less memory, said Ada Marlow, who leads the project.";
    let input = TakeNotesInput {
        now: None,
        title: "Tarnhelm 3.8.2 closes the renewal hole".into(),
        publisher: "tarnhelm.example".into(),
        published_at: None,
        text: text.into(),
        beats: vec!["security".to_owned()],
        notes_max: 12,
    };
    ModelCall {
        task: TakeNotes::NAME.to_owned(),
        version: TakeNotes::VERSION,
        input: serde_json::to_value(input).unwrap(),
        schema: schemars::schema_for!(TakeNotesOutput).to_value(),
        ..call(route)
    }
}

#[tokio::test]
async fn it_takes_notes_for_nothing() {
    let book = Book {
        limit: Some(0),
        ..Book::default()
    };
    let reply = router()
        .await
        .ask(take_notes(vec![embedded()]), &book)
        .await
        .unwrap();
    assert_eq!((reply.model.as_str(), reply.tries), ("embedded", 1));
    assert!(reply.tokens_in > 0 && reply.tokens_out > 0);
    let ReplyContent::Output(output) = reply.content else {
        panic!("no tool was offered")
    };
    let output: TakeNotesOutput = serde_json::from_value(output).unwrap();
    assert!(
        output.notes.iter().any(|note| note.quote.contains("14 bugs")),
        "{output:?}"
    );
    assert!(book.entries().is_empty());
}

#[tokio::test]
async fn it_steps_in_where_another_model_fails() {
    for answer in [
        status(500, ""),
        says("I am a poet."),
        status(200, "<html>bad gateway</html>"),
    ] {
        let stub = Stub::with(vec![answer]).await;
        let route = vec![spec("poet", config(&stub.base_url)), embedded()];
        let reply = router()
            .await
            .ask(take_notes(route), &Book::default())
            .await
            .unwrap();
        assert_eq!(reply.model.as_str(), "embedded");
    }
}

#[tokio::test]
async fn an_unknown_task_needs_a_person() {
    let error = router()
        .await
        .ask(call(vec![embedded()]), &Book::default())
        .await
        .unwrap_err();
    assert!(
        matches!(&error, ModelError::NeedsPerson { model, .. } if model == "embedded"),
        "{error}"
    );
    assert!(
        error.to_string().contains("does not know task `count` version 1"),
        "{error}"
    );
}
