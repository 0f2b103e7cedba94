//! Transactions in every format: the same purchases give the same bytes, and what cannot be read is told.

use std::fs;
use std::path::Path;

use crate::run::{Ran, command, rewards_in};

/// Rules with a fact of each type, levels, points, a segment and a requirement on lines.
const PROGRAM: &str = "\
program: shop
currency: USD
timezone: America/New_York
facts:
  tx:
    floor: {type: integer, optional: true}
    weight: {type: decimal, optional: true}
    gift: {type: boolean, optional: true}
    ordered: {type: date, optional: true}
    door: {one_of: [north, south], optional: true}
  member:
    staff: {type: boolean, optional: true}
base:
  - {id: dairy, lines: 'line.category == \"dairy\"', rate: 5%}
  - {id: upstairs, when: tx.floor > 1 && tx.weight >= 1.5, rate: 3%}
  - {id: gifts, when: tx.gift, rate: 4%}
  - {id: preordered, when: 'tx.ordered < \"2026-03-01\" && tx.door == \"north\"', rate: 2%}
  - {id: rest, rate: 1%}
tiers:
  window: calendar_year
  levels:
    - {id: bronze, min_spending: 0}
    - {id: silver, min_spending: 150.00, bonus: {rate: 1%}}
points:
  earn: {points: 1, per: 1.00}
campaigns:
  - {campaign: foodies, type: fixed, audience: {segments: [foodies]}, reward: {fixed: 1.00}}
  - {campaign: staff, type: fixed, when: member.staff, reward: {fixed: 0.50}}
";

const CSV: &str = "\
transaction_id,user_id,amount,currency,occurred_at,category,mcc,type,original_transaction_id,items,tx.floor,tx.weight,tx.gift,tx.ordered,tx.door,member.segments,member.staff
t1,m1,100.00,USD,2026-03-01T10:00:00-05:00,food,0742,,,\"[{\"\"sku\"\": \"\"milk\"\", \"\"category\"\": \"\"dairy\"\", \"\"quantity\"\": 2, \"\"amount\"\": \"\"40.00\"\"}]\",,,,,,new;foodies,true
t2,7,60.5,USD,2026-03-01T15:30:00Z,,,purchase,,,2,1.50,,,,,
t3,m1,80,USD,2026-03-02T10:00:00.25-05:00,,,,,,,,true,,,,false
t3,m1,80.00,USD,2026-03-02T15:00:00.250Z,,,,,,,,true,,,,false
t4,7,10.01,USD,2026-03-03T10:00:00-05:00,,,,,,1,1.5,false,2026-02-28,north,,
r1,m1,40.00,,2026-03-04T10:00:00-05:00,,,refund,t3,,,,,,,,
t5,m1,12345678901234.56,USD,2026-03-05T10:00:00-05:00,,,,,[],,,,,,,
";

const NDJSON: &str = r#"{"transaction_id": "t1", "user_id": "m1", "amount": 100.00, "currency": "USD", "occurred_at": "2026-03-01T10:00:00-05:00", "category": "food", "mcc": "0742", "items": [{"sku": "milk", "category": "dairy", "quantity": 2, "amount": 40.00}], "member.segments": ["new", "foodies"], "member.staff": true}

{"user_id": 7, "transaction_id": "t2", "amount": "60.5", "currency": "USD", "occurred_at": "2026-03-01T15:30:00Z", "type": "purchase", "items": null, "tx.floor": 2, "tx.weight": 1.50, "category": ""}
{"transaction_id": "t3", "user_id": "m1", "amount": 80, "currency": "USD", "occurred_at": "2026-03-02T10:00:00.25-05:00", "tx.gift": true, "member.staff": false}
{"transaction_id": "t3", "user_id": "m1", "amount": 80.0, "currency": "USD", "occurred_at": "2026-03-02T15:00:00.250Z", "tx.gift": true, "member.staff": false}
{"transaction_id": "t4", "user_id": 7, "amount": 10.01, "currency": "USD", "occurred_at": "2026-03-03T10:00:00-05:00", "tx.floor": 1, "tx.weight": "1.5", "tx.gift": false, "tx.ordered": "2026-02-28", "tx.door": "n\u006frth"}
{"transaction_id": "r1", "user_id": "m1", "amount": 40.00, "occurred_at": "2026-03-04T10:00:00-05:00", "type": "refund", "original_transaction_id": "t3"}
{"transaction_id": "t5", "user_id": "m1", "amount": 12345678901234.56, "currency": "USD", "occurred_at": "2026-03-05T10:00:00-05:00", "items": []}
"#;

