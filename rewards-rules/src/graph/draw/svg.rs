//! A picture as an image: one file that needs no script, font or style from elsewhere.
//!
//! Colours follow the reader's light or dark page. Letters are of one width, so that what fits here fits everywhere.
#![allow(
    clippy::arithmetic_side_effects,
    reason = "coordinates of a drawing: counts of letters and lines times their sizes, far from the ends of 64 bits"
)]

use unicode_width::UnicodeWidthStr;

use super::layout::{Layout, Rect, Size, lay_out};
use super::{EdgeKind, Node, Picture, shortened, wrapped};

/// Letters on a line.
const WIDTH: usize = 34;
/// Letters of a text that are shown; all of it stands in the title of its box.
const MOST: usize = 150;
/// A letter of 12 pixels, in tenths of a pixel: a little more than any usual font of one width needs.
const LETTER: i64 = 74;
const LINE: i64 = 16;
const PAD: i64 = 9;

const STYLE: &str = "\
svg{--page:#ffffff;--band:#f6f8fa;--box:#ffffff;--line:#8c959f;--text:#1f2328;--soft:#57606a;--edge:#a8b1ba;\
--lit:#dafbe1;--lit-line:#1a7f37;--cut:#fff8c5;--cut-line:#9a6700;--dark:#ffebe9;--dark-line:#cf222e}\
@media (prefers-color-scheme:dark){svg{--page:#0d1117;--band:#161b22;--box:#21262d;--line:#6e7681;--text:#e6edf3;\
--soft:#9da7b3;--edge:#5b6570;--lit:#12361f;--lit-line:#3fb950;--cut:#3b2f00;--cut-line:#d29922;--dark:#4a1418;\
--dark-line:#f85149}}\
.page{fill:var(--page)}.band{fill:var(--band)}text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;\
fill:var(--text)}.head{font-weight:bold;fill:var(--soft)}.name{font-weight:bold}.soft{fill:var(--soft)}\
.box{fill:var(--box);stroke:var(--line)}.edge{fill:none;stroke:var(--edge);stroke-width:1.2}.reads{stroke-dasharray:4 3}\
.tip{fill:var(--edge)}.on{stroke:var(--lit-line);stroke-width:2.2}.off{stroke-opacity:.45;stroke-dasharray:2 4}\
.lit .box{fill:var(--lit);stroke:var(--lit-line);stroke-width:2}.cut .box{fill:var(--cut);stroke:var(--cut-line);stroke-width:2}\
.dark .box{fill:var(--dark);stroke:var(--dark-line)}.unreached .box{fill:none;stroke-dasharray:4 3}\
.unreached text{fill:var(--soft)}.said{font-style:italic}";

/// The lines of a box.
struct Words {
    title: Vec<String>,
    lines: Vec<String>,
    said: Vec<String>,
}

fn words_of(node: &Node) -> Words {
    let short = |text: &String| wrapped(&shortened(text, MOST), WIDTH);
    Words {
        title: short(&node.title),
        lines: node.lines.iter().flat_map(short).collect(),
        said: node.light.iter().flat_map(|l| &l.words).flat_map(short).collect(),
    }
}

impl Words {
    fn all(&self) -> impl Iterator<Item = &String> {
        self.title.iter().chain(&self.lines).chain(&self.said)
    }

    fn size(&self) -> Size {
        let letters = self.all().map(|line| line.width()).max().unwrap_or(0);
        let letters = i64::try_from(letters).unwrap_or(0);
        let count = i64::try_from(self.all().count()).unwrap_or(0);
        Size { width: letters * LETTER / 10 + 2 * PAD, height: count * LINE + 2 * PAD - 4 }
    }
}

