//! `replies` over a Maildir of made-up mails.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::house_with_mail;

const QUESTION: &str = "From: Ann Lee <ann@reader.example>\r\nTo: desk@news.example\r\nSubject: =?utf-8?q?Re=3A_Prices_=E2=80=94_today?=\r\n\
    Message-ID: <q1@reader.example>\r\nIn-Reply-To: <issue-7@news.example>\r\nReferences: <issue-6@news.example> <issue-7@news.example>\r\n\
    Date: Thu, 20 Aug 2026 10:00:00 +0200\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
    Is that per day?\r\n\r\nOn Thu, 20 Aug 2026 at 05:00, Desk <desk@news.example> wrote:\r\n> Prices fell.\r\n-- \r\nAnn\r\n";

const HTML_ONLY: &str = "From: bo@reader.example\r\nSubject: Re: Prices\r\nDate: Thu, 20 Aug 2026 11:00:00 GMT\r\n\
    MIME-Version: 1.0\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
    <html><body><p>Gr=FC=DFe, good &amp; short.</p><blockquote>Prices fell.</blockquote></body></html>\r\n";

const ABSENT: &str = "From: cy@reader.example\r\nSubject: Away\r\nMessage-ID: <a1@reader.example>\r\nAuto-Submitted: auto-replied\r\n\
    Date: Thu, 20 Aug 2026 12:00:00 GMT\r\n\r\nI am away.\r\n";

fn maildir(mails: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["new", "cur", "tmp"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    for (name, text) in mails {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

async fn list(folder: &tempfile::TempDir, mut arguments: Value) -> Value {
    let house = house_with_mail(folder.path());
    arguments["maildir"] = json!(folder.path());
    house.value("replies/list", arguments).await
}

#[tokio::test]
async fn mails_are_listed_in_the_order_of_their_delivery() {
    let folder = maildir(&[
        ("cur/1787306400.M1.host:2,S", ABSENT),
        ("new/1787220000.M1.host", QUESTION),
        ("cur/1787223600.M1.host:2,S", HTML_ONLY),
        ("new/1787310000.M1.host", QUESTION),
        ("tmp/1787220001.M1.host", QUESTION),
        ("new/1787220002.M1.host", "this is no mail at all"),
        ("new/.hidden", QUESTION),
    ]);
    let listed = list(&folder, json!({})).await;
    let replies = listed["replies"].as_array().unwrap();
    assert_eq!(replies.len(), 3, "{listed}");
    let question = &replies[0];
    assert_eq!(question["id"], "q1@reader.example");
    assert_eq!(question["in_reply_to"], json!(["issue-7@news.example"]));
    assert_eq!(
        question["references"],
        json!(["issue-6@news.example", "issue-7@news.example"])
    );
    assert_eq!(question["from"], "Ann Lee <ann@reader.example>");
    assert_eq!(question["subject"], "Re: Prices — today");
    assert_eq!(question["text"], "Is that per day?");
    assert_eq!(question["sent_at"], "2026-08-20T08:00:00Z");
    assert_eq!(question["auto"], false);
    assert!(replies[1]["id"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(replies[1]["text"], "Grüße, good & short.");
    assert_eq!(replies[2]["auto"], true);
    assert_eq!(listed["missing"][0]["file"], "new/1787220002.M1.host");
    assert!(folder.path().join("new/1787220000.M1.host").exists());
}

#[tokio::test]
async fn since_leaves_out_what_came_before() {
    let folder = maildir(&[
        ("new/1787220000.M1.host", QUESTION),
        ("new/1787223600.M1.host", HTML_ONLY),
    ]);
    let listed = list(&folder, json!({"since": "2026-08-20T10:30:00Z"})).await;
    assert_eq!(listed["replies"].as_array().unwrap().len(), 1, "{listed}");
}

#[tokio::test]
async fn a_folder_that_no_pipeline_names_is_not_read() {
    let (named, other) = (maildir(&[]), maildir(&[("new/1787220000.M1.host", QUESTION)]));
    let house = house_with_mail(named.path());
    let beside = named.path().join("..").join(other.path().file_name().unwrap());
    for wanted in [other.path(), &beside, Path::new("/no/such/folder")] {
        let why = house.why("replies/list", json!({"maildir": wanted})).await;
        assert!(why.contains("is no Maildir of a pipeline"), "{why}");
        assert!(why.contains(named.path().to_str().unwrap()), "{why}");
    }
    house
        .value("replies/list", json!({"maildir": named.path()}))
        .await;
    let why = house
        .why(
            "replies/list",
            json!({"maildir": named.path(), "after": "yesterday"}),
        )
        .await;
    assert!(why.contains("`after`"), "{why}");
}

/// Each of these has an id and a thread of 90 KB, as no mail program makes them.
#[tokio::test]
async fn small_hostile_mails_silence_nobody() {
    let folder = maildir(&[("new/1787220000.M1.host", QUESTION)]);
    let long = "x".repeat(90_000);
    for n in 1..=60 {
        let mail = format!(
            "From: e@evil.example\r\nMessage-ID: <{n}{long}>\r\nReferences: <{n}{long}>\r\nSubject: s\r\n\r\nHa.\r\n"
        );
        let name = format!("new/{}.M.host", 1_787_220_000 + n);
        fs::write(folder.path().join(name), mail).unwrap();
    }
    let listed = list(&folder, json!({})).await;
    assert_eq!(listed["replies"].as_array().unwrap().len(), 61);
    assert_eq!(listed["replies"][0]["id"], "q1@reader.example");
}

#[tokio::test]
async fn many_long_mails_come_in_pieces_and_none_is_lost() {
    let body = "word ".repeat(6_000);
    let folder = maildir(&[]);
    for n in 0..130 {
        let mail = format!("From: a@reader.example\r\nMessage-ID: <{n}@r>\r\nSubject: s\r\n\r\n{body}");
        fs::write(
            folder.path().join(format!("new/{}.M.host", 1_787_220_000 + n)),
            mail,
        )
        .unwrap();
    }
    let first = list(&folder, json!({})).await;
    let count = first["replies"].as_array().unwrap().len();
    assert_eq!(first["replies"][0]["is_cut"], true);
    assert_eq!(first["more"], 130 - count);
    let rest = list(&folder, json!({"after": first["next"]})).await;
    assert_eq!(rest["replies"].as_array().unwrap().len(), 130 - count);
    assert_eq!((&rest["more"], &rest["next"]), (&json!(0), &Value::Null));
    let newest = list(&folder, json!({"order": "newest"})).await;
    assert_eq!(newest["replies"][0]["id"], "129@r");
}