/// A folder with the program and files of transactions.
fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("rules")).unwrap();
    fs::write(folder.path().join("rules/program.yaml"), PROGRAM).unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn simulate(folder: &Path, transactions: &str, more: &str) -> Ran {
    rewards_in(folder, &format!("simulate --rules rules --transactions {transactions} {more}"))
}

/// The head of an NDJSON row that may stand after those of the tests.
fn row(rest: &str) -> String {
    format!("{{\"transaction_id\":\"t9\",\"user_id\":\"m1\",\"currency\":\"USD\",{rest}}}\n")
}

#[test]
fn the_same_purchases_give_the_same_bytes_in_every_format() {
    let folder = folder(&[("in.csv", CSV.as_bytes()), ("in.ndjson", NDJSON.as_bytes())]);
    let at = folder.path();
    #[cfg(feature = "parquet")]
    fs::write(at.join("in.parquet"), parquet_file::purchases()).unwrap();
    let due = simulate(at, "in.csv", "");
    assert_eq!(due.status, 0, "{}", due.err);
    insta::assert_snapshot!("rows_of_every_format", due.out);
    fs::copy(at.join("in.ndjson"), at.join("in.jsonl")).unwrap();
    for file in ["in.ndjson", "in.jsonl"].into_iter().chain(cfg!(feature = "parquet").then_some("in.parquet")) {
        let ran = simulate(at, file, "");
        assert_eq!((ran.status, &ran.out), (0, &due.out), "{file}: {}", ran.err);
        let ran = simulate(at, file, "--output out.csv");
        assert_eq!(ran.status, 0, "{file}: {}", ran.err);
        assert_eq!(fs::read_to_string(at.join("out.csv")).unwrap(), due.out, "{file}");
    }
    let ran = simulate(at, "in.csv", "--output out.ndjson");
    assert_eq!(ran.status, 0, "{}", ran.err);
    let mut lines = due.out.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let head = lines.next().unwrap();
    let written = fs::read_to_string(at.join("out.ndjson")).unwrap();
    for (cells, line) in lines.by_ref().zip(written.lines()) {
        let found: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
        let pairs = head.iter().zip(cells);
        let due = pairs.map(|(name, cell)| ((*name).to_owned(), serde_json::Value::from(cell))).collect();
        assert_eq!(found, due);
    }
    assert_eq!((lines.next(), written.lines().count()), (None, 6));
}

#[test]
fn members_come_in_every_format() {
    let folder = folder(&[
        ("in.csv", b"transaction_id,user_id,amount,currency,occurred_at\nt1,m1,10.00,USD,2026-03-01T10:00:00Z\n"),
        ("m.csv", b"user_id,tier,spending,segments,member.staff\nm1,silver,160.00,foodies;new,true\n"),
        (
            "m.ndjson",
            br#"{"user_id": "m1", "spending": 160.00, "segments": ["foodies", "new"], "member.staff": true, "tier": "silver"}"#,
        ),
    ]);
    for file in ["m.csv", "m.ndjson"] {
        let ran = simulate(folder.path(), "in.csv", &format!("--members {file}"));
        assert_eq!(ran.status, 0, "{}", ran.err);
        assert!(ran.out.contains("t1,m1,0.10,0.10,1.50,1.70,10,"), "{}", ran.out);
    }
    for (text, said) in [
        ("{\"user_id\": \"m1\"}\n{\"user_id\": \"m1\"}\n", "bad.ndjson:2: id_conflict"),
        ("{\"user_id\": \"m1\", \"teir\": 1}\n", "did you mean `tier`?"),
        ("{\"tier\": \"silver\"}\n", "bad.ndjson:1: missing_fact: user_id: "),
    ] {
        fs::write(folder.path().join("bad.ndjson"), text).unwrap();
        let ran = simulate(folder.path(), "in.csv", "--members bad.ndjson");
        assert!(ran.status == 1 && ran.err.contains(said), "{text}: {}", ran.err);
    }
}

