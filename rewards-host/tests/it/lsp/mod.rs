//! The language server, asked by a client that knows nothing of it but the protocol.

mod client;

use std::fs;

use rewards_rules::source::Code;
use serde_json::{Value, json};
use tempfile::TempDir;

use client::Client;

const PROGRAM: &str = "\
program: card
currency: USD
timezone: UTC
facts:
  tx:
    detail: {one_of: [app, web], optional: true}
lists:
  partners: [m1, m2]
base:
  - id: everything
    rate: 1%
tiers:
  window: lifetime
  levels:
    - id: silver
      min_spending: 0
    - id: gold
      min_spending: 100.00
";
const CAMPAIGN: &str = "\
campaign: spring
type: fixed
when: tx.merchant in partners
reward: {fixed: 1.00}
";
const TESTS: &str = "\
tests:
  - name: a purchase
    transaction: {id: t1, amount: 1.00, currency: USD, occurred_at: \"2026-03-02T10:00:00Z\"}
    expect: {total: \"0.01\"}
";

/// A folder with a rule set in it.
fn rules() -> TempDir {
    let folder = TempDir::new().unwrap();
    for (path, text) in [("program.yaml", PROGRAM), ("spring.yaml", CAMPAIGN), ("card.test.yaml", TESTS)] {
        fs::write(folder.path().join(path), text).unwrap();
    }
    folder
}

#[test]
fn findings_come_as_one_types_in_every_file_and_go_when_mended() {
    let folder = rules();
    let (mut client, _) = Client::new(folder.path(), json!({}));
    // `program.yaml` and the tests are never opened.
    client.open("spring.yaml", &CAMPAIGN.replace("partners", "partner"));
    let found = client.findings("spring.yaml", &["R0203"]);
    assert_eq!(
        json!(found),
        json!([{
            "range": {"start": {"line": 2, "character": 21}, "end": {"line": 2, "character": 28}},
            "severity": 1,
            "code": "R0203",
            "source": "rewards",
            "message": "there is no list `partner`\nhelp: did you mean `partners`?\n`rewards explain R0203` says more",
        }])
    );
    client.change(
        "spring.yaml",
        2,
        json!([{"range": {"start": {"line": 2, "character": 28}, "end": {"line": 2, "character": 28}}, "text": "s"}]),
    );
    client.findings("spring.yaml", &[]);
    // A change in one file is a finding in another that nobody touched.
    client.open("program.yaml", &PROGRAM.replace("partners:", "friends:"));
    client.findings("spring.yaml", &["R0203"]);
    client.write("program.yaml", 2, PROGRAM);
    client.findings("spring.yaml", &[]);
    client.open("card.test.yaml", &TESTS.replace("total", "totl"));
    client.findings("card.test.yaml", &["R0501"]);
    // What was not saved is gone with its window.
    client.close("card.test.yaml");
    client.findings("card.test.yaml", &[]);
    assert!(client.end().success());
}

#[test]
fn files_that_change_on_disk_are_read_again() {
    let folder = rules();
    let watching = json!({"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": true}}});
    let (mut client, _) = Client::new(folder.path(), watching);
    let asked = client.next("client/registerCapability");
    assert_eq!(asked["params"]["registrations"][0]["method"], "workspace/didChangeWatchedFiles");
    client.open("spring.yaml", &CAMPAIGN.replace("partners", "others"));
    client.findings("spring.yaml", &["R0203"]);
    fs::write(folder.path().join("program.yaml"), PROGRAM.replace("partners:", "others:")).unwrap();
    let changed = json!({"uri": client.uri("program.yaml"), "type": 2});
    client.tell("workspace/didChangeWatchedFiles", json!({"changes": [changed]}));
    client.findings("spring.yaml", &[]);
    // A rule set of which nothing is open has no findings in the editor.
    fs::write(folder.path().join("other.yaml"), "campaign: x\ntype: fixed\nreward: {fixd: 1.00}\n").unwrap();
    client.tell("workspace/didChangeWatchedFiles", json!({"changes": []}));
    client.findings("other.yaml", &["R0101"]);
    client.close("spring.yaml");
    client.findings("other.yaml", &[]);
    assert!(client.end().success());
}

