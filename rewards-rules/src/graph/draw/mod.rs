//! The picture of a rule set: which facts decide which conditions, and how a purchase becomes money and points.
//!
//! One model, the [`Picture`], is made from the graph that evaluates, so that it cannot tell another story. Each format
//! is a file that turns the model into text; none of them knows a rule. Any host can make its own from the same model.

mod build;
mod dot;
mod layout;
mod light;
mod mermaid;
mod svg;
mod words;

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

pub(crate) use build::draw;
pub(crate) use light::{bright_campaigns, shine};

/// How a picture is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureOptions {
    /// Where there are more campaigns than this, those of one group stand as one node.
    pub most_campaigns: usize,
}

impl PictureOptions {
    /// Every campaign on its own, however many there are.
    pub const ALL: PictureOptions = PictureOptions { most_campaigns: usize::MAX };
}

impl Default for PictureOptions {
    /// Up to 40 campaigns each on its own.
    fn default() -> PictureOptions {
        PictureOptions { most_campaigns: 40 }
    }
}

/// A rule set as nodes in stages, with edges between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Id of the program.
    pub program: String,
    /// Its name; the id where it has none.
    pub name: String,
    /// Content hash of the rule set.
    pub rule_set: String,
    /// The purchase that it shows, if it shows one.
    pub transaction: Option<String>,
    /// How many campaigns stand in nodes together with others.
    pub folded: usize,
    /// In order of stages.
    pub nodes: Vec<Node>,
    /// By index into `nodes`; each pair once.
    pub edges: Vec<Edge>,
}

/// The stages of an evaluation, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// What conditions and amounts read.
    Facts,
    /// What is asked; each condition once, however many rules ask it.
    Conditions,
    /// What of the amount counts.
    Eligible,
    /// Base rules, in order.
    Base,
    /// What tiers add, and points for the amount.
    Bonus,
    /// Campaigns, in order of priority.
    Campaigns,
    /// Groups, and how campaigns add up.
    Stacking,
    /// Caps of tiers, of the program and of its points.
    Caps,
    /// Money, points, progress, and what points are worth.
    Result,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Stage; 9] = [
        Stage::Facts,
        Stage::Conditions,
        Stage::Eligible,
        Stage::Base,
        Stage::Bonus,
        Stage::Campaigns,
        Stage::Stacking,
        Stage::Caps,
        Stage::Result,
    ];

    /// Its id, as JSON has it.
    pub fn id(self) -> &'static str {
        match self {
            Stage::Facts => "facts",
            Stage::Conditions => "conditions",
            Stage::Eligible => "eligible",
            Stage::Base => "base",
            Stage::Bonus => "bonus",
            Stage::Campaigns => "campaigns",
            Stage::Stacking => "stacking",
            Stage::Caps => "caps",
            Stage::Result => "result",
        }
    }

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Stage::Facts => "Facts",
            Stage::Conditions => "Conditions",
            Stage::Eligible => "Eligible",
            Stage::Base => "Base",
            Stage::Bonus => "Bonus and points",
            Stage::Campaigns => "Campaigns",
            Stage::Stacking => "Stacking",
            Stage::Caps => "Caps",
            Stage::Result => "Result",
        }
    }
}

/// One thing in the picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Unique in the picture, and the same in every picture of the same rules: `base:groceries`.
    pub id: String,
    /// Its stage.
    pub stage: Stage,
    /// What people call it: the id of a rule, the text of a condition.
    pub title: String,
    /// What it does, a sentence part each.
    pub lines: Vec<String>,
    /// In a picture of a purchase: what came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub light: Option<Light>,
}

/// What a purchase did to a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Light {
    /// In one word.
    pub state: LightState,
    /// With its numbers.
    pub words: Vec<String>,
}

/// What a purchase did to a node, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LightState {
    /// A fact that is there, a condition that is true, a rule that granted.
    Lit,
    /// A rule that a cap, a limit or stacking cut, or a cap that cut.
    Cut,
    /// A fact that is absent, a condition that is false, a rule that granted nothing.
    Dark,
    /// Nobody asked.
    Unreached,
}

impl LightState {
    /// Its id, as JSON has it.
    pub fn id(self) -> &'static str {
        match self {
            LightState::Lit => "lit",
            LightState::Cut => "cut",
            LightState::Dark => "dark",
            LightState::Unreached => "unreached",
        }
    }
}

/// What an edge means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EdgeKind {
    /// The target reads the source: a fact in a condition.
    Reads,
    /// The source decides whether the target applies.
    Decides,
    /// What the source leaves of the amount goes on to the target.
    Rest,
    /// What the source grants or lets through goes into the target.
    Feeds,
}

