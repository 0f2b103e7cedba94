//! Any bytes as tables of members and transactions.

use std::collections::BTreeMap;

use ::csv::{ByteRecord, ReaderBuilder};
use rewards_rules::RuleSet;
use rewards_rules::simulate::{Cell, Options, Posted, Row, Simulation};
use rewards_rules::value::Exact;

use super::files::{compile, fixed};

/// The cells of a row.
type Cells = Vec<String>;

/// A table: its header, and its rows as far as they are UTF-8.
fn table(data: &[u8]) -> Option<(Cells, Vec<Option<Cells>>)> {
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(data);
    let texts = |record: &ByteRecord| {
        let cells = record.iter().map(|cell| std::str::from_utf8(cell).ok().map(str::to_owned));
        cells.collect::<Option<Cells>>()
    };
    let header = texts(reader.byte_headers().ok()?)?;
    let mut rows = Vec::new();
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).ok()? {
        rows.push(texts(&record));
    }
    Some((header, rows))
}

fn simulation(members: Option<&[u8]>, options: Options) -> Simulation {
    thread_local! {
        static RULES: RuleSet = compile(fixed()).unwrap();
    }
    let mut simulation = Simulation::new(RULES.with(Clone::clone), options);
    let Some((header, rows)) = members.and_then(table) else { return simulation };
    let Ok(columns) = simulation.member_columns(&header) else { return simulation };
    for row in rows.iter().flatten().filter(|row| row.len() == header.len()) {
        if let Ok(member) = columns.read(|at| Cell::Text(&row[at])) {
            let _ = simulation.add_member(member);
        }
    }
    simulation
}

/// No row is lost, and a bad one leaves no trace. An empty line stands between members, where there are any, and
/// transactions.
pub(super) fn rows(data: &[u8]) {
    let apart = data.windows(2).position(|pair| pair == b"\n\n");
    let (members, transactions) = match apart {
        Some(at) => (Some(&data[..=at]), &data[at + 2..]),
        None => (None, data),
    };
    let Some((header, rows)) = table(transactions) else { return };
    let options = Options { assume_program_timezone: data.len().is_multiple_of(2) };
    let mut all = simulation(members, options);
    let Ok(columns) = all.transaction_columns(&header) else { return };
    let mut kept: Vec<(Row, Option<Posted>)> = Vec::new();
    for row in &rows {
        let cells = row.as_ref().filter(|cells| cells.len() == header.len());
        let mut row = Row::default();
        let read = cells.is_some_and(|cells| columns.read(|at| Cell::Text(&cells[at]), &mut row).is_ok());
        let posted = if read { all.post(&columns, &row).ok().map(|posted| posted.cloned()) } else { None };
        match posted {
            Some(posted) => kept.push((row, posted)),
            None => all.reject(),
        }
    }
    let summary = all.summary();
    assert_eq!(usize::try_from(summary.rows()).unwrap(), rows.len());
    let posted: Vec<&Posted> = kept.iter().filter_map(|(_, posted)| posted.as_ref()).collect();
    assert_eq!(usize::try_from(summary.purchases + summary.refunds).unwrap(), posted.len());
    adds_up(&posted, summary.totals()[3].exact(), summary.points().exact());

    let mut good = simulation(members, options);
    let columns = good.transaction_columns(&header).unwrap();
    for (row, posted) in kept {
        assert_eq!(good.post(&columns, &row).unwrap(), posted.as_ref(), "a bad row changed something");
    }
}

/// The sum of the rows is the summary's, and no row is at odds with itself.
fn adds_up(rows: &[&Posted], total: Exact, points: Exact) {
    let plus = |a: Exact, b: Exact| a.checked_add(b).unwrap();
    let (mut sum, mut all_points) = (Exact::ZERO, Exact::ZERO);
    let mut ids = BTreeMap::new();
    for row in rows {
        let parts = plus(plus(row.base.exact(), row.loyalty.exact()), row.campaign.exact());
        assert_eq!(parts, row.total.exact(), "{row:?}");
        assert_eq!(ids.insert(&row.transaction_id, ()), None, "{row:?} stands twice");
        sum = plus(sum, row.total.exact());
        all_points = plus(all_points, row.points.exact());
    }
    assert_eq!(sum, total);
    assert_eq!(all_points, points);
}
