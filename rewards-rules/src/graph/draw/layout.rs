//! Where the boxes of a picture stand: columns from left to right, so that no two boxes overlap and no line crosses a box.
//!
//! The stages are the columns, and a stage whose nodes feed each other has several. A line that goes past a column
//! keeps a free place in it. All is in whole pixels, so that the same picture has the same drawing everywhere.
#![allow(
    clippy::arithmetic_side_effects,
    reason = "coordinates of a drawing: counts of boxes times their sizes, far from the ends of 64 bits"
)]

use std::collections::HashMap;

use super::{EdgeKind, Picture, Stage};

/// Between boxes of a column.
const GAP: i64 = 14;
/// Between boxes that hand on a rest, with the word at the line.
const REST_GAP: i64 = 30;
/// Between columns.
const BETWEEN: i64 = 60;
/// Room of a line that goes past a column.
const LANE: i64 = 6;
/// Around everything.
const MARGIN: i64 = 20;
/// Above the columns: their titles.
const HEAD: i64 = 34;

/// The size of a node's box.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Size {
    pub(super) width: i64,
    pub(super) height: i64,
}

/// A box in its place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Rect {
    pub(super) x: i64,
    pub(super) y: i64,
    pub(super) width: i64,
    pub(super) height: i64,
}

impl Rect {
    fn middle(self) -> i64 {
        self.y + self.height / 2
    }
}

/// A drawing without texts.
#[derive(Debug, Default)]
pub(super) struct Layout {
    pub(super) width: i64,
    pub(super) height: i64,
    /// By node.
    pub(super) boxes: Vec<Rect>,
    /// By edge: the points that its line goes through, in pairs of leaving and arriving.
    pub(super) lines: Vec<Vec<(i64, i64)>>,
    /// Each stage that has nodes: where its columns begin and how wide they are.
    pub(super) stages: Vec<(Stage, i64, i64)>,
}

/// What stands in a column: a node, or the place that lines from a node keep free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Item {
    Box(usize),
    Lane(usize),
}

struct Placing<'a> {
    picture: &'a Picture,
    sizes: &'a [Size],
    /// By node.
    column_of: Vec<usize>,
    columns: Vec<Vec<Item>>,
    /// Neighbours of each item, to the left and to the right.
    left: HashMap<(usize, Item), Vec<Item>>,
    right: HashMap<(usize, Item), Vec<Item>>,
    at: HashMap<(usize, Item), (i64, i64)>,
}

/// Lays a picture out whose boxes have these sizes.
pub(super) fn lay_out(picture: &Picture, sizes: &[Size]) -> Layout {
    let (column_of, stages) = columns(picture);
    let count = column_of.iter().max().map_or(0, |c| c + 1);
    let mut placing = Placing {
        picture,
        sizes,
        column_of,
        columns: vec![Vec::new(); count],
        left: HashMap::new(),
        right: HashMap::new(),
        at: HashMap::new(),
    };
    placing.fill();
    for _ in 0..4 {
        for column in 1..count {
            placing.order(column, true);
        }
        for column in (0..count.saturating_sub(1)).rev() {
            placing.order(column, false);
        }
    }
    let most = (0..count).map(|column| placing.natural_height(column)).max().unwrap_or(0);
    for column in 0..count {
        placing.stack(column, None, most);
    }
    for _ in 0..3 {
        for column in 1..count {
            placing.stack(column, Some(true), most);
        }
        for column in (0..count.saturating_sub(1)).rev() {
            placing.stack(column, Some(false), most);
        }
    }
    placing.finish(&stages)
}