/// From one node to another, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Edge {
    /// Index of the source.
    pub from: usize,
    /// Index of the target.
    pub to: usize,
    /// What it means.
    pub kind: EdgeKind,
}

impl Picture {
    /// The nodes of a stage, with their indices.
    pub fn of_stage(&self, stage: Stage) -> impl Iterator<Item = (usize, &Node)> {
        self.nodes.iter().enumerate().filter(move |(_, node)| node.stage == stage)
    }

    /// One sentence for those who cannot see it.
    pub fn description(&self) -> String {
        let mut text = format!("{} in stages: ", self.name);
        let mut parts = Vec::new();
        for stage in Stage::ALL {
            let count = self.of_stage(stage).count();
            if count > 0 {
                parts.push(format!("{} ({count})", stage.title().to_lowercase()));
            }
        }
        text.push_str(&parts.join(", "));
        if let Some(transaction) = &self.transaction {
            text.push_str(&format!("; lit by the purchase {transaction}"));
        }
        text
    }

    /// Whether an edge carried something of the purchase: both of its ends did something. `None` without a purchase.
    pub fn carried(&self, edge: Edge) -> Option<bool> {
        self.transaction.as_ref()?;
        let bright = |at: usize| {
            let light = self.nodes.get(at).and_then(|n| n.light.as_ref());
            light.is_some_and(|l| matches!(l.state, LightState::Lit | LightState::Cut))
        };
        Some(bright(edge.from) && bright(edge.to))
    }

    /// As a Mermaid flowchart.
    pub fn to_mermaid(&self) -> String {
        mermaid::write(self)
    }

    /// As a graph for Graphviz.
    pub fn to_dot(&self) -> String {
        dot::write(self)
    }

    /// As an image that needs nothing else, for light and dark pages.
    pub fn to_svg(&self) -> String {
        svg::write(self)
    }

    /// As JSON (`docs/graph-and-diff.md` has its shape), indented, with a line break at its end.
    pub fn to_json(&self) -> String {
        // Texts, numbers and lists of them always have a JSON.
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        format!("{text}\n")
    }
}

impl Serialize for Picture {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct StageOut {
            id: &'static str,
            title: &'static str,
        }
        #[derive(Serialize)]
        struct EdgeOut<'a> {
            from: &'a str,
            to: &'a str,
            kind: EdgeKind,
        }
        let id = |at: usize| self.nodes.get(at).map_or("", |n| n.id.as_str());
        let stages: Vec<StageOut> = Stage::ALL.into_iter().map(|s| StageOut { id: s.id(), title: s.title() }).collect();
        let edges: Vec<EdgeOut<'_>> =
            self.edges.iter().map(|e| EdgeOut { from: id(e.from), to: id(e.to), kind: e.kind }).collect();
        let mut s = serializer.serialize_struct("Picture", 9)?;
        s.serialize_field("version", &1)?;
        s.serialize_field("program", &self.program)?;
        s.serialize_field("name", &self.name)?;
        s.serialize_field("rule_set", &self.rule_set)?;
        s.serialize_field("transaction", &self.transaction)?;
        s.serialize_field("folded", &self.folded)?;
        s.serialize_field("stages", &stages)?;
        s.serialize_field("nodes", &self.nodes)?;
        s.serialize_field("edges", &edges)?;
        s.end()
    }
}

/// Words on lines of at most so many characters. A longer word is broken behind a point or a sign, if it has one.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut used: usize = 0;
    for word in text.split_whitespace() {
        let mut rest: &str = word;
        loop {
            let (head, tail) = match rest.char_indices().nth(width) {
                Some((most, _)) => {
                    let head = rest.get(..most).unwrap_or(rest);
                    let sign = head.rfind(['.', ',', '(', ')', '_', '/', '-', ':']).map(|at| at.saturating_add(1));
                    rest.split_at(sign.filter(|at| *at > most / 2).unwrap_or(most))
                }
                None => (rest, ""),
            };
            let length = head.chars().count();
            if used > 0 && used.saturating_add(length).saturating_add(1) > width {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            if used > 0 {
                line.push(' ');
                used = used.saturating_add(1);
            }
            line.push_str(head);
            used = used.saturating_add(length);
            rest = tail;
            if rest.is_empty() {
                break;
            }
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// A text of at most so many characters, with `…` where it was longer.
fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some(_) => {
            let kept: String = text.chars().take(most.saturating_sub(1)).collect();
            format!("{}…", kept.trim_end())
        }
        None => text.to_owned(),
    }
}