#[test]
fn a_bad_line_of_json_stops_or_is_set_aside_whole() {
    let at = "\"occurred_at\":\"2026-03-01T10:00:00Z\"";
    for (line, code, said) in [
        (row(&format!("{at},\"amount\":1e3")), "wrong_type", "amount: a plain number is due here"),
        (row(&format!("{at},\"amount\":1.005")), "amount_precision", "1.005"),
        (row(&format!("{at},\"amount\":true")), "wrong_type", "amount: a number is due here, this is a boolean"),
        (row(&format!("{at},\"amount\":-0.0")), "wrong_type", "no -0"),
        (row(&format!("{at},\"amount\":\"1\",\"amuont\":2")), "unknown_fact", "did you mean `amount`?"),
        (row(&format!("{at},\"amount\":\"1\",\"amount\":2")), "invalid_syntax", "a key stands twice"),
        (row(&format!("{at},\"amount\":1,\"mcc\":742")), "wrong_type", "mcc: a text is due here, this is a number"),
        (row(&format!("{at},\"amount\":1,\"items\":[{{}}]")), "missing_fact", "items[0].amount"),
        (row(&format!("{at},\"amount\":1,\"items\":[{{\"amount\":2}}]")), "lines_exceed_amount", ""),
        (row(&format!("{at},\"amount\":1,\"member.segments\":[1]")), "wrong_type", "a list of texts is due here"),
        (row(&format!("{at},\"amount\":1,\"tx.floor\":1.5")), "wrong_type", "a whole number"),
        (row(&format!("{at},\"amount\":1,\"tx.floor\":{{}}")), "wrong_type", "a whole number is due here"),
        (row("\"occurred_at\":\"2026-03-01T10:00:00\",\"amount\":1"), "missing_offset", "an offset or `Z`, such as"),
        (row("\"occurred_at\":20260301,\"amount\":1"), "wrong_type", "an instant is due here, this is a number"),
        ("{\"user_id\": \"m1\"".to_owned(), "invalid_syntax", "this is not a JSON object: EOF"),
        ("[1]\n".to_owned(), "invalid_syntax", "this is not a JSON object: "),
        ("{} {}\n".to_owned(), "invalid_syntax", "trailing characters"),
        ("{}\n".to_owned(), "missing_fact", "transaction_id"),
        (row(&format!("{at},\"amount\":1,\"items\":{}", "[".repeat(3000))), "invalid_syntax", ""),
        (row(&format!("{at},\"amount\":1,\"items\":{}{}", "[".repeat(300), "]".repeat(300))), "invalid_syntax", ""),
    ] {
        let good =
            format!("{{\"transaction_id\":\"t1\",\"user_id\":\"m1\",\"currency\":\"USD\",\"amount\":10,{at}}}\n");
        let folder = folder(&[("in.ndjson", format!("{good}{line}").as_bytes())]);
        let ran = simulate(folder.path(), "in.ndjson", "--output out.csv");
        assert_eq!(ran.status, 1, "{line}: {}", ran.err);
        let due = format!("error: in.ndjson:2: {code}: ");
        assert!(ran.err.starts_with(&due) && ran.err.contains(said), "{line}: {}", ran.err);
        assert!(!folder.path().join("out.csv").exists(), "nothing half done is left behind");
        let ran = simulate(folder.path(), "in.ndjson", "--output out.csv --rejects bad.ndjson");
        assert_eq!(ran.status, 1, "{line}");
        let rejects = fs::read_to_string(folder.path().join("bad.ndjson")).unwrap();
        let reject: serde_json::Value = serde_json::from_str(&rejects).unwrap();
        assert_eq!((&reject["line"], &reject["code"]), (&2.into(), &code.into()), "{rejects}");
        match serde_json::from_str::<serde_json::Value>(&line) {
            Ok(row) => assert_eq!(reject["row"], row),
            Err(_) => assert_eq!(reject["row"], line.trim()),
        }
        assert_eq!(fs::read_to_string(folder.path().join("out.csv")).unwrap().lines().count(), 2);
    }
}