#[test]
fn a_broken_file_has_completion_definitions_hover_and_symbols() {
    let folder = rules();
    let (mut client, _) = Client::new(folder.path(), json!({}));
    client.open("spring.yaml", "campaign: spring\nname: 🎁 {\nwhen: tx.de && tx.merchant in partners\nreward: [");
    client.open("program.yaml", PROGRAM);
    let offered = client.complete("spring.yaml", 2, 11);
    assert_eq!(offered, ["tx.detail"]);
    let params = client.at("spring.yaml", 2, 32);
    let places = client.ask("textDocument/definition", params.clone());
    let places: Vec<String> = places.as_array().unwrap().iter().map(|p| client.place(p)).collect();
    assert_eq!(places, ["program.yaml:7:2"]);
    let hover = client.ask("textDocument/hover", params.clone());
    assert_eq!(hover["contents"]["value"], "list `partners` (program.yaml)\n```yaml\npartners: [m1, m2]\n```");
    let at = client.at("program.yaml", 7, 4);
    let mut with = at.clone();
    with["context"] = json!({"includeDeclaration": true});
    let uses = client.ask("textDocument/references", with);
    let uses: Vec<String> = uses.as_array().unwrap().iter().map(|p| client.place(p)).collect();
    assert_eq!(uses, ["program.yaml:7:2", "spring.yaml:2:30"]);
    let mut to = at;
    to["newName"] = json!("friends");
    let edit = client.ask("textDocument/rename", to.clone());
    assert_eq!(edit["changes"].as_object().unwrap().len(), 2);
    to["newName"] = json!("not a name");
    let refused = client.reply("textDocument/rename", to);
    assert_eq!(refused["error"]["code"], -32803);
    let symbols =
        client.ask("textDocument/documentSymbol", json!({"textDocument": {"uri": client.uri("program.yaml")}}));
    let names: Vec<&str> = symbols.as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["card", "facts", "lists", "base", "tiers"]);
    assert!(client.end().success());
}

#[test]
fn columns_count_as_was_agreed() {
    let text = "campaign: spring\nname: c\nwhen: \"tx.merchant == \\\"🎁\\\" && tx.de\"\n";
    for (capabilities, agreed, column) in [
        (json!({}), "utf-16", 37),
        (json!({"general": {"positionEncodings": ["utf-16", "utf-8"]}}), "utf-8", 39),
        (json!({"general": {"positionEncodings": ["utf-32"]}}), "utf-16", 37),
    ] {
        let folder = rules();
        let (mut client, answer) = Client::new(folder.path(), capabilities);
        assert_eq!(answer["capabilities"]["positionEncoding"], agreed);
        client.open("spring.yaml", text);
        let params = client.at("spring.yaml", 2, column);
        let list = client.ask("textDocument/completion", params);
        let item = &list["items"][0];
        assert_eq!(item["label"], "tx.detail", "{agreed}");
        assert_eq!(item["textEdit"]["range"]["start"]["character"], column - 5, "{agreed}");
        // The same line again, changed behind the character.
        let range = json!({"start": {"line": 2, "character": column - 2}, "end": {"line": 2, "character": column}});
        client.change("spring.yaml", 2, json!([{"range": range, "text": "mcc"}]));
        assert_eq!(client.complete("spring.yaml", 2, column + 1), ["tx.mcc"], "{agreed}");
        assert!(client.end().success());
    }
}

