//! `copydesk eval`: floors, missing data, broken files, blessing, odd cases.

use serde_json::Value;

use crate::rig::{Desk, list, text, word};

/// A fresh folder, and the shared data out of its reach.
fn eval(desk: &Desk, arguments: &[&str]) -> (i32, String, String) {
    let mut command = desk.command(&["eval"]);
    command
        .args(arguments)
        .env("COPYDESK_SHARED", desk.dir().join("nowhere"));
    let output = command.output().unwrap();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

fn rows(desk: &Desk, exit: i32, arguments: &[&str]) -> Vec<Value> {
    let mut all = vec!["--json"];
    all.extend(arguments);
    let (code, stdout, stderr) = eval(desk, &all);
    assert_eq!(code, exit, "{stdout}{stderr}");
    serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}"))
}

fn row<'r>(rows: &'r [Value], part: &str, metric: &str) -> &'r Value {
    let mut found = rows
        .iter()
        .filter(|row| row["part"] == part && row["metric"] == metric);
    found
        .next()
        .unwrap_or_else(|| panic!("{part} {metric}: {rows:?}"))
}

#[test]
fn a_fresh_folder_is_measured_on_the_bundled_cases_and_missing_data_is_named() {
    let desk = Desk::new();
    let rows = rows(&desk, 0, &[]);
    for suite in [
        "extraction",
        "feeds",
        "stories",
        "ranking",
        "summaries",
        "grounding",
        "injection",
        "corruptions",
    ] {
        let measured: Vec<&Value> = rows
            .iter()
            .filter(|row| row["suite"] == suite && !row["value"].is_null())
            .collect();
        assert!(!measured.is_empty(), "{suite}");
        assert!(measured.iter().all(|row| row["passed"] == true), "{measured:?}");
    }
    let skipped: Vec<&Value> = rows.iter().filter(|row| !row["skipped"].is_null()).collect();
    assert!(skipped.len() >= 8, "{skipped:?}");
    for row in skipped {
        assert!(word(row, "skipped").contains("nowhere") && !word(row, "get").is_empty());
        assert!(row["passed"].is_null() && row["value"].is_null());
    }
    let (code, table, talk) = eval(&desk, &["grounding"]);
    assert_eq!(code, 0);
    assert!(
        table.contains("skipped: grounding/wice-score: ") && table.contains("wice.jsonl is not there"),
        "{table}"
    );
    assert!(talk.contains("parts were skipped"), "{talk}");
}

#[test]
fn a_number_below_its_floor_ends_with_1_and_names_the_suite() {
    let desk = Desk::new();
    desk.replace("evals/summaries.toml", "rouge1 = 50.0", "rouge1 = 99.5");
    let (code, table, talk) = eval(&desk, &[]);
    assert_eq!(code, 1);
    assert!(table.contains("BELOW ITS FLOOR"), "{table}");
    assert!(
        talk.contains("below its floor: summaries/bundled rouge1"),
        "{talk}"
    );
    let rows = rows(&desk, 1, &["summaries"]);
    assert_eq!(row(&rows, "bundled", "rouge1")["passed"], false);
}

#[test]
fn without_any_data_nothing_is_passed_in_silence() {
    let desk = Desk::new();
    desk.write(
        "evals/mine.toml",
        "[[part]]\nname = \"a\"\nscorer = \"bcubed\"\nshared = \"mine.jsonl\"\n",
    );
    let (code, table, _) = eval(&desk, &["mine"]);
    assert_eq!(code, 3);
    assert!(
        table.contains("skipped: mine/a: ") && table.contains("mine.jsonl is not there"),
        "{table}"
    );
}

#[test]
fn own_data_that_is_misspelt_is_a_failure_with_file_and_line() {
    let desk = Desk::new();
    desk.write(
        "evals/mine.toml",
        "[[part]]\nname = \"a\"\nscorer = \"bcubed\"\ndata = \"cases/mine.jsonl\"\n",
    );
    for suites in [&["mine"][..], &[]] {
        let (code, table, talk) = eval(&desk, suites);
        assert_eq!((code, table.as_str()), (2, ""), "{talk}");
        assert!(
            talk.contains("evals/mine.toml:4: ") && talk.contains("mine.jsonl is not there"),
            "{talk}"
        );
    }
    assert_eq!(eval(&desk, &["grounding"]).0, 0);
}

#[test]
fn a_broken_suite_names_its_file_and_line() {
    let desk = Desk::new();
    desk.write(
        "evals/mine.toml",
        "[[part]]\nname = \"a\"\nscorer = \"bcubed\"\ndata = \"x\"\nfloor = { f = 1 }\n",
    );
    let (code, _, talk) = eval(&desk, &[]);
    assert_eq!(code, 2);
    assert!(
        talk.contains("evals/mine.toml:5: unknown key `floor` in [[part]]; did you mean `floors`?"),
        "{talk}"
    );
    assert_eq!(desk.run(&["check"]).status.code(), Some(2));
}

#[test]
fn an_unknown_suite_is_answered_with_the_nearest() {
    let (code, _, talk) = eval(&Desk::new(), &["groundng"]);
    assert_eq!(code, 2);
    assert!(talk.contains("did you mean `grounding`?"), "{talk}");
}

