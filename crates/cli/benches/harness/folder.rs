//! The folder that the product works in: four custom stages, the stub as model and tool server.

use std::path::Path;
use std::process::Command;

use anyhow::ensure;

/// The program under measurement.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_copydesk");

/// Makes a folder for the stub at `host`, with the page at `port`.
pub fn make(dir: &Path, host: &str, port: u16) -> anyhow::Result<()> {
    run(Command::new(PROGRAM).arg("init").arg(dir))?;
    let config = dir.join("config.toml");
    let text = std::fs::read_to_string(&config)?
        .replace("127.0.0.1:7420", &format!("127.0.0.1:{port}"))
        .replace("hold = \"10m\"", "hold = \"0s\"")
        .replace("default = [\"embedded\"]", "default = [\"stub\"]")
        .replace(
            "[models]\n",
            &format!("[models.stub]\nbase_url = \"http://{host}/v1\"\nmodel = \"stub\"\nfree = true\n"),
        )
        .replace(
            "[mcpServers]\n",
            &format!("[mcpServers.stub]\nurl = \"http://{host}/mcp\"\n"),
        );
    std::fs::write(&config, text)?;
    std::fs::remove_file(dir.join("pipelines/daily.toml"))?;
    for entry in std::fs::read_dir(dir.join("pipelines"))? {
        std::fs::remove_file(entry?.path())?;
    }
    std::fs::create_dir_all(dir.join("prompts/custom"))?;
    std::fs::write(dir.join("prompts/custom/bench.md"), PROMPT)?;
    std::fs::write(dir.join("prompts/custom/bench.schema.json"), SCHEMA)?;
    let stages: String = (1..=4).map(stage).collect();
    let pipeline = format!("[pipeline]\nname = \"bench\"\n{stages}");
    std::fs::write(dir.join("pipelines/bench.toml"), pipeline)?;
    run(Command::new(PROGRAM).arg("-C").arg(dir).args(["tools", "trust"]))
}

/// A token for the API.
pub fn token(dir: &Path) -> anyhow::Result<String> {
    let output = Command::new(PROGRAM)
        .arg("-C")
        .arg(dir)
        .args(["token", "new"])
        .output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn stage(number: u32) -> String {
    let approval = if number == 4 { "approval = true\n" } else { "" };
    format!(
        "[[stage]]\nagent = \"custom\"\nname = \"part-{number}\"\nprompt = \"prompts/custom/bench.md\"\noutput_schema = \"prompts/custom/bench.schema.json\"\nturns_max = 4\ntools = [\"stub/look_up\"]\nmodel_tools = [\"stub/look_up\"]\n{approval}"
    )
}

const PROMPT: &str = "---\nversion: 1\n---\nLook things up, then write a text of some length about them.\n";
const SCHEMA: &str = r#"{"type":"object","properties":{"text":{"type":"string"}},"required":["text"],"additionalProperties":false}"#;

fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output()?;
    ensure!(
        output.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
