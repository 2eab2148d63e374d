//! One day of the corpus through the program.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::counting::Counting;

/// The program under measurement.
const PROGRAM: &str = env!("CARGO_BIN_EXE_copydesk");
/// It waits for the author, as it should.
const WAITS: i32 = 4;

/// The corpus, served until dropped.
pub struct Corpus {
    child: Child,
    host: String,
}

impl Corpus {
    /// Serves it as it was at `now`.
    pub fn serve(root: &Path, now: &str) -> anyhow::Result<Self> {
        let mut child = Command::new("python3")
            .arg(root.join("serve.py"))
            .args(["--port", "0", "--quiet", "--now", now])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("a pipe")?).read_line(&mut line)?;
        let host = line
            .trim()
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .to_owned();
        Ok(Self { child, host })
    }
}

impl Drop for Corpus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What came of a day.
#[derive(Debug, Clone)]
pub struct Day {
    /// Posts that were read.
    pub posts: usize,
    /// Stories found.
    pub stories: usize,
    /// Notes taken.
    pub notes: usize,
    /// Titles of the stories that the issue tells, in its order.
    pub told: Vec<String>,
}

impl Day {
    /// Runs a day in a new folder, up to the author.
    pub fn run(
        corpus: &Corpus,
        counting: &Counting,
        now: &str,
        window: &str,
        settings: &str,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let dir = folder.path();
        prepare(dir, corpus, counting, window, settings)?;
        let run = copydesk(dir, &["run", "daily", "--now", now], WAITS)?;
        let to = dir.join("export");
        let id = run["run"].as_str().context("a run has an id")?;
        copydesk(dir, &["export", id, "--to", &to.display().to_string()], 0)?;
        let read = |name: &str| -> anyhow::Result<Value> {
            Ok(serde_json::from_slice(&std::fs::read(to.join(name))?)?)
        };
        Ok(Self::of(&read("research_brief.json")?, &read("draft.json")?))
    }

    fn of(brief: &Value, draft: &Value) -> Self {
        let count = |field: &str| brief[field].as_array().map_or(0, Vec::len);
        let stories = brief["stories"].as_array().map_or(&[][..], Vec::as_slice);
        let title = |id: &Value| {
            let story = stories.iter().find(|story| story["id"] == *id)?;
            Some(story["title"].as_str()?.to_owned())
        };
        let sections = draft["sections"].as_array().into_iter().flatten();
        let told = sections.flat_map(|section| section["stories"].as_array().into_iter().flatten());
        Self {
            posts: count("sources"),
            stories: count("stories"),
            notes: count("notes"),
            told: told.filter_map(title).collect(),
        }
    }
}

fn prepare(
    dir: &Path,
    corpus: &Corpus,
    counting: &Counting,
    window: &str,
    settings: &str,
) -> anyhow::Result<()> {
    let made = Command::new(PROGRAM).arg("init").arg(dir).output()?;
    ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let config = dir.join("config.toml");
    let model = format!(
        "[models.counting]\nbase_url = \"http://{}/v1\"\nmodel = \"counting\"\nfree = true\n",
        counting.address
    );
    let text = std::fs::read_to_string(&config)?
        .replace("allow = []", &format!("allow = [\"{}\"]", corpus.host))
        .replace("[models]\n", &format!("{model}\n"))
        .replace("default = [\"embedded\"]", "default = [\"counting\"]");
    std::fs::write(&config, text)?;
    let pipeline = dir.join("pipelines/daily.toml");
    let text = std::fs::read_to_string(&pipeline)?;
    let feeds = text
        .find("\n[[feed]]")
        .context("the shipped pipeline has feeds")?;
    let text = text[..=feeds].replace("window = \"24h\"", &format!("{settings}window = \"{window}\""));
    std::fs::write(&pipeline, text)?;
    let opml = dir.join("corpus.opml");
    let fetched = Command::new("python3")
        .args([
            "-c",
            "import sys,urllib.request;sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1]).read())",
        ])
        .arg(format!("http://{}/feeds.opml", corpus.host))
        .output()?;
    std::fs::write(&opml, fetched.stdout)?;
    copydesk(dir, &["feeds", "import", &opml.display().to_string()], 0)?;
    Ok(())
}

fn copydesk(dir: &Path, arguments: &[&str], exit: i32) -> anyhow::Result<Value> {
    let output = Command::new(PROGRAM)
        .arg("-C")
        .arg(dir)
        .args(arguments)
        .arg("--json")
        .output()?;
    ensure!(
        output.status.code() == Some(exit),
        "{arguments:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(serde_json::from_slice(&output.stdout)?)
}