/// The column of each node, and the stage of each column.
fn columns(picture: &Picture) -> (Vec<usize>, Vec<Stage>) {
    let stage = |at: usize| picture.nodes.get(at).map(|n| n.stage);
    let mut rank = vec![0_usize; picture.nodes.len()];
    // Edges within a stage are few levels deep and never form a ring.
    for _ in 0..picture.nodes.len() {
        let mut moved = false;
        for edge in picture.edges.iter().filter(|e| e.kind != EdgeKind::Rest && stage(e.from) == stage(e.to)) {
            let due = rank.get(edge.from).copied().unwrap_or(0) + 1;
            if let Some(own) = rank.get_mut(edge.to).filter(|own| **own < due) {
                *own = due;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    let mut first: HashMap<Stage, usize> = HashMap::new();
    let mut stages = Vec::new();
    for stage in Stage::ALL {
        let deepest = picture.of_stage(stage).filter_map(|(at, _)| rank.get(at)).max();
        if let Some(deepest) = deepest {
            first.insert(stage, stages.len());
            stages.extend(std::iter::repeat_n(stage, deepest + 1));
        }
    }
    let column_of = picture
        .nodes
        .iter()
        .zip(&rank)
        .map(|(node, rank)| first.get(&node.stage).copied().unwrap_or(0) + rank)
        .collect();
    (column_of, stages)
}

impl Placing<'_> {
    fn column(&self, node: usize) -> usize {
        self.column_of.get(node).copied().unwrap_or(0)
    }

    /// Boxes into their columns, and a lane for each node whose lines go past a column.
    fn fill(&mut self) {
        for node in 0..self.picture.nodes.len() {
            let column = self.column(node);
            if let Some(list) = self.columns.get_mut(column) {
                list.push(Item::Box(node));
            }
        }
        for edge in &self.picture.edges {
            let (from, to) = (self.column(edge.from), self.column(edge.to));
            if edge.kind == EdgeKind::Rest || to <= from {
                continue;
            }
            let mut before = Item::Box(edge.from);
            for column in from + 1..to {
                let lane = Item::Lane(edge.from);
                if let Some(list) = self.columns.get_mut(column)
                    && !self.left.contains_key(&(column, lane))
                {
                    list.push(lane);
                }
                self.join(column - 1, before, lane);
                before = lane;
            }
            self.join(to - 1, before, Item::Box(edge.to));
        }
    }

    fn join(&mut self, column: usize, from: Item, to: Item) {
        let right = self.right.entry((column, from)).or_default();
        if !right.contains(&to) {
            right.push(to);
            self.left.entry((column + 1, to)).or_default().push(from);
        }
    }

    /// Whether the boxes of a column stand in the order of evaluation.
    fn is_ordered(&self, column: usize) -> bool {
        self.picture
            .edges
            .iter()
            .any(|e| e.kind == EdgeKind::Rest && self.column_of.get(e.from).is_some_and(|c| *c == column))
    }

    /// Orders a column by where its neighbours on one side stand, so that fewer lines cross.
    fn order(&mut self, column: usize, by_left: bool) {
        let beside = if by_left { column - 1 } else { column + 1 };
        let places: HashMap<Item, i64> = self.columns.get(beside).into_iter().flatten().copied().zip(0_i64..).collect();
        let neighbours = if by_left { &self.left } else { &self.right };
        let ordered = self.is_ordered(column);
        let Some(list) = self.columns.get(column) else { return };
        let mean = |item: &Item, own: i64| -> i64 {
            let known: Vec<i64> =
                neighbours.get(&(column, *item)).into_iter().flatten().filter_map(|n| places.get(n).copied()).collect();
            let count = i64::try_from(known.len()).unwrap_or(1);
            // In thousandths of a place.
            if known.is_empty() { own * 1000 } else { known.iter().sum::<i64>() * 1000 / count }
        };
        let mut keyed: Vec<(i64, Item)> =
            list.iter().zip(0_i64..).map(|(item, own)| (mean(item, own), *item)).collect();
        if ordered {
            // Lanes go above or below the chain of rules.
            let boxes: Vec<(i64, Item)> = keyed.iter().copied().filter(|(_, i)| matches!(i, Item::Box(_))).collect();
            let middle =
                boxes.iter().map(|(key, _)| *key).sum::<i64>() / i64::try_from(boxes.len().max(1)).unwrap_or(1);
            for (key, item) in &mut keyed {
                *key = match item {
                    Item::Box(node) => i64::try_from(*node).unwrap_or(0),
                    Item::Lane(_) if *key < middle => *key - i64::from(i32::MAX),
                    Item::Lane(_) => *key + i64::from(i32::MAX),
                };
            }
        }
        keyed.sort_by_key(|(key, _)| *key);
        if let Some(list) = self.columns.get_mut(column) {
            *list = keyed.into_iter().map(|(_, item)| item).collect();
        }
    }

    fn height(&self, item: Item) -> i64 {
        match item {
            Item::Box(node) => self.sizes.get(node).map_or(0, |s| s.height),
            Item::Lane(_) => LANE,
        }
    }

    /// Between an item and the one below it.
    fn gap(item: Item, ordered: bool) -> i64 {
        match item {
            Item::Lane(_) => GAP / 2,
            Item::Box(_) if ordered => REST_GAP,
            Item::Box(_) => GAP,
        }
    }

    /// How high a column is at least.
    fn natural_height(&self, column: usize) -> i64 {
        let ordered = self.is_ordered(column);
        let list = self.columns.get(column).into_iter().flatten();
        list.map(|item| self.height(*item) + Self::gap(*item, ordered)).sum()
    }

    /// Stacks a column; with a side, each item as near to its neighbours there as those above and below let it be
    /// within the height of the highest column.
    fn stack(&mut self, column: usize, by_left: Option<bool>, most: i64) {
        let ordered = self.is_ordered(column);
        let Some(list) = self.columns.get(column) else { return };
        let mut placed: Vec<(Item, i64, i64)> = Vec::new();
        let mut free: i64 = 0;
        let mut below = self.natural_height(column);
        for item in list {
            let height = self.height(*item);
            let whole = height + Self::gap(*item, ordered);
            let due = by_left.and_then(|left| {
                let (map, beside) = if left { (&self.left, column - 1) } else { (&self.right, column + 1) };
                let known: Vec<i64> = map
                    .get(&(column, *item))
                    .into_iter()
                    .flatten()
                    .filter_map(|n| self.at.get(&(beside, *n)).map(|(y, h)| y + h / 2))
                    .collect();
                let count = i64::try_from(known.len()).unwrap_or(1);
                (!known.is_empty()).then(|| known.iter().sum::<i64>() / count - height / 2)
            });
            let last = (most - below).max(free);
            let y = due.unwrap_or(free).clamp(free, last);
            placed.push((*item, y, height));
            free = y + whole;
            below -= whole;
        }
        for (item, y, height) in placed {
            self.at.insert((column, item), (y, height));
        }
    }

    fn finish(self, stage_of_column: &[Stage]) -> Layout {
        let widths: Vec<i64> = self
            .columns
            .iter()
            .map(|list| {
                let width = |item: &Item| match item {
                    Item::Box(node) => self.sizes.get(*node).map_or(0, |s| s.width),
                    Item::Lane(_) => 0,
                };
                list.iter().map(width).max().unwrap_or(0)
            })
            .collect();
        let mut x = MARGIN;
        let mut lefts = Vec::new();
        let mut stages: Vec<(Stage, i64, i64)> = Vec::new();
        for (width, stage) in widths.iter().zip(stage_of_column) {
            match stages.last_mut() {
                Some((last, from, whole)) if last == stage => *whole = x + width - *from,
                _ => stages.push((*stage, x, *width)),
            }
            lefts.push(x);
            x += width + BETWEEN;
        }
        let least = self.at.values().map(|(y, _)| *y).min().unwrap_or(0);
        let most = self.at.values().map(|(y, h)| y + h).max().unwrap_or(0);
        let down = MARGIN + HEAD - least;
        let rect = |column: usize, item: Item| -> Rect {
            let (y, height) = self.at.get(&(column, item)).copied().unwrap_or_default();
            // All boxes of a column are as wide as the widest, so that no line that leaves one crosses another.
            let width = widths.get(column).copied().unwrap_or(0);
            Rect { x: lefts.get(column).copied().unwrap_or(0), y: y + down, width, height }
        };
        let boxes: Vec<Rect> =
            (0..self.picture.nodes.len()).map(|node| rect(self.column(node), Item::Box(node))).collect();
        let lines = self
            .picture
            .edges
            .iter()
            .map(|edge| {
                let (from, to) = (
                    boxes.get(edge.from).copied().unwrap_or_default(),
                    boxes.get(edge.to).copied().unwrap_or_default(),
                );
                if edge.kind == EdgeKind::Rest {
                    let x = from.x + from.width.min(to.width) / 2;
                    return vec![(x, from.y + from.height), (x, to.y)];
                }
                let mut points = vec![(from.x + from.width, from.middle())];
                for column in self.column(edge.from) + 1..self.column(edge.to) {
                    let lane = rect(column, Item::Lane(edge.from));
                    points.extend([(lane.x, lane.middle()), (lane.x + lane.width, lane.middle())]);
                }
                points.push((to.x, to.middle()));
                points
            })
            .collect();
        Layout { width: x - BETWEEN + MARGIN, height: most + down + MARGIN, boxes, lines, stages }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Edge, Node};
    use super::*;

    fn picture(nodes: &[Stage], edges: &[(usize, usize, EdgeKind)]) -> Picture {
        Picture {
            program: String::new(),
            name: String::new(),
            rule_set: String::new(),
            transaction: None,
            folded: 0,
            nodes: nodes
                .iter()
                .map(|stage| Node {
                    id: String::new(),
                    stage: *stage,
                    title: String::new(),
                    lines: vec![],
                    light: None,
                })
                .collect(),
            edges: edges.iter().map(|(from, to, kind)| Edge { from: *from, to: *to, kind: *kind }).collect(),
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]
        #[test]
        fn boxes_never_overlap_and_lines_go_to_the_right_past_every_box(
            stages in proptest::collection::vec(0_usize..9, 1..40),
            pairs in proptest::collection::vec((0_usize..40, 0_usize..40), 0..80),
            heights in proptest::collection::vec(20_i64..120, 40),
        ) {
            let mut stages: Vec<Stage> = stages.iter().filter_map(|s| Stage::ALL.get(*s).copied()).collect();
            stages.sort();
            let mut edges: Vec<(usize, usize, EdgeKind)> = pairs
                .into_iter()
                .filter(|(a, b)| a < b && *b < stages.len())
                .map(|(a, b)| (a, b, EdgeKind::Feeds))
                .collect();
            edges.sort_by_key(|(a, b, _)| (*a, *b));
            edges.dedup();
            let picture = picture(&stages, &edges);
            let sizes: Vec<Size> = heights.iter().take(stages.len()).map(|h| Size { width: 100, height: *h }).collect();
            let layout = lay_out(&picture, &sizes);
            for (i, a) in layout.boxes.iter().enumerate() {
                assert!(a.x >= 0 && a.y >= 0 && a.x + a.width <= layout.width && a.y + a.height <= layout.height);
                for b in layout.boxes.iter().skip(i + 1) {
                    let apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
                    assert!(apart, "{a:?} {b:?}");
                }
            }
            for line in &layout.lines {
                let ahead: Vec<i64> = line.iter().map(|(x, _)| *x).collect();
                assert!(ahead.is_sorted(), "{line:?}");
                // Past a column a line is level: from the second point on, in pairs.
                for pair in line.get(1..line.len() - 1).unwrap_or_default().chunks(2) {
                    let [(x, y), (to, _)] = pair else { continue };
                    let hit = layout.boxes.iter().any(|b| b.x < *to && b.x + b.width > *x && b.y < *y && b.y + b.height > *y);
                    assert!(!hit, "{line:?}");
                }
            }
        }
    }
}