#[test]
fn bytes_that_are_no_text_are_a_bad_row_and_a_row_without_an_end_is_none() {
    let folder = folder(&[("in.ndjson", b"{\"user_id\": \"\xff\"}\n")]);
    let at = folder.path();
    let ran = simulate(at, "in.ndjson", "");
    assert!(ran.status == 1 && ran.err.contains("in.ndjson:1: invalid_syntax: this line is not UTF-8"), "{}", ran.err);
    let ran = simulate(at, "in.ndjson", "--rejects bad.ndjson");
    assert_eq!(ran.status, 1);
    assert!(fs::read_to_string(at.join("bad.ndjson")).unwrap().contains("\u{fffd}"));
    let endless = |begin: &str| format!("{begin}{}", "x".repeat(20 << 20));
    let head = "transaction_id,user_id,amount,currency,occurred_at\n\"";
    for (file, begin) in [("long.csv", head), ("long.ndjson", "{\"")] {
        fs::write(at.join(file), endless(begin)).unwrap();
        let ran = simulate(at, file, "--output out.csv");
        assert_eq!(ran.status, 2, "{file}");
        assert!(ran.err.contains("a row is longer than 16 MiB"), "{}", ran.err);
        assert!(!at.join("out.csv").exists());
    }
}

#[test]
fn a_character_is_not_cut_by_a_comma() {
    // The two bytes of `é` in two cells: together they are a text, apart they are none.
    let mut text = b"transaction_id,user_id,amount,currency,occurred_at,category,merchant\n".to_vec();
    text.extend(b"t1,m1,1,USD,2026-03-01T10:00:00Z,\xc3,\xa9\n");
    let ran = simulate(folder(&[("in.csv", &text)]).path(), "in.csv", "");
    assert!(ran.status == 1 && ran.err.contains("in.csv:2: invalid_syntax"), "{}", ran.err);
}

#[test]
fn rejects_of_csv_may_be_json() {
    let folder = folder(&[("in.csv", CSV.replace("60.5", "-60.5").replace("r1,m1", "r1").as_bytes())]);
    let ran = simulate(folder.path(), "in.csv", "--rejects bad.ndjson");
    assert_eq!(ran.status, 1, "{}", ran.err);
    insta::assert_snapshot!("rejects_as_json", fs::read_to_string(folder.path().join("bad.ndjson")).unwrap());
}

#[test]
fn standard_input_has_the_format_that_is_named() {
    use std::io::Write;
    use std::process::Stdio;
    let folder = folder(&[("in.csv", CSV.as_bytes()), ("in.dat", NDJSON.as_bytes())]);
    let due = simulate(folder.path(), "in.csv", "").out;
    for (from, text) in [("csv", CSV), ("ndjson", NDJSON)] {
        let mut command = command(folder.path(), &format!("simulate --rules rules --transactions - --from {from}"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), due, "{from}");
    }
    assert_eq!(simulate(folder.path(), "in.dat", "--from ndjson").out, due);
    for (transactions, more, said) in [
        ("-", "", "standard input has no ending"),
        ("-", "--from parquet", "cannot come through standard input"),
        ("in.dat", "", "in.dat: a file ending in `.csv`, `.parquet`, `.ndjson` or `.jsonl` is due here"),
        ("in.csv", "--output out.xlsx", "out.xlsx: a file ending in"),
        ("in.dat", "--from ndjson --rejects bad.csv", "bad.csv: a file ending in `.ndjson` keeps these rows"),
        ("in.csv", "--rejects bad.parquet", "bad.parquet: a file ending in `.csv` or `.ndjson` keeps these rows"),
        ("rules", "--from csv", "rules is a folder"),
    ] {
        let ran = simulate(folder.path(), transactions, more);
        assert!(ran.status == 2 && ran.err.contains(said), "{transactions} {more}: {ran:?}");
    }
}

