//! What README.md and docs/ show is run: shell blocks with the command on the path, rule files through the checks.
//!
//! A block of `text` after a shell block is what that prints; `…` in it stands for any characters of a line, and on a
//! line of its own for any lines.
#![allow(clippy::arithmetic_side_effects, reason = "a test stops at the first surprise")]

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A fenced block: what stands after the fence, and the lines within.
pub(crate) struct Block {
    pub(crate) info: String,
    pub(crate) text: String,
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

pub(crate) fn blocks(document: &str) -> Vec<Block> {
    blocks_in(document, &fs::read_to_string(root().join(document)).unwrap())
}

fn blocks_in(document: &str, text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(info), None) => open = Some(Block { info: info.to_owned(), text: String::new() }),
            (Some(_), Some(block)) => found.push(block),
            (None, Some(mut block)) => {
                block.text.push_str(line);
                block.text.push('\n');
                open = Some(block);
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{document}: a block is not closed");
    found
}

/// A folder that has what a reader has at the root of the repository, and may be written to.
pub(crate) fn desk() -> TempDir {
    let desk = TempDir::new().unwrap();
    for name in ["rules", "examples"] {
        copy(&root().join(name), &desk.path().join(name));
    }
    desk
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap().path();
        let copied = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            copy(&entry, &copied);
        } else {
            fs::copy(&entry, &copied).unwrap();
        }
    }
}

fn path_with_the_command() -> OsString {
    let command = Path::new(env!("CARGO_BIN_EXE_rewards")).parent().unwrap().to_owned();
    let rest = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(command).chain(std::env::split_paths(&rest))).unwrap()
}

pub(crate) fn shell(text: &str, folder: &Path) -> Output {
    bash(text, folder).output().unwrap()
}

fn bash(text: &str, folder: &Path) -> Command {
    let mut bash = Command::new("bash");
    bash.args(["-eu", "-o", "pipefail", "-c", text]).current_dir(folder).env("PATH", path_with_the_command());
    // The page is about a machine on which nothing is set up.
    for variable in ["DATABASE_URL", "REDIS_URL", "JWT_SECRET", "MASTER_KEY", "REWARDS_CONFIG", "REWARDS_DATA"] {
        bash.env_remove(variable);
    }
    bash
}

/// A port on which nothing listens, in place of the service's own, on which something may.
fn free_port() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string()
}

fn rewards(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rewards")).args(arguments).current_dir(folder).output().unwrap()
}

fn succeeded(what: &str, output: &Output) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "this failed with {}:\n{what}\n{out}{err}", output.status);
}

/// Whether a line is as shown, where each `…` stands for any characters.
fn is_as_shown(shown: &str, line: &str) -> bool {
    let mut parts = shown.split('…');
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut last = None;
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
        last = Some(part);
    }
    rest.is_empty() || last == Some("")
}

/// Whether lines are as shown, where a `…` alone stands for any lines.
fn are_as_shown(shown: &[&str], lines: &[&str]) -> bool {
    match (shown, lines) {
        ([], lines) => lines.is_empty(),
        (["…", rest @ ..], lines) => (0..=lines.len()).any(|skipped| are_as_shown(rest, &lines[skipped..])),
        ([_, ..], []) => false,
        ([first, rest @ ..], [line, lines @ ..]) => is_as_shown(first, line) && are_as_shown(rest, lines),
    }
}

/// Lines that set things up and are run by the checks of a change, not within a test.
fn sets_up(block: &Block) -> bool {
    let sets_up = |line: &str| ["make ", "cargo install ", "pip install "].iter().any(|begin| line.starts_with(begin));
    block.text.lines().all(sets_up)
}

/// Runs a page from top to bottom in one folder: shell blocks as they stand, blocks with `file=NAME` as files. Gives the
/// number of shell blocks.
fn follow(document: &str) -> usize {
    let desk = desk();
    let port = free_port();
    let mut printed = None;
    let mut ran = 0;
    for block in blocks(document) {
        if let Some((_, name)) = block.info.split_once(" file=") {
            let file = desk.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, block.text.replace(":3009", &format!(":{port}"))).unwrap();
            continue;
        }
        match block.info.as_str() {
            "sh" if sets_up(&block) => printed = None,
            "sh" => {
                let text = block.text.replace(":3009", &format!(":{port}"));
                let output = bash(&text, desk.path()).env("PORT", &port).output().unwrap();
                succeeded(&block.text, &output);
                printed = Some(String::from_utf8(output.stdout).unwrap());
                ran += 1;
            }
            "text" => {
                let printed = printed.take().expect("a block of text stands after a shell block");
                let (shown, real): (Vec<&str>, Vec<&str>) = (block.text.lines().collect(), printed.lines().collect());
                assert!(
                    are_as_shown(&shown, &real),
                    "{document} shows\n{}\nand this is printed:\n{printed}",
                    block.text
                );
            }
            _ => printed = None,
        }
    }
    ran
}

/// Pages whose shell blocks run, and how many each has at least.
const FOLLOWED: [(&str, usize); 6] = [
    ("README.md", 10),
    ("docs/tutorial.md", 6),
    ("examples/service/README.md", 10),
    ("docs/graph-and-diff.md", 6),
    ("docs/simulate.md", 6),
    ("docs/testing.md", 3),
];

#[test]
fn the_shell_blocks_of_a_page_run_and_print_what_it_shows() {
    for (document, at_least) in FOLLOWED {
        let ran = follow(document);
        assert!(ran >= at_least, "{document}: only {ran} blocks ran");
    }
}