pub(super) fn write(picture: &Picture) -> String {
    let words: Vec<Words> = picture.nodes.iter().map(words_of).collect();
    let sizes: Vec<Size> = words.iter().map(Words::size).collect();
    let layout = lay_out(picture, &sizes);
    let Layout { width, height, .. } = layout;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"title desc\">\n"
    );
    text.push_str(&format!("<title id=\"title\">{}</title>\n", escaped(&picture.name)));
    text.push_str(&format!("<desc id=\"desc\">{}</desc>\n", escaped(&picture.description())));
    text.push_str(&format!("<style>{STYLE}</style>\n"));
    text.push_str(&format!("<rect class=\"page\" width=\"{width}\" height=\"{height}\"/>\n"));
    for (stage, x, wide) in &layout.stages {
        let (x, wide) = (x - 10, wide + 20);
        text.push_str(&format!(
            "<rect class=\"band\" x=\"{x}\" y=\"10\" width=\"{wide}\" height=\"{}\" rx=\"8\"/>\n",
            height - 20
        ));
        text.push_str(&format!("<text class=\"head\" x=\"{}\" y=\"32\">{}</text>\n", x + 10, escaped(stage.title())));
    }
    for (edge, points) in picture.edges.iter().zip(&layout.lines) {
        let carried = match picture.carried(*edge) {
            Some(true) => " on",
            Some(false) => " off",
            None => "",
        };
        let reads = if edge.kind == EdgeKind::Reads && picture.transaction.is_none() { " reads" } else { "" };
        text.push_str(&format!("<path class=\"edge{reads}{carried}\" d=\"{}\"/>\n", path(points)));
        if let Some(tip) = points.last() {
            text.push_str(&format!("<path class=\"tip\" d=\"{}\"/>\n", arrow(*tip, edge.kind == EdgeKind::Rest)));
        }
        if let (EdgeKind::Rest, [(x, from), (_, to)]) = (edge.kind, points.as_slice()) {
            let y = (from + to) / 2 + 4;
            text.push_str(&format!("<text class=\"soft\" x=\"{}\" y=\"{y}\">rest</text>\n", x + 8));
        }
    }
    for ((node, words), rect) in picture.nodes.iter().zip(&words).zip(&layout.boxes) {
        text.push_str(&drawn(node, words, *rect));
    }
    text.push_str("</svg>\n");
    text
}

fn drawn(node: &Node, words: &Words, rect: Rect) -> String {
    let Rect { x, y, width, height } = rect;
    let class = node.light.as_ref().map_or("plain", |l| l.state.id());
    let mut whole = vec![node.title.clone()];
    whole.extend(node.lines.iter().cloned());
    if let Some(light) = &node.light {
        whole.push(light.state.id().to_owned());
        whole.extend(light.words.iter().cloned());
    }
    let mut text = format!("<g class=\"{class}\"><title>{}</title>", escaped(&whole.join("\n")));
    text.push_str(&format!("<rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>"));
    let classes = std::iter::repeat_n("name", words.title.len())
        .chain(std::iter::repeat_n("soft", words.lines.len()))
        .chain(std::iter::repeat_n("said", words.said.len()));
    let mut line_y = y + PAD + 10;
    for (line, class) in words.all().zip(classes) {
        text.push_str(&format!("<text class=\"{class}\" x=\"{}\" y=\"{line_y}\">{}</text>", x + PAD, escaped(line)));
        line_y += LINE;
    }
    text.push_str("</g>\n");
    text
}

/// Curves between columns, level lines past them.
fn path(points: &[(i64, i64)]) -> String {
    let mut text = String::new();
    let mut before: Option<(i64, i64)> = None;
    for (at, (x, y)) in points.iter().enumerate() {
        match before {
            None => text.push_str(&format!("M{x} {y}")),
            Some((from_x, from_y)) if at % 2 == 1 && from_x != *x => {
                let bend = (x - from_x) / 2;
                text.push_str(&format!(" C{} {from_y} {} {y} {x} {y}", from_x + bend, x - bend));
            }
            Some(_) => text.push_str(&format!(" L{x} {y}")),
        }
        before = Some((*x, *y));
    }
    text
}

fn arrow((x, y): (i64, i64), down: bool) -> String {
    if down {
        format!("M{x} {y} L{} {} L{} {} Z", x - 4, y - 7, x + 4, y - 7)
    } else {
        format!("M{x} {y} L{} {} L{} {} Z", x - 7, y - 4, x - 7, y + 4)
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML has no place for other control characters.
            c if c.is_control() && c != '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