#[cfg(not(feature = "parquet"))]
#[test]
fn without_parquet_its_files_are_told_so() {
    let folder = folder(&[("in.csv", CSV.as_bytes()), ("in.parquet", b"PAR1")]);
    for ran in [simulate(folder.path(), "in.parquet", ""), simulate(folder.path(), "in.csv", "--output out.parquet")] {
        assert!(ran.status == 2 && ran.err.contains("was built without Parquet"), "{ran:?}");
    }
}

#[cfg(feature = "parquet")]
mod parquet_file {
    use std::fs;
    use std::sync::Arc;

    use arrow_array::builder::{ListBuilder, StringBuilder};
    use arrow_array::types::Int8Type;
    use arrow_array::{
        Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array, Int64Array,
        ListArray, RecordBatch, StringArray, StringViewArray, StructArray, TimestampMillisecondArray,
    };
    use arrow_buffer::OffsetBuffer;
    use arrow_schema::{DataType, Field};
    use parquet::arrow::ArrowWriter;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::{CSV, folder, simulate};

    type Columns = Vec<(&'static str, ArrayRef)>;

    fn file(columns: Columns) -> Vec<u8> {
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.into_inner().unwrap()
    }

    fn decimals(values: Vec<Option<i128>>, precision: u8, scale: i8) -> ArrayRef {
        Arc::new(Decimal128Array::from(values).with_precision_and_scale(precision, scale).unwrap())
    }

    fn items() -> ArrayRef {
        let texts = |text: &str| Arc::new(StringArray::from(vec![text])) as ArrayRef;
        let fields = [
            ("sku", texts("milk")),
            ("category", texts("dairy")),
            ("quantity", Arc::new(Int64Array::from(vec![2]))),
            ("amount", decimals(vec![Some(4000)], 18, 2)),
        ];
        let fields = fields.map(|(name, array)| (Arc::new(Field::new(name, array.data_type().clone(), true)), array));
        let lines: StructArray = fields.to_vec().into();
        let field = Arc::new(Field::new("item", lines.data_type().clone(), true));
        let offsets = OffsetBuffer::from_lengths([1, 0, 0, 0, 0, 0, 0]);
        let valid = [true, false, false, false, false, false, true];
        Arc::new(ListArray::try_new(field, offsets, Arc::new(lines), Some(valid.to_vec().into())).unwrap())
    }

    fn segments() -> ArrayRef {
        let mut builder = ListBuilder::new(StringBuilder::new());
        builder.append_value(["new", "foodies"].map(Some));
        (1..7).for_each(|_| builder.append_null());
        Arc::new(builder.finish())
    }

    /// The rows of the CSV file, each column with a type that a column may have.
    fn columns() -> Columns {
        let n = None;
        let ids: DictionaryArray<Int8Type> = ["m1", "7", "m1", "m1", "7", "m1", "m1"].into_iter().collect();
        let currency = [Some("USD"), Some("USD"), Some("USD"), Some("USD"), Some("USD"), None, Some("USD")];
        let at =
            [1772377200000, 1772379000000, 1772463600250, 1772463600250, 1772550000000, 1772636400000, 1772722800000];
        let amounts = [10000, 6050, 8000, 8000, 1001, 4000, 1234567890123456].map(|a: i128| Some(a * 100));
        vec![
            ("transaction_id", Arc::new(StringViewArray::from(vec!["t1", "t2", "t3", "t3", "t4", "r1", "t5"]))),
            ("user_id", Arc::new(ids)),
            ("amount", decimals(amounts.to_vec(), 30, 4)),
            ("currency", Arc::new(StringArray::from(currency.to_vec()))),
            ("occurred_at", Arc::new(TimestampMillisecondArray::from(at.to_vec()).with_timezone("America/New_York"))),
            ("category", Arc::new(StringArray::from(vec![Some("food"), n, n, n, n, n, n]))),
            ("mcc", Arc::new(StringArray::from(vec![Some("0742"), n, n, n, n, n, n]))),
            ("type", Arc::new(StringArray::from(vec![n, Some("purchase"), n, n, n, Some("refund"), n]))),
            ("original_transaction_id", Arc::new(StringArray::from(vec![n, n, n, n, n, Some("t3"), n]))),
            ("items", items()),
            ("tx.floor", Arc::new(Int64Array::from(vec![None, Some(2), None, None, Some(1), None, None]))),
            ("tx.weight", decimals(vec![None, Some(15), None, None, Some(15), None, None], 5, 1)),
            (
                "tx.gift",
                Arc::new(BooleanArray::from(vec![None, None, Some(true), Some(true), Some(false), None, None])),
            ),
            ("tx.ordered", Arc::new(Date32Array::from(vec![None, None, None, None, Some(20512), None, None]))),
            ("tx.door", Arc::new(StringArray::from(vec![n, n, n, n, Some("north"), n, n]))),
            ("member.segments", segments()),
            (
                "member.staff",
                Arc::new(BooleanArray::from(vec![Some(true), None, Some(false), Some(false), None, None, None])),
            ),
        ]
    }

    pub(super) fn purchases() -> Vec<u8> {
        file(columns())
    }

    fn with(name: &'static str, array: ArrayRef) -> Vec<u8> {
        let mut columns = columns();
        columns.retain(|(n, _)| *n != name);
        columns.push((name, array));
        file(columns)
    }

    #[test]
    fn a_column_of_the_wrong_type_is_told_with_what_would_be_right() {
        let local = |at: i64| Arc::new(TimestampMillisecondArray::from(vec![at; 7])) as ArrayRef;
        let sevens: ArrayRef = Arc::new(Int64Array::from(vec![7; 7]));
        let floats: ArrayRef = Arc::new(Float64Array::from(vec![1.5; 7]));
        for (file, status, said) in [
            (with("amount", floats.clone()), 1, "error: in.parquet: wrong_type: amount: this column is Float64"),
            (with("amount", floats.clone()), 1, "`pl.col(\"amount\").cast(pl.Decimal(18, 2))` in polars"),
            (with("tx.weight", floats), 1, "tx.weight: this column is Float64"),
            (with("categry", sevens.clone()), 1, "error: in.parquet: unknown_fact: there is no column `categry`; did"),
            (with("mcc", sevens.clone()), 1, "in.parquet: row 1: wrong_type: mcc: a text is due here"),
            (with("occurred_at", sevens), 1, "in.parquet: row 1: wrong_type: occurred_at: an instant is due here"),
            (with("occurred_at", local(1772377200000)), 1, "in.parquet: row 1: missing_offset: occurred_at: "),
            (with("amount", decimals(vec![Some(10_i128.pow(36)); 7], 38, 2)), 1, "row 1: amount_too_large"),
        ] {
            let folder = folder(&[("in.parquet", &file)]);
            let ran = simulate(folder.path(), "in.parquet", "");
            assert_eq!(ran.status, status, "{said}: {}", ran.err);
            assert!(ran.err.contains(said), "{said}: {}", ran.err);
        }
    }

    #[test]
    fn a_timestamp_without_a_zone_is_local_to_the_program_where_that_is_asked_for() {
        // 02:30 never comes on 8 March 2026 in New York.
        for (local, status) in [(1772359200000_i64, 0), (1772937000000, 1)] {
            let one = columns().into_iter().map(|(name, array)| match name {
                "occurred_at" => (name, Arc::new(TimestampMillisecondArray::from(vec![local])) as ArrayRef),
                _ => (name, array.slice(0, 1)),
            });
            let folder = folder(&[("in.parquet", &file(one.collect()))]);
            let ran = simulate(folder.path(), "in.parquet", "--assume-timezone program");
            assert_eq!(ran.status, status, "{}", ran.err);
            assert_eq!(
                ran.err.contains("2026-03-08 02:30:00 never comes in America/New_York"),
                status == 1,
                "{}",
                ran.err
            );
        }
    }

    #[test]
    fn rejects_keep_the_rows_of_parquet() {
        let folder = folder(&[("in.parquet", &with("mcc", Arc::new(Int64Array::from(vec![7; 7]))))]);
        let ran = simulate(folder.path(), "in.parquet", "--rejects bad.ndjson");
        assert_eq!(ran.status, 1);
        let rejects = fs::read_to_string(folder.path().join("bad.ndjson")).unwrap();
        insta::assert_snapshot!("rejects_of_parquet", rejects.lines().next().unwrap());
    }

    #[test]
    fn the_answer_has_decimals_of_the_currency() {
        let folder = folder(&[("in.csv", CSV.as_bytes())]);
        let at = folder.path();
        let due = simulate(at, "in.csv", "").out;
        let ran = simulate(at, "in.csv", "--output out.parquet");
        assert_eq!(ran.status, 0, "{}", ran.err);
        let file = fs::File::open(at.join("out.parquet")).unwrap();
        let batches = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
        let mut lines = due.lines();
        let head: Vec<&str> = lines.next().unwrap().split(',').collect();
        let mut rows = 0;
        for batch in batches {
            let batch = batch.unwrap();
            let names: Vec<&str> = batch.schema_ref().fields().iter().map(|f| f.name().as_str()).collect();
            assert_eq!(names, head);
            assert_eq!(batch.schema_ref().field(5).data_type(), &DataType::Decimal128(19, 2));
            for (row, line) in (0..batch.num_rows()).zip(lines.by_ref()) {
                let cells = batch.columns().iter().map(|array| match array.data_type() {
                    DataType::Utf8 => array.as_any().downcast_ref::<StringArray>().unwrap().value(row).to_owned(),
                    _ => array.as_any().downcast_ref::<Decimal128Array>().unwrap().value_as_string(row),
                });
                assert_eq!(cells.collect::<Vec<_>>().join(","), line);
                rows += 1;
            }
        }
        assert_eq!(rows, due.lines().count() - 1);
    }

    #[test]
    fn a_damaged_file_cannot_be_read_and_stops_nothing_else() {
        let whole = purchases();
        let folder = folder(&[]);
        let at = folder.path();
        let cut = |from: usize| whole[..from].to_vec();
        let mut wrong_magic = whole.clone();
        wrong_magic[whole.len() - 4..].copy_from_slice(b"PAR2");
        for (name, bytes) in [
            ("empty", Vec::new()),
            ("text", b"transaction_id,user_id\n".to_vec()),
            ("half", cut(whole.len() / 2)),
            ("almost", cut(whole.len() - 1)),
            ("magic", wrong_magic),
        ] {
            fs::write(at.join("in.parquet"), bytes).unwrap();
            let ran = simulate(at, "in.parquet", "--output out.csv");
            assert_eq!(ran.status, 2, "{name}: {}", ran.err);
            assert!(ran.err.starts_with("error: in.parquet cannot be read: "), "{name}: {}", ran.err);
            assert!(!at.join("out.csv").exists());
        }
        // One byte after the other is another one: whatever comes of it, the command says how it ended.
        for place in (0..whole.len()).step_by(whole.len() / 60) {
            let mut bytes = whole.clone();
            bytes[place] ^= 0x55;
            fs::write(at.join("in.parquet"), bytes).unwrap();
            let ran = simulate(at, "in.parquet", "");
            assert!([0, 1, 2].contains(&ran.status), "byte {place}: {ran:?}");
            assert!(!ran.err.contains("panicked"), "byte {place}: {}", ran.err);
        }
    }
}