#[test]
fn what_was_meant_is_written_at_a_word() {
    let folder = rules();
    let (mut client, _) = Client::new(folder.path(), json!({}));
    client.open("spring.yaml", &CAMPAIGN.replace("partners", "partnrs").replace("fixed: 1", "fixd: 1"));
    client.findings("spring.yaml", &["R0203", "R0101"]);
    let mut titles = Vec::new();
    for line in [2, 3] {
        let range = json!({"start": {"line": line, "character": 0}, "end": {"line": line, "character": 40}});
        let params =
            json!({"textDocument": {"uri": client.uri("spring.yaml")}, "range": range, "context": {"diagnostics": []}});
        let actions = client.ask("textDocument/codeAction", params);
        titles.extend(actions.as_array().unwrap().iter().map(|a| a["title"].as_str().unwrap().to_owned()));
    }
    assert_eq!(titles, ["Write partners", "Write fixed"]);
    assert!(client.end().success());
}

/// A text of ASCII with edits made, which are all places of the text before.
fn edited(text: &str, edits: &Value) -> String {
    let byte = |position: &Value| {
        let line = usize::try_from(position["line"].as_u64().unwrap()).unwrap();
        let before: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        before + usize::try_from(position["character"].as_u64().unwrap()).unwrap()
    };
    let mut after = text.to_owned();
    for edit in edits.as_array().unwrap().iter().rev() {
        let range = byte(&edit["range"]["start"])..byte(&edit["range"]["end"]);
        after.replace_range(range, edit["newText"].as_str().unwrap());
    }
    after
}

#[test]
fn a_warning_is_allowed_where_it_stands() {
    let folder = rules();
    let (mut client, _) = Client::new(folder.path(), json!({}));
    let text = PROGRAM.replace("rate: 1%", "rate: 150%");
    client.open("program.yaml", &text);
    client.open("spring.yaml", CAMPAIGN);
    let found = client.findings("program.yaml", &["R0407", "R0402"]);
    let ask = |client: &mut Client, path: &str, range: &Value| {
        let uri = client.uri(path);
        let params = json!({"textDocument": {"uri": uri}, "range": range, "context": {"diagnostics": []}});
        client.ask("textDocument/codeAction", params)
    };
    let actions = ask(&mut client, "program.yaml", &found[1]["range"]);
    assert_eq!(actions.as_array().unwrap().len(), 1, "{actions}");
    assert_eq!(actions[0]["title"], "Allow R0402 here");
    assert_eq!(actions[0]["diagnostics"], json!([found[1]]));
    let edits = &actions[0]["edit"]["changes"][client.uri("program.yaml")];
    let allowed = edited(&text, edits);
    let lines = "    # rewards: allow R0402 -- reason\n    rate: 150%\n";
    assert_eq!(allowed, text.replace("    rate: 150%\n", lines));
    client.write("program.yaml", 2, &allowed);
    client.findings("program.yaml", &["R0407"]);
    // An error cannot be allowed.
    client.write("spring.yaml", 2, &CAMPAIGN.replace("in partners", "in nothing_like_it"));
    let found = client.findings("spring.yaml", &["R0203"]);
    assert_eq!(ask(&mut client, "spring.yaml", &found[0]["range"]), json!([]));
    assert!(client.end().success());
}

#[test]
fn a_warning_is_allowed_in_a_script_too() {
    let folder = rules();
    let (mut client, _) = Client::new(folder.path(), json!({}));
    let text = "fn unused(a) { a }\n";
    client.open("sums.rhai", text);
    let found = client.findings("sums.rhai", &["R0409"]);
    let uri = client.uri("sums.rhai");
    let params = json!({"textDocument": {"uri": uri}, "range": found[0]["range"], "context": {"diagnostics": []}});
    let actions = client.ask("textDocument/codeAction", params);
    let allowed = edited(text, &actions[0]["edit"]["changes"][&uri]);
    assert_eq!(allowed, "// rewards: allow R0409 -- reason\nfn unused(a) { a }\n");
    client.write("sums.rhai", 2, &allowed);
    client.findings("sums.rhai", &[]);
    assert!(client.end().success());
}

