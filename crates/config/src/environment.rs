//! The environment: read once at the start, and nowhere else in the project.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use crate::blanks::{Blanks, secrets_in, secrets_in_address, variables_in};
use crate::pipeline::ChannelConfig;
use crate::secret::{Secret, SecretError};
use crate::settings::{MailConfig, McpServerConfig, ModelConfig, TelemetryConfig};
use crate::workspace::Workspace;

/// What a child process may see of our environment, beside what its entry in config.toml gives it.
const CHILD_VARIABLES: &[&str] = &[
    "HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "SHELL", "TEMP", "TERM", "TMP", "TMPDIR", "TZ", "USER",
];

/// Environment variables, as they were when the program started.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<String, String>,
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

impl Environment {
    /// That of this process. Variables that are no UTF-8 are left out.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    pub fn system() -> Self {
        let as_text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self {
            variables: std::env::vars_os().filter_map(as_text).collect(),
        }
    }

    /// None at all.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The given ones, for tests.
    pub fn of<const N: usize>(variables: [(&str, &str); N]) -> Self {
        let owned = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            variables: owned.into_iter().collect(),
        }
    }

    /// This environment without the variables that name a model; `try --sample` uses it.
    #[must_use]
    pub fn without_models(mut self) -> Self {
        self.variables
            .retain(|name, _| !crate::openai::VARIABLES.contains(&name.as_str()));
        self
    }

    /// A variable's value; an empty one counts as not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The variables that any child process is given.
    pub fn for_children(&self) -> BTreeMap<String, String> {
        let wanted = self
            .variables
            .iter()
            .filter(|(name, _)| CHILD_VARIABLES.contains(&name.as_str()));
        wanted
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// `text` with each `${NAME}` replaced by the variable's value.
    ///
    /// # Errors
    /// [`SecretError::NotSet`] and [`SecretError::Unclosed`].
    pub fn expand(&self, text: &str) -> Result<Secret, SecretError> {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let unclosed = || SecretError::Unclosed {
                text: text.to_owned(),
            };
            let (name, behind) = after.split_once('}').ok_or_else(unclosed)?;
            if name.is_empty() {
                return Err(unclosed());
            }
            let value = self.get(name).ok_or_else(|| SecretError::NotSet {
                name: name.to_owned(),
            })?;
            expanded.push_str(before);
            expanded.push_str(value);
            rest = behind;
        }
        expanded.push_str(rest);
        Ok(Secret::new(expanded))
    }

    /// The environment that a stdio tool server starts with: that of any child, and its own entries.
    pub fn of_server(&self, server: &McpServerConfig) -> Result<BTreeMap<String, Secret>, SecretError> {
        let mut variables: BTreeMap<String, Secret> = self
            .for_children()
            .into_iter()
            .map(|(name, value)| (name, Secret::new(value)))
            .collect();
        variables.extend(self.expand_all(&server.env)?);
        Ok(variables)
    }

    /// The headers of a tool server over HTTP.
    pub fn headers_of(&self, server: &McpServerConfig) -> Result<BTreeMap<String, Secret>, SecretError> {
        self.expand_all(&server.headers)
    }

    /// The headers of the collector.
    pub fn headers_of_telemetry(
        &self,
        telemetry: &TelemetryConfig,
    ) -> Result<BTreeMap<String, Secret>, SecretError> {
        self.expand_all(&telemetry.headers)
    }

    fn expand_all(&self, values: &BTreeMap<String, String>) -> Result<BTreeMap<String, Secret>, SecretError> {
        values
            .iter()
            .map(|(name, value)| Ok((name.clone(), self.expand(value)?)))
            .collect()
    }

    /// The key of a model, where it has one. `dir` is the folder of config.toml, from which key files are named;
    /// `"${CREDENTIALS_DIRECTORY}/NAME"` names one that a service manager hands over.
    pub fn api_key(&self, model: &ModelConfig, dir: &Path) -> Result<Option<Secret>, SecretError> {
        self.secret(model.api_key_env.as_deref(), model.api_key_file.as_deref(), dir)
    }

    /// The password of the mail server, where it wants one. `dir`: as in [`Self::api_key`].
    pub fn mail_password(&self, mail: &MailConfig, dir: &Path) -> Result<Option<Secret>, SecretError> {
        self.secret(mail.password_env.as_deref(), mail.password_file.as_deref(), dir)
    }

    /// The key of a channel, where it has one. `dir` as for a model's.
    pub fn channel_key(&self, channel: &ChannelConfig, dir: &Path) -> Result<Option<Secret>, SecretError> {
        self.secret(
            channel.api_key_env.as_deref(),
            channel.api_key_file.as_deref(),
            dir,
        )
    }

    /// A secret from a variable, else from a file, where one is named.
    fn secret(
        &self,
        variable: Option<&str>,
        file: Option<&str>,
        dir: &Path,
    ) -> Result<Option<Secret>, SecretError> {
        if let Some(name) = variable {
            let value = self.get(name).ok_or_else(|| SecretError::NotSet {
                name: name.to_owned(),
            })?;
            return Ok(Some(Secret::new(value.trim())));
        }
        let Some(file) = file else {
            return Ok(None);
        };
        let path = dir.join(self.expand(file)?.reveal());
        let text = std::fs::read_to_string(&path).map_err(|source| SecretError::File {
            path: path.clone(),
            source,
        })?;
        match text.trim() {
            "" => Err(SecretError::EmptyFile { path }),
            key => Ok(Some(Secret::new(key))),
        }
    }

    /// What logs and recordings of a folder must not hold: every key and password that its settings name, the values of
    /// `${NAME}`, and what stands written out under the name of a secret.
    pub fn secrets_of(&self, workspace: &Workspace) -> Blanks {
        let (config, dir) = (&workspace.config, &workspace.dir);
        let read = |secret: Result<Option<Secret>, SecretError>| secret.ok().flatten();
        let keys = config.models.values().map(|model| self.api_key(model, dir));
        let channels = workspace
            .pipelines
            .values()
            .flat_map(|pipeline| pipeline.channels.values());
        let channels = channels.map(|channel| self.channel_key(channel, dir));
        let mail = config
            .alarms
            .mail
            .iter()
            .map(|mail| self.mail_password(mail, dir));
        let named = keys.chain(channels).chain(mail).filter_map(read);
        let models = config.models.values();
        let carried = models
            .flat_map(|model| model.headers.iter().chain(&model.query))
            .chain(&config.telemetry.headers)
            .flat_map(|(name, text)| self.secrets_under(name, text));
        let otlp = config.telemetry.otlp.iter();
        let otlp = otlp.flat_map(|text| self.secrets_under("", text));
        // Without the parts of its address: a recording that has one of them by chance would be refused.
        let servers = config.mcp_servers.values();
        let servers = servers.flat_map(|server| self.secrets_given(server));
        Blanks::of(named.chain(carried).chain(otlp).chain(servers))
    }

    /// What a tool server is given and must not be heard repeating, with what of its address may be secret.
    pub fn secrets_of_server(&self, server: &McpServerConfig) -> Vec<Secret> {
        let address = server.url.iter().flat_map(|url| secrets_in_address(url));
        self.secrets_given(server).into_iter().chain(address).collect()
    }

    fn secrets_given(&self, server: &McpServerConfig) -> Vec<Secret> {
        let given = server.env.iter().chain(&server.headers);
        given
            .flat_map(|(name, text)| self.secrets_under(name, text))
            .collect()
    }

    fn secrets_under(&self, name: &str, text: &str) -> Vec<Secret> {
        // What every child sees is no secret: a home folder stands in half of all messages.
        let value_of = |name: &str| {
            let value = self.get(name).filter(|_| !CHILD_VARIABLES.contains(&name))?;
            Some(value.to_owned())
        };
        match self.expand(text) {
            Ok(filled) => secrets_in(name, text, filled.reveal(), value_of),
            // With a variable that is not set it is sent to nobody; the others may be known elsewhere.
            Err(_) => variables_in(text).filter_map(value_of).map(Secret::new).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(text: &str) -> ModelConfig {
        toml::from_str(&format!(
            "base_url = \"http://127.0.0.1:1/v1\"\nmodel = \"m\"\n{text}"
        ))
        .unwrap()
    }

    #[test]
    fn secrets_print_as_stars() {
        let secret = Environment::of([("KEY", "abc")]).expand("Bearer ${KEY}").unwrap();
        assert_eq!(secret.reveal(), "Bearer abc");
        assert_eq!(format!("{secret} {secret:?}"), "*** ***");
    }

    #[test]
    fn a_missing_variable_is_named() {
        let error = Environment::empty().expand("${KEY}").unwrap_err();
        assert_eq!(error.to_string(), "the environment variable `KEY` is not set");
        let error = Environment::empty().expand("a${KEY").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`a${KEY` has a `${` without a name and a closing brace"
        );
    }

    #[test]
    fn a_key_comes_from_the_environment_or_a_file() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("key"), "from-file\n").unwrap();
        let environment = Environment::of([("KEY", "from-env")]);
        let of = |text| {
            environment
                .api_key(&model(text), dir.path())
                .unwrap()
                .map(|key| key.reveal().to_owned())
        };
        assert_eq!(of("api_key_env = \"KEY\"").as_deref(), Some("from-env"));
        assert_eq!(of("api_key_file = \"key\"").as_deref(), Some("from-file"));
        assert_eq!(of(""), None);
    }

    #[test]
    fn a_server_is_not_heard_repeating_what_it_was_given_and_a_home_folder_is_no_secret() {
        let environment = Environment::of([("HOME", "/srv/somebody"), ("TOKEN", "tok-0123")]);
        let server: McpServerConfig = toml::from_str(
            "url = \"https://tools.example/mcp?code=in-the-address\"\ntimeout = \"5s\"\n\
             headers = { Authorization = \"Bearer ${TOKEN}\" }\n\
             env = { CACHE = \"${HOME}/cache\", API_KEY = \"written-out\", MODE = \"production\" }",
        )
        .unwrap();
        let secrets = Blanks::of(environment.secrets_of_server(&server));
        for secret in ["tok-0123", "written-out", "in-the-address"] {
            assert_eq!(secrets.blank(&format!("no {secret}!")), "no ***!", "{secret}");
        }
        for word in ["/srv/somebody/cache", "production", "tools.example"] {
            assert_eq!(secrets.blank(word), word);
        }
    }

    #[test]
    fn children_see_no_keys() {
        let environment = Environment::of([("PATH", "/bin"), ("OPENAI_API_KEY", "k"), ("TOKEN", "t")]);
        let server: McpServerConfig =
            toml::from_str("command = \"c\"\ntimeout = \"5s\"\nenv = { T = \"${TOKEN}\" }").unwrap();
        let variables = environment.of_server(&server).unwrap();
        let names: Vec<&str> = variables.keys().map(String::as_str).collect();
        assert_eq!(names, ["PATH", "T"]);
    }

    #[test]
    fn debug_shows_names_only() {
        assert_eq!(format!("{:?}", Environment::of([("KEY", "abc")])), "{\"KEY\"}");
    }
}
