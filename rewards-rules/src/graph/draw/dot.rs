//! A picture for Graphviz: stages are clusters from left to right.

use super::{EdgeKind, LightState, Node, Picture, Stage, shortened, wrapped};

const WIDTH: usize = 40;
const MOST: usize = 160;

pub(super) fn write(picture: &Picture) -> String {
    let mut text = format!("digraph {} {{\n", quoted(&picture.program));
    text.push_str(
        "  graph [rankdir=LR, newrank=true, fontname=\"Helvetica\", fontsize=12, nodesep=0.15, ranksep=0.6]\n",
    );
    text.push_str("  node [shape=box, style=\"rounded,filled\", fillcolor=\"#ffffff\", color=\"#57606a\", fontname=\"Helvetica\", fontsize=10]\n");
    text.push_str("  edge [color=\"#8c959f\", fontname=\"Helvetica\", fontsize=9]\n");
    text.push_str(&format!("  label={}\n  labelloc=t\n", quoted(&picture.description())));
    for stage in Stage::ALL {
        let nodes: Vec<(usize, &Node)> = picture.of_stage(stage).collect();
        if nodes.is_empty() {
            continue;
        }
        text.push_str(&format!(
            "  subgraph cluster_{} {{\n    label={}\n    color=\"#d0d7de\"\n",
            stage.id(),
            quoted(stage.title())
        ));
        for (at, node) in nodes {
            let shape = match stage {
                Stage::Facts => ", shape=ellipse, style=filled",
                Stage::Conditions => ", shape=hexagon, style=filled",
                _ => "",
            };
            let colour = match node.light.as_ref().map(|l| l.state) {
                None => "",
                Some(LightState::Lit) => ", fillcolor=\"#d3f2d9\", color=\"#1a7f37\"",
                Some(LightState::Cut) => ", fillcolor=\"#fff0c2\", color=\"#9a6700\"",
                Some(LightState::Dark) => ", fillcolor=\"#ffe0de\", color=\"#cf222e\"",
                Some(LightState::Unreached) => ", fillcolor=\"#eaeef2\", color=\"#8c959f\", fontcolor=\"#57606a\"",
            };
            text.push_str(&format!("    n{at} [label={}{shape}{colour}]\n", label(node)));
        }
        text.push_str("  }\n");
    }
    for edge in &picture.edges {
        let mut attributes = Vec::new();
        if edge.kind == EdgeKind::Rest {
            attributes.push("label=\"rest\"");
        }
        match (picture.carried(*edge), edge.kind) {
            (Some(true), _) => attributes.push("color=\"#1a7f37\", penwidth=2"),
            (Some(false), _) => attributes.push("style=dotted"),
            (None, EdgeKind::Reads) => attributes.push("style=dashed"),
            (None, _) => {}
        }
        let attributes = if attributes.is_empty() { String::new() } else { format!(" [{}]", attributes.join(", ")) };
        text.push_str(&format!("  n{} -> n{}{attributes}\n", edge.from, edge.to));
    }
    text.push_str("}\n");
    text
}

/// Lines that stand left, each ended by `\l`.
fn label(node: &Node) -> String {
    let mut lines = wrapped(&shortened(&node.title, MOST), WIDTH);
    for line in &node.lines {
        lines.extend(wrapped(&shortened(line, MOST), WIDTH));
    }
    for line in node.light.iter().flat_map(|l| &l.words) {
        lines.extend(wrapped(&shortened(&format!("→ {line}"), MOST), WIDTH));
    }
    let text: String = lines.iter().map(|line| format!("{}\\l", escaped(line))).collect();
    format!("\"{text}\"")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace(['\n', '\r'], " ")
}