/// A recipe is a section of the cookbook; one without a program stands on the one at the top of the page.
#[test]
fn every_recipe_of_the_cookbook_is_sound_and_pays_what_it_says() {
    let page = fs::read_to_string(root().join("docs/cookbook.md")).unwrap();
    let mut sections = page.split("\n### ");
    let common = blocks_in("docs/cookbook.md", sections.next().unwrap());
    let mut names = 0;
    for section in sections {
        let name = section.lines().next().unwrap();
        let own = blocks_in(name, section);
        assert!(own.iter().any(|b| b.info.ends_with(".test.yaml")), "{name}: there is no test");
        let folder = TempDir::new().unwrap();
        for block in common.iter().chain(&own) {
            let file = block.info.split_once(" file=").map(|(_, file)| file);
            fs::write(folder.path().join(file.expect(name)), &block.text).unwrap();
        }
        succeeded(name, &rewards(&["validate", "--deny", "warnings", "."], folder.path()));
        succeeded(name, &rewards(&["test", "."], folder.path()));
        names += 1;
    }
    assert!(names > 30);
}

#[test]
fn what_sets_up_is_what_the_checks_of_a_change_run() {
    let checks = fs::read_to_string(root().join(".ci/run")).unwrap();
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    let set_ups: Vec<Block> = blocks("README.md").into_iter().filter(|b| b.info == "sh" && sets_up(b)).collect();
    let targets: Vec<&str> = set_ups
        .iter()
        .flat_map(|block| block.text.lines())
        .filter_map(|line| line.strip_prefix("make ")?.split_whitespace().next())
        .collect();
    assert_eq!(targets, ["demo", "test"]);
    for target in targets {
        assert!(checks.contains(&format!("make --no-print-directory {target}")), ".ci/run does not make {target}");
        assert!(makefile.contains(&format!("\n{target}:")), "the Makefile has no {target}");
    }
}

#[test]
fn the_rules_in_the_readme_fit_the_everyday_card() {
    let mut seen = 0;
    for block in blocks("README.md").iter().filter(|b| b.info == "yaml") {
        let folder = TempDir::new().unwrap();
        fs::copy(root().join("rules/everyday-card/program.yaml"), folder.path().join("program.yaml")).unwrap();
        fs::write(folder.path().join("campaign.yaml"), &block.text).unwrap();
        succeeded(&block.text, &rewards(&["validate", "--deny", "warnings", "."], folder.path()));
        seen += 1;
    }
    assert!(seen > 0);
}

#[test]
fn the_rule_set_of_the_rule_reference_is_sound_and_passes_its_tests() {
    let folder = TempDir::new().unwrap();
    let mut names = Vec::new();
    for block in blocks("docs/rules.md") {
        if let Some((_, name)) = block.info.split_once(" file=") {
            fs::write(folder.path().join(name), &block.text).unwrap();
            names.push(name.to_owned());
        }
    }
    assert_eq!(names, ["program.yaml", "campaigns.yaml", "sums.rhai", "corner-shop.test.yaml"]);
    succeeded("rewards validate", &rewards(&["validate", "--deny", "warnings", "."], folder.path()));
    succeeded("rewards test", &rewards(&["test", "."], folder.path()));
}

/// Paragraphs of the semantics that comments and cases name.
#[test]
fn every_paragraph_that_code_or_a_case_names_is_there() {
    let semantics = fs::read_to_string(root().join("docs/semantics.md")).unwrap();
    let numbers: Vec<&str> = semantics
        .lines()
        .filter_map(|line| line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with("##")))
        .filter_map(|title| Some(title.split(' ').next()?.trim_end_matches('.')))
        .collect();
    let mut files = Vec::new();
    for folder in ["rewards-rules", "rewards-host", "tests/conformance", "bindings"] {
        gather(&root().join(folder), &mut files);
    }
    let mut named = 0;
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let from_code = text.split('§').skip(1);
        let from_cases =
            text.lines().filter_map(|line| Some(line.strip_prefix("paragraph: \"")?.trim_end_matches('"')));
        for after in from_code.chain(from_cases) {
            let number: String = after.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
            let number = number.trim_end_matches('.');
            assert!(number.is_empty() || numbers.contains(&number), "{}: there is no §{number}", file.display());
            named += 1;
        }
    }
    assert!(named > 100);
}

fn gather(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap().path();
        if entry.is_dir() {
            gather(&entry, into);
        } else if entry.extension().is_some_and(|e| e == "rs" || e == "yaml") {
            into.push(entry);
        }
    }
}

/// A link to a file that is not there misleads; headings within a page are checked as well.
#[test]
fn links_between_documents_lead_somewhere() {
    let mut documents = vec!["README.md".to_owned(), "rules/README.md".to_owned()];
    for page in fs::read_dir(root().join("docs")).unwrap() {
        let name = page.unwrap().file_name().into_string().unwrap();
        documents.extend(name.ends_with(".md").then(|| format!("docs/{name}")));
    }
    for document in &documents {
        let text = fs::read_to_string(root().join(document)).unwrap();
        let folder = root().join(document).parent().unwrap().to_owned();
        for link in text.split("](").skip(1).filter_map(|after| after.split(')').next()) {
            if link.contains("://") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { root().join(document) } else { folder.join(file) };
            assert!(target.exists(), "{document}: {link} is not there");
            let there = heading.is_empty() || anchors(&target).iter().any(|a| a == heading);
            assert!(there, "{document}: {link} has no such heading");
        }
    }
}

/// The names under which a page's headings can be linked to.
fn anchors(page: &Path) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap();
    let titles = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    titles
        .map(|title| {
            let kept = title.to_lowercase();
            let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}