#[test]
fn broken_cases_are_named_with_their_line() {
    let desk = Desk::new();
    let part = "[[part]]\nname = \"a\"\nscorer = \"blocking\"\ndata = \"cases/mine.jsonl\"\n";
    desk.write("evals/mine.toml", part);
    let endless =
        serde_json::json!({ "id": "1", "document": "a", "text": "a ".repeat(300_000), "label": "x" });
    let endless = endless.to_string().into_bytes();
    for (bytes, said) in [
        (&b"{\"id\":\"1\"}\n"[..], "mine.jsonl:1: missing field `document`"),
        (b"\n{\n", "mine.jsonl:2: EOF while parsing"),
        (b"{}\xff\n", "mine.jsonl:1: the bytes are not UTF-8"),
        (b"", "mine.jsonl: has no case"),
        (&endless, "mine.jsonl: the claim of `1` has more than"),
    ] {
        std::fs::write(desk.dir().join("evals/cases/mine.jsonl"), bytes).unwrap();
        let (code, _, talk) = eval(&desk, &["mine"]);
        assert_eq!(code, 2, "{talk}");
        assert!(talk.contains(said), "{talk}");
    }
}

#[test]
fn an_empty_document_and_a_claim_of_ten_thousand_words_are_judged() {
    let desk = Desk::new();
    let part = "[[part]]\nname = \"a\"\nscorer = \"blocking\"\ndata = \"cases/mine.jsonl\"\nfloors = { recall = 1 }\n";
    desk.write("evals/mine.toml", part);
    let long = "The team of Norn shipped 17 parsers to Oslo in May. ".repeat(1_000);
    let cases = [
        serde_json::json!({ "id": "empty", "document": "", "text": "It is 4.", "label": "unsupported" }),
        serde_json::json!({ "id": "long", "document": "Lattice shipped 3 indexes.", "text": long, "label": "unsupported" }),
    ];
    desk.write(
        "evals/cases/mine.jsonl",
        &cases.map(|case| format!("{case}\n")).concat(),
    );
    let started_at = std::time::Instant::now();
    let rows = rows(&desk, 0, &["mine"]);
    assert_eq!(row(&rows, "a", "recall")["value"], 1.0);
    assert!(started_at.elapsed().as_secs() < 30, "{:?}", started_at.elapsed());
}

#[test]
fn a_blessed_run_is_what_later_ones_are_compared_with() {
    let desk = Desk::new();
    let before = rows(&desk, 0, &["grounding", "--bless"]);
    assert!(row(&before, "bundled-blocking", "recall")["baseline"].is_null());
    let again = rows(&desk, 0, &["grounding"]);
    let same = row(&again, "bundled-blocking", "recall");
    assert_eq!(same["baseline"], same["value"]);
    assert_eq!(same["change"]["by"], 0.0);

    // A claim that was caught is now called supported by people: what was right becomes wrong.
    let cases = desk.read("evals/cases/grounding.jsonl");
    let turned: Vec<String> = cases
        .lines()
        .map(|line| {
            if line.contains("24 May 2026") {
                line.replace("\"unsupported\"", "\"supported\"")
            } else {
                line.to_owned()
            }
        })
        .collect();
    desk.write("evals/cases/grounding.jsonl", &turned.join("\n"));
    let after = rows(&desk, 0, &["grounding"]);
    let changed = row(&after, "bundled-blocking", "precision");
    assert_eq!(changed["baseline"], 1.0);
    assert!(changed["change"]["by"].as_f64().unwrap() < 0.0, "{changed}");
    let (_, table, _) = eval(&desk, &["grounding"]);
    assert!(table.contains("1.000, now −0.0"), "{table}");
}

#[test]
fn the_page_stands_alone_and_escapes_what_cases_say() {
    let desk = Desk::new();
    let case = serde_json::json!({
        "id": "<script>alert(1)</script>", "document": "Norn has 4 parsers.",
        "text": "Norn has 5 <b>parsers</b>.", "label": "supported",
    });
    desk.write("evals/cases/mine.jsonl", &format!("{case}\n"));
    desk.write(
        "evals/mine.toml",
        "[[part]]\nname = \"a\"\nscorer = \"blocking\"\ndata = \"cases/mine.jsonl\"\n",
    );
    let page = desk.dir().join("report.html");
    let (code, _, talk) = eval(&desk, &["--html", page.to_str().unwrap()]);
    assert_eq!(code, 0, "{talk}");
    let html = desk.read("report.html");
    assert!(html.contains("&lt;script&gt;") && html.contains("<svg"), "{html}");
    assert!(
        !html.contains("<script") && !html.contains("<b>") && !html.contains("src="),
        "{html}"
    );
}

#[test]
fn the_evidence_of_an_exported_issue_makes_corruptions() {
    let desk = Desk::new();
    let passage = "Lattice released Quay 3.2 on 14 May 2026 after nine weeks of tests in Oslo.";
    let hash = crate::rig::sha256(passage.as_bytes());
    std::fs::create_dir_all(desk.dir().join("evals/cases/issue/snapshots")).unwrap();
    desk.write(&format!("evals/cases/issue/snapshots/{hash}.txt"), passage);
    let draft = serde_json::json!({ "sentences": [
        { "id": "s1", "text": "Quay is out.", "kind": "claim", "evidence": [{ "snapshot": hash, "start": 0, "end": passage.len() }] },
        { "id": "s2", "text": "Two.", "kind": "claim", "evidence": [{ "calc": "count", "of": [] }] },
    ] });
    desk.write("evals/cases/issue/draft.json", &draft.to_string());
    desk.write(
        "evals/mine.toml",
        "[[part]]\nname = \"issue\"\nscorer = \"corruptions\"\ndata = \"cases/issue\"\nformat = \"export\"\n",
    );
    let rows = rows(&desk, 0, &["mine"]);
    let right = row(&rows, "issue", "right");
    let kinds: Vec<&str> = list(right, "details")
        .iter()
        .map(|detail| word(detail, "label"))
        .collect();
    assert!(kinds.contains(&"corrupted: number"), "{kinds:?}");
}
