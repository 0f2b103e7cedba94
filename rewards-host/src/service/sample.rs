//! The program that an empty store begins with, built into the service.

use rewards_rules::source::{SourceFile, Sources};

/// Its files.
const FILES: &[(&str, &str)] = &[
    ("mailers.yaml", include_str!("../../../rules/supermarket-loyalty/mailers.yaml")),
    ("program.yaml", include_str!("../../../rules/supermarket-loyalty/program.yaml")),
    ("supermarket-loyalty.test.yaml", include_str!("../../../rules/supermarket-loyalty/supermarket-loyalty.test.yaml")),
    ("weekly.yaml", include_str!("../../../rules/supermarket-loyalty/weekly.yaml")),
];

/// The sample program.
pub(crate) fn sources() -> Sources {
    let file = |(path, text): &(&str, &str)| SourceFile { path: (*path).to_owned(), bytes: text.as_bytes().to_vec() };
    Sources::new(FILES.iter().map(file))
}
