//! Mistakes of `[alarms]`.

use crate::lines_of;

#[test]
fn mistakes_of_alarms_are_named_and_no_password_is_repeated() {
    let text = "[alarms]\ncommand = [\"alarm\"]\nreceit = true\n[alarms.mail]\nserver = \"smtp.example.org\"\n\
        from = \"me\"\nuser = \"me\"\npassword_env = \"hunter2\"\n";
    let lines = lines_of(&[("config.toml", text)]);
    let all = lines.join("\n");
    for wanted in [
        "config.toml:2: `alarm` is not the whole path of a program",
        "config.toml:3: unknown key `receit` in [alarms]; did you mean `receipt`?",
        "config.toml:5: `smtp.example.org` is not a host and a port",
        "config.toml:6: `me` is not a mail address",
        "`to` names nobody",
        "config.toml:8: `password_env` is the name of a variable",
    ] {
        assert!(all.contains(wanted), "no {wanted:?} in\n{all}");
    }
    assert!(!all.contains("hunter2"), "{all}");
    let mail = |more: &str| {
        let text = format!(
            "[alarms.mail]\nserver = \"smtp.example.org:25\"\nfrom = \"a@b\"\nto = [\"c@d\"]\n{more}"
        );
        lines_of(&[("config.toml", &text)]).join("\n")
    };
    assert_eq!(mail(""), "");
    assert!(mail("user = \"me\"\n").contains("has `user` and no `password_env`"));
    assert!(mail("tls = \"ssl\"\n").contains("must be \"tls\" or \"starttls\" or \"none\""));
    let open = mail("tls = \"none\"\nuser = \"me\"\npassword_file = \"absent\"\n");
    assert!(
        open.contains("would travel unencrypted, and the password with them"),
        "{open}"
    );
    assert!(open.contains("cannot be read"), "{open}");
}
