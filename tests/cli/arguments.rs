//! The command line itself.

use crate::support::World;

#[test]
fn help_teaches_every_command() {
    let world = World::new("help");
    let help = world.run(&["--help"]).exits(0).stdout;
    for word in ["check", "preview", "run", "demo", "topics", "offsets", "state", "completions", "Exit codes"]
    {
        assert!(help.contains(word), "{word}:\n{help}");
    }
    for command in ["check", "preview", "run", "demo"] {
        assert!(world.run(&[command, "--help"]).exits(0).stdout.lines().count() > 5);
    }
    for (command, words) in [
        ("topics", &["show"][..]),
        ("offsets", &["show", "set", "reset"]),
        ("state", &["show", "rebuild", "reset", "export"]),
    ] {
        for word in words {
            assert!(world.run(&[command, word, "--help"]).exits(0).stdout.lines().count() > 10);
        }
        let script = world.run(&["completions", "bash"]).exits(0).stdout;
        assert!(
            words.iter().all(|word| script.contains(&format!("krest__subcmd__{command}__subcmd__{word}"))),
            "{command}"
        );
        world.run(&[command, words[0], "not-there.yaml"]).exits(2).says(&["not-there.yaml"]);
        world.run(&[command]).exits(2).says(&["usage"]);
    }
    assert!(world.run(&["completions", "bash"]).exits(0).stdout.contains("krest"));
    assert!(world.run(&["--version"]).exits(0).stdout.contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_exits_2() {
    let world = World::new("usage");
    for arguments in [&["nonsense"][..], &["run"], &["check"], &["run", "--twice", "x.yaml"]] {
        world.run(arguments).exits(2).says(&["usage"]);
    }
    for command in ["check", "preview", "run"] {
        world.run(&[command, "not-there.yaml"]).exits(2).says(&["not-there.yaml"]);
    }
}
