use std::path::Path;

use crate::address;
use crate::document::{Document, key_path};
use crate::environment::Environment;
use crate::problem::Problem;
use crate::rules::models::is_variable_name;
use crate::secret::SecretError;
use crate::settings::{Config, MailConfig, MailTls};

/// Every problem of `[alarms]`. `dir` is the folder of config.toml, for password files.
pub(crate) fn alarms(
    config: &Config,
    at: &Document<'_>,
    environment: &Environment,
    dir: &Path,
) -> Vec<Problem> {
    let alarms = &config.alarms;
    let addresses = [("webhook", &alarms.webhook), ("ping", &alarms.ping)];
    let given = addresses
        .into_iter()
        .filter_map(|(key, address)| Some((key, address.as_deref()?)));
    let mut problems: Vec<Problem> = given
        .filter_map(|(key, text)| Some(at.problem(&key_path!["alarms", key], address::http(text).err()?)))
        .collect();
    problems.extend(of_command(&alarms.command, at));
    if let Some(mail) = &alarms.mail {
        problems.extend(of_server(mail, at));
        problems.extend(of_addresses(mail, at));
        problems.extend(of_password(mail, at, environment, dir));
    }
    problems
}

fn of_command(command: &[String], at: &Document<'_>) -> Option<Problem> {
    let program = command.first()?;
    let key = key_path!["alarms", "command"];
    if !Path::new(program).is_absolute() {
        let message = format!("`{program}` is not the whole path of a program");
        let problem = at.problem(&key, message);
        return Some(problem.with_hint("write it as [\"/usr/local/bin/alarm\", \"argument\"]"));
    }
    (!Path::new(program).is_file()).then(|| {
        let message = format!("there is no program {program}: no alarm would reach anybody by it");
        at.problem(&key, message).as_warning()
    })
}

fn of_server(mail: &MailConfig, at: &Document<'_>) -> Vec<Problem> {
    let key = |key: &str| key_path!["alarms", "mail", key];
    let mut problems = Vec::new();
    if mail.server.is_empty() {
        return problems;
    }
    if let Err(message) = address::host_and_port(&mail.server) {
        let problem = at.problem(&key("server"), message);
        problems.push(problem.with_hint("ports are 465 for `tls`, 587 for `starttls`"));
        return problems;
    }
    let leaves = !address::is_this_machine(&format!("http://{}", mail.server));
    if mail.tls == MailTls::None && leaves {
        let message = "alarms would travel unencrypted";
        if mail.user.is_some() {
            let message = format!("{message}, and the password with them");
            problems.push(
                at.problem(&key("tls"), message)
                    .with_hint("use \"tls\" or \"starttls\""),
            );
        } else {
            problems.push(at.problem(&key("tls"), message).as_warning());
        }
    }
    problems
}

fn of_addresses(mail: &MailConfig, at: &Document<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !mail.from.is_empty() && !is_mailbox(&mail.from) {
        let message = format!(
            "`{}` is not a mail address such as copydesk@example.org",
            mail.from
        );
        problems.push(at.problem(&key_path!["alarms", "mail", "from"], message));
    }
    if mail.to.is_empty() {
        let message = "`to` names nobody, so nobody would be told";
        problems.push(at.problem(&key_path!["alarms", "mail", "to"], message));
    }
    for (index, to) in mail.to.iter().enumerate().filter(|(_, to)| !is_mailbox(to)) {
        let message = format!("`{to}` is not a mail address such as you@example.org");
        problems.push(at.problem(&key_path!["alarms", "mail", "to", index], message));
    }
    problems
}

/// A bare address. What a mail server makes of it is its own matter.
fn is_mailbox(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | ',' | ';' | '"' | '(' | ')');
    match text.split_once('@') {
        Some((user, host)) => {
            !user.is_empty() && !host.is_empty() && !host.contains('@') && text.chars().all(is_plain)
        }
        None => false,
    }
}

fn of_password(
    mail: &MailConfig,
    at: &Document<'_>,
    environment: &Environment,
    dir: &Path,
) -> Option<Problem> {
    let key = |key: &str| key_path!["alarms", "mail", key];
    let has_password = mail.password_env.is_some() || mail.password_file.is_some();
    if mail.password_env.is_some() && mail.password_file.is_some() {
        let message = "[alarms.mail] has both `password_env` and `password_file`";
        let problem = at.problem(&key("password_file"), message);
        return Some(problem.with_hint("keep one of them"));
    }
    if mail.user.is_some() != has_password {
        let (absent, there) = if has_password {
            ("user", "a password")
        } else {
            ("password_env", "`user`")
        };
        let message = format!("[alarms.mail] has {there} and no `{absent}`");
        let hint = "a login is `user` with `password_env` or `password_file`";
        return Some(at.problem(&key(absent), message).with_hint(hint));
    }
    if mail
        .password_env
        .as_deref()
        .is_some_and(|name| !is_variable_name(name))
    {
        // Not repeated: it may be the password itself, which must not come up on a screen again.
        let message =
            "`password_env` is the name of a variable such as \"SMTP_PASSWORD\", never the password itself";
        return Some(at.problem(&key("password_env"), message));
    }
    let error = environment.mail_password(mail, dir).err()?;
    let (at_key, hint) = match &error {
        SecretError::NotSet { .. } => ("password_env", "set it where Copydesk starts"),
        _ => (
            "password_file",
            "the path is relative to the folder of config.toml",
        ),
    };
    let problem = at.problem(&key(at_key), error.to_string()).as_warning();
    Some(problem.with_hint(hint))
}
