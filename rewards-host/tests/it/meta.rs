//! What the command says of itself: help, completions, manual pages. A new subcommand is in all of them.

use crate::run::rewards;

/// The subcommands that `rewards --help` lists.
fn commands() -> Vec<String> {
    let help = rewards("--help").out;
    let (_, after) = help.split_once("Commands:\n").unwrap();
    let lines = after.lines().take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next().filter(|name| !name.is_empty()));
    names.map(str::to_owned).collect()
}

#[test]
fn every_command_has_help_completions_and_a_manual_page() {
    let commands = commands();
    assert!(commands.len() > 8, "{commands:?}");
    let scripts: Vec<(&str, String)> = ["bash", "zsh", "fish", "elvish", "powershell"]
        .into_iter()
        .map(|shell| (shell, rewards(&format!("completions {shell}")).out))
        .collect();
    let whole = rewards("man").out;
    for name in commands {
        for (shell, script) in &scripts {
            assert!(script.contains(name.as_str()), "{name} is not completed in {shell}");
        }
        assert!(whole.contains(&format!("rewards\\-{name}(1)")), "{name} is not in the manual page:\n{whole}");
        if name == "help" {
            continue;
        }
        let help = rewards(&format!("{name} --help"));
        assert_eq!(help.status, 0);
        assert!(help.out.contains(&format!("Usage: rewards {name}")), "{}", help.out);
        let page = rewards(&format!("man {name}"));
        assert_eq!(page.status, 0, "{}", page.err);
        let says_how_it_ends = |text: &str| {
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            words.contains("Exit status: 0 ") && words.contains(", 2 wrong use")
        };
        assert!(says_how_it_ends(&help.out) && says_how_it_ends(&page.out), "{}{}", help.out, page.out);
        assert!(page.out.contains(".SH SYNOPSIS") && page.out.contains(&format!("rewards\\-{name}")), "{}", page.out);
        let title = format!(".TH rewards-{name} 1  \"rewards {}\"", env!("CARGO_PKG_VERSION"));
        assert!(page.out.contains(&title), "{}", page.out);
        // Every option is completed and has its line in the manual.
        for option in options(&help.out) {
            assert!(scripts[0].1.contains(&option), "{name} {option} is not completed in bash");
            let in_roff = option.replace('-', "\\-");
            assert!(page.out.contains(&in_roff), "{name} {option} is not in the manual page");
        }
    }
}

/// The long options of a help text.
fn options(help: &str) -> Vec<String> {
    let lines = help.lines().filter(|line| line.trim_start().starts_with('-'));
    let words = lines.filter_map(|line| line.split_whitespace().find(|word| word.starts_with("--")));
    words.map(|word| word.trim_end_matches(',').to_owned()).collect()
}

#[test]
fn a_page_of_no_command_is_wrong_use() {
    let page = rewards("man nothing");
    assert_eq!((page.status, page.out.as_str()), (2, ""));
    assert!(page.err.contains("there is no command `nothing`"), "{}", page.err);
}
