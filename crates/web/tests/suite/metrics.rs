//! What Prometheus reads, judged by Prometheus' own tool.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use copydesk_domain::{Instant, MicroUsd, Round, RunId};
use copydesk_journal::trace::{SpanId, SpanKind, TraceId, TraceSink, TraceSpan};
use copydesk_store::{Applied, Command as StoreCommand, Lease};
use copydesk_web::{Around, EndpointHealth, Meter};

use crate::browser::Browser;
use crate::house::House;

/// `promtool`, if it is here.
fn promtool(test: &str) -> Option<Command> {
    let quiet = Command::new("promtool")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if quiet.is_ok_and(|status| status.success()) {
        return Some(Command::new("promtool"));
    }
    println!("skipped: {test}: no promtool");
    None
}

/// A meter that has seen a call of each kind.
fn meter() -> Arc<Meter> {
    let meter = Arc::new(Meter::default());
    for (operation, label, value) in [
        ("chat", "copydesk.model", "gpt"),
        ("execute_tool", "gen_ai.tool.name", "feeds/poll"),
        ("invoke_agent", "copydesk.stage", "research"),
    ] {
        meter.take(TraceSpan {
            trace: TraceId::of_run(&RunId::new("r"), 0),
            id: SpanId::of_number(1),
            parent: None,
            name: operation.to_owned(),
            kind: SpanKind::Internal,
            started_at: Instant::from_micros(0),
            finished_at: Instant::from_micros(1_000),
            attributes: vec![
                ("gen_ai.operation.name", operation.into()),
                (label, value.into()),
                ("gen_ai.usage.input_tokens", 5_u64.into()),
            ],
            error: None,
        });
    }
    meter
}

async fn exposition() -> String {
    let house = House::with(|mut options| {
        options.meter = Some(meter());
        options.around = Arc::new(|| Around {
            database_bytes: 4_096,
            wal_bytes: 10,
            spans_dropped: Some(2),
            endpoints: vec![EndpointHealth {
                base_url: "http://127.0.0.1:1/v1".to_owned(),
                model: "m".to_owned(),
                is_left_alone: false,
                opened: 0,
                in_flight: 0,
                waits: 1,
                waited_ms: 20,
            }],
        });
        options
    })
    .await;
    house.write_day().await;
    let browser = Browser::new(&house);
    browser.get("/metrics").await.text
}

#[tokio::test]
async fn metrics_tell_of_runs_feeds_claims_money_and_the_process() {
    let text = exposition().await;
    for line in [
        "copydesk_runs{state=\"waiting\"} 1",
        "copydesk_claims{pipeline=\"daily\",verdict=\"blocked\"}",
        "copydesk_feeds{pipeline=\"daily\",state=\"failing\"}",
        "copydesk_outbox_payloads{state=\"unknown\"} 0",
        "copydesk_model_calls_total{model=\"gpt\",outcome=\"ok\"} 1",
        "copydesk_database_size_bytes{file=\"main\"} 4096",
        "copydesk_telemetry_spans_dropped_total 2",
        "copydesk_build_info{version=",
        "process_start_time_seconds ",
    ] {
        assert!(text.contains(line), "no {line} in\n{text}");
    }
}

/// Reserves money of a model and books the bill, if there is one.
async fn spend(house: &House, lease: &Lease, model: &str, bill: Option<i64>) {
    let reserve = StoreCommand::ReserveSpend {
        lease: lease.clone(),
        stage: "research".into(),
        round: Round::FIRST,
        key: "take_notes/1".into(),
        task: "take_notes".to_owned(),
        model: model.to_owned(),
        amount: MicroUsd(900_000),
        limits: Vec::new(),
        at: house.now(),
    };
    let Applied::Reserved(reserved) = house.apply(reserve).await else {
        panic!("a reserve without limits is booked");
    };
    if let Some(amount) = bill {
        let settle = StoreCommand::SettleSpend {
            lease: lease.clone(),
            reservation: reserved.id,
            amount: MicroUsd(amount),
            is_assumed: false,
            counted: None,
            at: house.now(),
        };
        house.apply(settle).await;
    }
}