#[test]
fn hover_on_a_finding_shows_its_page() {
    let folder = rules();
    let (mut client, _) = Client::new(folder.path(), json!({}));
    client.open("spring.yaml", &CAMPAIGN.replace("partners", "partner"));
    let found = client.findings("spring.yaml", &["R0203"]);
    let params = client.at("spring.yaml", 2, 23);
    let hover = client.ask("textDocument/hover", params);
    let page = Code::UnknownName.page();
    assert_eq!(hover["contents"], json!({"kind": "markdown", "value": page.trim_end()}));
    assert_eq!(hover["range"], found[0]["range"]);
    // Beside a finding there is no page of it, and after what a name means there is.
    let params = client.at("spring.yaml", 2, 10);
    let hover = client.ask("textDocument/hover", params);
    assert!(!hover["contents"]["value"].as_str().unwrap().contains("R0203"), "{hover}");
    client.open("program.yaml", &PROGRAM.replace("rate: 1%", "rate: 150%"));
    client.write("spring.yaml", 2, CAMPAIGN);
    let found = client.findings("program.yaml", &["R0407", "R0402"]);
    let start = &found[1]["range"]["start"];
    let params = json!({"textDocument": {"uri": client.uri("program.yaml")}, "position": start});
    let hover = client.ask("textDocument/hover", params);
    let shown = hover["contents"]["value"].as_str().unwrap();
    assert!(shown.ends_with(Code::RateAboveOne.page().trim_end()), "{shown}");
    assert!(client.end().success());
}

#[cfg(feature = "fmt")]
#[test]
fn a_file_is_laid_out_as_the_command_does_it() {
    let folder = rules();
    let (mut client, answer) = Client::new(folder.path(), json!({}));
    assert_eq!(answer["capabilities"]["documentFormattingProvider"], true);
    let ask = |client: &mut Client, path: &str| {
        let options = json!({"tabSize": 8, "insertSpaces": false});
        let params = json!({"textDocument": {"uri": client.uri(path)}, "options": options});
        client.ask("textDocument/formatting", params)
    };
    let text = "campaign:   spring\ntype: fixed\n\n\n\nwhen: tx.merchant in partners\nreward: { fixed: 1.00 }   # so\n";
    fs::write(folder.path().join("spring.yaml"), text).unwrap();
    client.open("spring.yaml", text);
    let edits = ask(&mut client, "spring.yaml");
    // The line between stays, and with it the cursor in it.
    assert!(edits.as_array().unwrap().len() > 1, "{edits}");
    let path = folder.path().join("spring.yaml");
    assert_eq!(crate::run::rewards_in(folder.path(), "fmt spring.yaml").status, 0);
    let due = fs::read_to_string(path).unwrap();
    assert_ne!(due, text);
    assert_eq!(edited(text, &edits), due);
    client.write("spring.yaml", 2, &due);
    assert_eq!(ask(&mut client, "spring.yaml"), json!([]));
    // What cannot be read is left as it is; a script has no layout.
    client.write("spring.yaml", 3, "campaign: [\n");
    assert_eq!(ask(&mut client, "spring.yaml"), Value::Null);
    client.open("sums.rhai", "fn  f( ) { 1 }\n");
    assert_eq!(ask(&mut client, "sums.rhai"), Value::Null);
    assert!(client.end().success());
}

#[cfg(not(feature = "fmt"))]
#[test]
fn without_a_formatter_none_is_offered() {
    let folder = rules();
    let (mut client, answer) = Client::new(folder.path(), json!({}));
    assert_eq!(answer["capabilities"].get("documentFormattingProvider"), None);
    client.open("spring.yaml", CAMPAIGN);
    assert_eq!(client.reply("textDocument/formatting", json!({}))["error"]["code"], -32601);
    assert!(client.end().success());
}

