//! Lines of text in columns, for what people read in a fixed-width font.
//!
//! A room of its own because explanations and failed tests show the same waterfall, and neither should count spaces.

/// One line of a waterfall: what it is, a number on the way, and the number at which it ends.
#[derive(Debug, Default)]
pub(crate) struct Step {
    /// Words at the left.
    pub(crate) label: String,
    /// Columns after the label, each aligned within its section of lines that have them.
    pub(crate) cells: Vec<Cell>,
    /// A number on the way: the rounded value, or what a cap took.
    pub(crate) on_the_way: Option<String>,
    /// What is granted.
    pub(crate) result: Option<String>,
    /// Words after it.
    pub(crate) note: String,
}

/// A cell with its alignment.
#[derive(Debug)]
pub(crate) enum Cell {
    /// Begins where its column begins.
    Left(String),
    /// Ends where its column ends.
    Right(String),
}

impl Cell {
    fn text(&self) -> &str {
        match self {
            Cell::Left(text) | Cell::Right(text) => text,
        }
    }
}

/// How many columns a text takes; what is shown here has one column a character.
pub(crate) fn width(text: &str) -> usize {
    text.chars().count()
}

/// The text with spaces after it.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    format!("{text:<columns$}")
}

/// Lays lines out: labels, cells and both columns of numbers stand under one another. No trailing spaces.
pub(crate) fn lay_out(steps: &[Step]) -> String {
    let most = |widths: &mut dyn Iterator<Item = usize>| widths.max().unwrap_or(0);
    let columns = most(&mut steps.iter().map(|s| s.cells.len()));
    let with_cells = || steps.iter().filter(|s| !s.cells.is_empty());
    let label = most(&mut with_cells().map(|s| width(&s.label)));
    let widths: Vec<usize> = (0..columns)
        .map(|at| most(&mut steps.iter().filter_map(|s| s.cells.get(at)).map(|c| width(c.text()))))
        .collect();
    let lefts: Vec<String> = steps
        .iter()
        .map(|step| {
            let mut left = if step.cells.is_empty() { step.label.clone() } else { pad(&step.label, label) };
            for (cell, columns) in step.cells.iter().zip(&widths) {
                left.push_str(if *columns == 0 { "" } else { "  " });
                left.push_str(&match cell {
                    Cell::Left(text) => pad(text, *columns),
                    Cell::Right(text) => format!("{text:>columns$}"),
                });
            }
            left
        })
        .collect();
    let left = most(&mut lefts.iter().map(|l| width(l.trim_end())));
    let on_the_way = most(&mut steps.iter().filter_map(|s| s.on_the_way.as_deref()).map(width));
    let result = most(&mut steps.iter().filter_map(|s| s.result.as_deref()).map(width));
    let mut text = String::new();
    for (step, words) in steps.iter().zip(&lefts) {
        let mut line = pad(words.trim_end(), left);
        if on_the_way > 0 {
            let number = step.on_the_way.as_deref().unwrap_or("");
            let arrow = if step.on_the_way.is_some() { "→" } else { " " };
            line.push_str(&format!("  {arrow} {number:>on_the_way$}"));
        }
        if result > 0 {
            let number = step.result.as_deref().unwrap_or("");
            let comes_from = step.on_the_way.is_some() || !step.cells.is_empty();
            let arrow = if comes_from && step.result.is_some() { "→" } else { " " };
            line.push_str(&format!("  {arrow} {number:>result$}"));
        }
        if !step.note.is_empty() {
            line.push_str("  ");
            line.push_str(&step.note);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