#[tokio::test]
async fn bills_are_told_by_model_once_they_are_settled() {
    let house = House::open().await;
    let (lease, browser) = (house.lease().await, Browser::new(&house));
    let told = async || {
        let text = browser.get("/metrics").await.text;
        let lines = text
            .lines()
            .filter(|line| line.starts_with("copydesk_model_spend"));
        lines.map(str::to_owned).collect::<Vec<String>>()
    };
    assert_eq!(told().await, [""; 0]);
    for (model, bill) in [
        ("big", Some(250_000)),
        ("small", None),
        ("big", None),
        ("big", Some(500_000)),
    ] {
        spend(&house, &lease, model, bill).await;
    }
    assert_eq!(
        told().await,
        ["copydesk_model_spend_usd_total{model=\"big\"} 0.75"]
    );
    spend(&house, &lease, "small", Some(0)).await;
    assert_eq!(
        told().await[1],
        "copydesk_model_spend_usd_total{model=\"small\"} 0"
    );
}

#[tokio::test]
async fn prometheus_own_tool_finds_nothing_wrong() {
    let Some(mut tool) = promtool("prometheus_own_tool_finds_nothing_wrong") else {
        return;
    };
    let text = exposition().await;
    let mut child = tool
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(
        output.status.success() && said.trim().is_empty(),
        "{said}\n{text}"
    );
}

fn rules() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/alerts.yml")
}

#[test]
fn the_example_rules_are_rules() {
    let Some(mut tool) = promtool("the_example_rules_are_rules") else {
        return;
    };
    let output = tool.args(["check", "rules"]).arg(rules()).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && said.contains("rules found"), "{said}");
}

/// Series of a desk, the alert that they raise, and its words.
const RAISED: [(&str, &str, &str); 2] = [
    (
        r#"
      - series: copydesk_feeds{job="copydesk",instance="a",pipeline="daily",state="failing"}
        values: "10x40"
      - series: copydesk_feeds{job="copydesk",instance="a",pipeline="daily",state="answering"}
        values: "2x40""#,
        "CopydeskFeedsFailing",
        r#"
          - exp_labels: { severity: ticket, pipeline: daily }
            exp_annotations:
              summary: "More than a fifth of the feeds of daily do not answer."
              what_to_do: "copydesk feeds list""#,
    ),
    (
        r#"
      - series: copydesk_waiting{job="copydesk",instance="a",for="budget"}
        values: "1x40"
      - series: copydesk_waiting{job="copydesk",instance="a",for="approval"}
        values: "1x40""#,
        "CopydeskWaitsForOperator",
        r#"
          - exp_labels: { severity: page, for: budget }
            exp_annotations:
              summary: "A run waits for budget."
              what_to_do: "copydesk waiting""#,
    ),
];

#[test]
fn the_example_rules_raise_their_alerts() {
    for (series, alert, expected) in RAISED {
        let Some(mut tool) = promtool("the_example_rules_raise_their_alerts") else {
            return;
        };
        let case = format!(
            "rule_files: [{}]\nevaluation_interval: 1h\ntests:\n  - interval: 1h\n    input_series:{series}\n    \
             alert_rule_test:\n      - eval_time: 30h\n        alertname: {alert}\n        exp_alerts:{expected}\n",
            rules().canonicalize().unwrap().display()
        );
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("case.yml");
        std::fs::write(&file, case).unwrap();
        let output = tool.args(["test", "rules"]).arg(&file).output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(
            output.status.success() && said.contains("SUCCESS"),
            "{alert}: {said}"
        );
    }
}

#[tokio::test]
async fn each_metric_of_the_example_rules_and_of_the_page_about_them_is_there() {
    let text = exposition().await;
    let families: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .collect();
    let page = rules().with_file_name("../telemetry.md");
    for file in [rules(), page] {
        let said = std::fs::read_to_string(&file).unwrap();
        let is_part = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
        let words = said.split(|sign: char| !is_part(sign));
        for name in words.filter(|word| word.starts_with("copydesk_")) {
            let base = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|end| name.strip_suffix(end))
                .unwrap_or(name);
            let is_there = families.contains(name) || families.contains(base);
            assert!(
                is_there,
                "{} names {name}, which is not there:\n{text}",
                file.display()
            );
        }
    }
    let page = std::fs::read_to_string(rules().with_file_name("../telemetry.md")).unwrap();
    for family in families {
        assert!(
            page.contains(&format!("`{family}`")),
            "docs/telemetry.md does not tell of {family}"
        );
    }
}