#[test]
fn malformed_messages_are_answered_and_passed_over() {
    let folder = rules();
    let (mut client, _) = Client::new(folder.path(), json!({}));
    for (body, code) in [("{", -32700), ("{\"id\": 9}", -32600), ("[]", -32600)] {
        client.raw(&format!("rubbish\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
        let id = if body.contains('9') { json!(9) } else { Value::Null };
        assert_eq!(client.answer(&id)["error"]["code"], code, "{body}");
    }
    assert_eq!(client.reply("textDocument/hover", json!({"textDocument": 7}))["error"]["code"], -32602);
    assert_eq!(client.reply("no/such", json!({}))["error"]["code"], -32601);
    client.tell("textDocument/didOpen", json!({"textDocument": 7}));
    client.tell(
        "textDocument/didChange",
        json!({"textDocument": {"uri": "untitled:1", "version": 1}, "contentChanges": []}),
    );
    client.tell("no/such", json!(null));
    client.open("spring.yaml", CAMPAIGN);
    let far = client.at("spring.yaml", 4_000_000, 4_000_000);
    assert_eq!(client.ask("textDocument/hover", far), Value::Null);
    assert!(client.end().success());
}

#[test]
fn a_request_that_is_not_wanted_any_more_is_answered_once() {
    let folder = rules();
    let (mut client, _) = Client::new(folder.path(), json!({}));
    client.open("spring.yaml", CAMPAIGN);
    let params = client.at("spring.yaml", 2, 8);
    let id = client.begin("textDocument/hover", params);
    client.tell("$/cancelRequest", json!({"id": id}));
    // Whichever came first, there is one answer, and the next request has its own.
    let answer = client.answer(&json!(id));
    assert!(answer.get("result").is_some() || answer["error"]["code"] == -32800, "{answer}");
    let params = client.at("spring.yaml", 2, 8);
    assert!(client.ask("textDocument/hover", params)["contents"]["value"].as_str().unwrap().contains("tx.merchant"));
    assert!(client.end().success());
}

#[test]
fn the_conversation_begins_and_ends_as_the_protocol_has_it() {
    let folder = rules();
    let mut client = Client::unready(folder.path());
    assert_eq!(client.reply("textDocument/hover", json!({}))["error"]["code"], -32002);
    client.tell("exit", Value::Null);
    assert_eq!(client.wait().code(), Some(1));
    let (client, _) = Client::new(folder.path(), json!({}));
    assert_eq!(client.wait().code(), Some(1));
    let (mut client, _) = Client::new(folder.path(), json!({}));
    assert_eq!(client.ask("shutdown", Value::Null), Value::Null);
    assert_eq!(client.reply("shutdown", Value::Null)["error"]["code"], -32600);
    client.tell("exit", Value::Null);
    assert_eq!(client.wait().code(), Some(0));
}

#[test]
fn a_file_belongs_to_the_rule_set_that_the_commands_see() {
    let folder = TempDir::new().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    // Two rule sets, one of them in folders, within a project that has other YAML files.
    write("rules/one/programs/program.yaml", PROGRAM);
    write("rules/one/campaigns/spring.yaml", CAMPAIGN);
    write("rules/two/program.yaml", &PROGRAM.replace("partners:", "others:"));
    write("rules/two/spring.yaml", CAMPAIGN);
    write("compose.yaml", "services: {}\n");
    write("ci/build.yaml", "steps: []\n");
    let (mut client, _) = Client::new(folder.path(), json!({}));
    client.open("rules/one/campaigns/spring.yaml", CAMPAIGN);
    let params = client.at("rules/one/campaigns/spring.yaml", 2, 24);
    let places = client.ask("textDocument/definition", params);
    assert_eq!(client.place(&places[0]), "rules/one/programs/program.yaml:7:2");
    client.open("rules/two/spring.yaml", CAMPAIGN);
    client.findings("rules/two/spring.yaml", &["R0203"]);
    assert!(client.end().success());
}
