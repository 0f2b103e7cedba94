//! A picture as a Mermaid flowchart, which GitHub and many other pages draw.
//!
//! Every character that Mermaid might take for its own, or for Markdown, is written by number.

use super::{EdgeKind, LightState, Node, Picture, Stage, shortened, wrapped};

/// Characters on a line of a label.
const WIDTH: usize = 34;
/// Characters of a condition that are shown.
const MOST: usize = 120;

pub(super) fn write(picture: &Picture) -> String {
    let mut text = String::from("flowchart LR\n");
    for stage in Stage::ALL {
        let nodes: Vec<(usize, &Node)> = picture.of_stage(stage).collect();
        if nodes.is_empty() {
            continue;
        }
        text.push_str(&format!("  subgraph {}[{}]\n", stage_id(stage), quoted(stage.title())));
        for (at, node) in nodes {
            let (open, close) = match stage {
                Stage::Facts => ("([", "])"),
                Stage::Conditions => ("{{", "}}"),
                _ => ("[", "]"),
            };
            let class = node.light.as_ref().map_or(String::new(), |light| format!(":::{}", light.state.id()));
            text.push_str(&format!("    n{at}{open}{}{close}{class}\n", label(node)));
        }
        text.push_str("  end\n");
    }
    for edge in &picture.edges {
        let arrow = match (edge.kind, picture.carried(*edge)) {
            (EdgeKind::Rest, Some(false)) => "-.->|rest|",
            (EdgeKind::Rest, Some(true)) => "==>|rest|",
            (EdgeKind::Rest, None) => "-->|rest|",
            (_, Some(true)) => "==>",
            (_, Some(false)) => "-.->",
            (EdgeKind::Reads, None) => "-.->",
            (_, None) => "-->",
        };
        text.push_str(&format!("  n{} {arrow} n{}\n", edge.from, edge.to));
    }
    if picture.transaction.is_some() {
        for (state, style) in [
            (LightState::Lit, "fill:#d3f2d9,stroke:#1a7f37,color:#0b2d14"),
            (LightState::Cut, "fill:#fff0c2,stroke:#9a6700,color:#3b2800"),
            (LightState::Dark, "fill:#ffe0de,stroke:#cf222e,color:#4a0b10"),
            (LightState::Unreached, "fill:#eaeef2,stroke:#8c959f,color:#57606a,stroke-dasharray:4 3"),
        ] {
            text.push_str(&format!("  classDef {} {style}\n", state.id()));
        }
    }
    text
}

/// `base` alone would do, but a later word of the language may be called so.
fn stage_id(stage: Stage) -> String {
    format!("stage_{}", stage.id())
}

fn label(node: &Node) -> String {
    let mut lines = wrapped(&shortened(&node.title, MOST), WIDTH);
    for line in &node.lines {
        lines.extend(wrapped(&shortened(line, MOST), WIDTH));
    }
    for line in node.light.iter().flat_map(|l| &l.words) {
        lines.extend(wrapped(&shortened(&format!("→ {line}"), MOST), WIDTH));
    }
    let lines: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
    format!("\"{}\"", lines.join("<br/>"))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let own = match c {
            '"' | '#' | '&' | '<' | '>' | '`' | '*' | '_' | '~' | '\\' | '[' | ']' | '{' | '}' | '|' | ';' | '$' => {
                true
            }
            // A list or a heading, if a line begins so.
            '-' | '+' | '=' => at == 0,
            '.' | ')' => {
                let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at.saturating_add(1)..));
                !before.is_empty()
                    && before.chars().all(|c| c.is_ascii_digit())
                    && after.is_none_or(|after| after.is_empty() || after.starts_with(' '))
            }
            // An address.
            '/' => text.get(..at).is_some_and(|before| before.ends_with(':') || before.ends_with('/')),
            c => c.is_control(),
        };
        if own {
            out.push_str(&format!("#{};", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_of_a_label_is_read_as_syntax() {
        for (text, written) in [
            ("tx.category == \"fuel\"", "tx.category == #34;fuel#34;"),
            ("a < b && c", "a #60; b #38;#38; c"),
            ("1. first", "1#46; first"),
            ("- item", "#45; item"),
            ("2.50 a day", "2.50 a day"),
            ("https://example.com at 17:00", "https:#47;#47;example.com at 17:00"),
            ("#35;", "#35;35#59;"),
            ("x_y [z] {|}", "x#95;y #91;z#93; #123;#124;#125;"),
        ] {
            assert_eq!(escaped(text), written);
        }
    }
}
