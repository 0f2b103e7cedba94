#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]

use std::sync::Arc;

use arrow_array::builder::{
    Int64Builder, LargeListBuilder, ListBuilder, StringBuilder, StringDictionaryBuilder, StringViewBuilder,
    StructBuilder,
};
use arrow_array::types::{Int32Type, UInt8Type};
use arrow_array::{
    Array as _, ArrayRef, BinaryArray, BooleanArray, Date32Array, Date64Array, Decimal32Array, Decimal64Array,
    Decimal128Array, Decimal256Array, DictionaryArray, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array,
    Int64Array, LargeStringArray, ListArray, NullArray, RecordBatch, StringArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt8Array, UInt16Array, UInt32Array,
    UInt64Array,
};
use arrow_ipc::writer::{DictionaryHandling, FileWriter, IpcWriteOptions, StreamWriter};
use arrow_schema::{DataType, Field, Fields, Schema};

use super::*;

fn refs(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields: Vec<Field> = columns.iter().map(|(name, c)| Field::new(*name, c.data_type().clone(), true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(_, c)| c).collect()).unwrap()
}

fn stream_of(batches: &[RecordBatch]) -> Vec<u8> {
    let mut writer = StreamWriter::try_new(Vec::new(), batches[0].schema_ref()).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

fn file_of(batches: &[RecordBatch], options: IpcWriteOptions) -> Vec<u8> {
    let mut writer = FileWriter::try_new_with_options(Vec::new(), batches[0].schema_ref(), options).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

/// Three rows of every type that can be read; something, nothing, something at an edge.
fn all_types() -> RecordBatch {
    let mut words: StringDictionaryBuilder<UInt8Type> = StringDictionaryBuilder::new();
    words.append_value("a");
    words.append_null();
    words.append_value("b\u{e9}");
    let mut views = StringViewBuilder::new();
    views.append_value("short");
    views.append_null();
    views.append_value("a text of more than twelve bytes \u{1f381}");
    let mut texts = ListBuilder::new(StringBuilder::new());
    texts.append_value([Some("x"), Some("y")]);
    texts.append_null();
    texts.append_value(Vec::<Option<&str>>::new());
    let line =
        Fields::from(vec![Field::new("sku", DataType::Utf8, true), Field::new("quantity", DataType::Int64, true)]);
    let builders: Vec<Box<dyn arrow_array::builder::ArrayBuilder>> =
        vec![Box::new(StringBuilder::new()), Box::new(Int64Builder::new())];
    let mut lines = LargeListBuilder::new(StructBuilder::new(line, builders));
    for count in [2_i64, 0, 1] {
        for number in 0..count {
            lines.values().field_builder::<StringBuilder>(0).unwrap().append_value(format!("sku-{number}"));
            lines.values().field_builder::<Int64Builder>(1).unwrap().append_option((number > 0).then_some(number));
            lines.values().append(true);
        }
        lines.append(count > 0);
    }
    let decimal = |scale| {
        Decimal128Array::from(vec![Some(-12345), None, Some(i128::from(i64::MAX))])
            .with_precision_and_scale(38, scale)
            .unwrap()
    };
    let wide = [Some(arrow_i256(-5)), None, Some(arrow_i256(i128::MAX))];
    refs(vec![
        ("nothing", Arc::new(NullArray::new(3))),
        ("boolean", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]))),
        ("i8", Arc::new(Int8Array::from(vec![Some(-8), None, Some(i8::MAX)]))),
        ("i16", Arc::new(Int16Array::from(vec![Some(-16), None, Some(i16::MAX)]))),
        ("i32", Arc::new(Int32Array::from(vec![Some(-32), None, Some(i32::MAX)]))),
        ("i64", Arc::new(Int64Array::from(vec![Some(-64), None, Some(i64::MAX)]))),
        ("u8", Arc::new(UInt8Array::from(vec![Some(8), None, Some(u8::MAX)]))),
        ("u16", Arc::new(UInt16Array::from(vec![Some(16), None, Some(u16::MAX)]))),
        ("u32", Arc::new(UInt32Array::from(vec![Some(32), None, Some(u32::MAX)]))),
        ("u64", Arc::new(UInt64Array::from(vec![Some(64), None, Some(u64::MAX)]))),
        (
            "d32",
            Arc::new(
                Decimal32Array::from(vec![Some(-125), None, Some(i32::MAX)]).with_precision_and_scale(9, 2).unwrap(),
            ),
        ),
        (
            "d64",
            Arc::new(
                Decimal64Array::from(vec![Some(-125), None, Some(i64::MAX)]).with_precision_and_scale(18, 4).unwrap(),
            ),
        ),
        ("d128", Arc::new(decimal(2))),
        ("d128 above", Arc::new(decimal(-3))),
        ("d128 fine", Arc::new(decimal(38))),
        ("d256", Arc::new(Decimal256Array::from(wide.to_vec()).with_precision_and_scale(76, 3).unwrap())),
        ("date32", Arc::new(Date32Array::from(vec![Some(-1), None, Some(i32::MAX)]))),
        ("date64", Arc::new(Date64Array::from(vec![Some(-86_400_000), None, Some(1_700_000_000_000)]))),
        ("s", Arc::new(TimestampSecondArray::from(vec![Some(-1), None, Some(i64::MAX)]).with_timezone("UTC"))),
        ("ms", Arc::new(TimestampMillisecondArray::from(vec![Some(-1), None, Some(1_700_000_000_123)]))),
        (
            "us",
            Arc::new(
                TimestampMicrosecondArray::from(vec![Some(1), None, Some(i64::MIN)]).with_timezone("America/New_York"),
            ),
        ),
        ("ns", Arc::new(TimestampNanosecondArray::from(vec![Some(1), None, Some(i64::MAX)]).with_timezone("+00:00"))),
        ("text", Arc::new(StringArray::from(vec![Some(""), None, Some("\u{1f381}")]))),
        ("large", Arc::new(LargeStringArray::from(vec![Some("a"), None, Some("b")]))),
        ("view", Arc::new(views.finish())),
        ("word", Arc::new(words.finish())),
        ("texts", Arc::new(texts.finish())),
        ("lines", Arc::new(lines.finish())),
    ])
}

fn arrow_i256(number: i128) -> <arrow_array::types::Decimal256Type as arrow_array::types::ArrowPrimitiveType>::Native {
    <arrow_array::types::Decimal256Type as arrow_array::types::ArrowPrimitiveType>::Native::from_i128(number)
}

/// Reads every cell there is.
fn walk(arrow: &Arrow) -> usize {
    let mut found = 0;
    for row in 0..arrow.rows().min(1000) {
        found += (0..arrow.header.len()).filter(|column| !arrow.cell(row, *column).is_absent()).count();
    }
    found
}

#[test]
fn every_type_reads_as_the_engine_reads_it() {
    let batch = all_types();
    let due = rewards_rules::simulate::arrow::Batch::new(&batch).unwrap();
    let sliced = [batch.slice(0, 1), batch.slice(1, 2)];
    for (name, bytes) in [
        ("a stream", stream_of(std::slice::from_ref(&batch))),
        ("a stream of two", stream_of(&sliced)),
        ("a file", file_of(std::slice::from_ref(&batch), IpcWriteOptions::default())),
    ] {
        let read = Arrow::read(bytes).unwrap();
        assert_eq!(read.rows(), 3, "{name}");
        for (column, field) in batch.schema().fields().iter().enumerate() {
            assert_eq!(&read.header[column], field.name());
            for row in 0..3 {
                assert_eq!(read.cell(row, column), due.cell(column, row), "{name}: {} in row {row}", field.name());
            }
        }
        assert_eq!((read.cell(3, 1), read.cell(0, 99)), (Cell::Absent, Cell::Absent), "{name}");
    }
}

#[test]
fn a_dictionary_may_be_replaced_and_grow() {
    let words = |texts: &[&str]| {
        refs(vec![("word", Arc::new(texts.iter().copied().collect::<DictionaryArray<Int32Type>>()) as ArrayRef)])
    };
    let texts =
        |arrow: &Arrow| (0..arrow.rows()).map(|row| format!("{:?}", arrow.cell(row, 0))).collect::<Vec<_>>().join(" ");
    let replaced = Arrow::read(stream_of(&[words(&["a", "b"]), words(&["c"])])).unwrap();
    assert_eq!(texts(&replaced), r#"Text("a") Text("b") Text("c")"#);
    let grown = [words(&["a", "b"]), words(&["a", "b", "c", "a"])];
    let options = IpcWriteOptions::default().with_dictionary_handling(DictionaryHandling::Delta);
    let grown = Arrow::read(file_of(&grown, options)).unwrap();
    assert_eq!(texts(&grown), r#"Text("a") Text("b") Text("a") Text("b") Text("c") Text("a")"#);
}

#[test]
fn a_type_that_no_column_can_have_is_told_with_its_column() {
    for (column, code, says) in [
        (
            Arc::new(Float64Array::from(vec![1.5])) as ArrayRef,
            "wrong_type",
            "this column is Float64, and cents do not survive",
        ),
        (Arc::new(Float32Array::from(vec![1.5])), "wrong_type", "this column is Float32"),
        (Arc::new(BinaryArray::from(vec![&b"a"[..]])), "wrong_type", "this column is Binary; texts, integers"),
        (
            Arc::new(ListArray::from_iter_primitive::<arrow_array::types::Float64Type, _, _>([Some([Some(1.0)])])),
            "wrong_type",
            "Float64",
        ),
    ] {
        let batch = refs(vec![("id", Arc::new(StringArray::from(vec!["t"])) as ArrayRef), ("amount", column)]);
        for bytes in [stream_of(std::slice::from_ref(&batch)), file_of(&[batch], IpcWriteOptions::default())] {
            let error = Arrow::read(bytes).unwrap_err();
            assert_eq!((error.code.as_str(), error.path.as_str()), (code, "amount"));
            assert!(error.message.contains(says), "{}", error.message);
        }
    }
}

#[test]
fn what_is_cut_off_or_no_arrow_is_an_error() {
    let batch = all_types();
    let stream = stream_of(&[batch.slice(0, 2), batch.slice(2, 1)]);
    let whole = Arrow::read(stream.clone()).unwrap();
    let mut whole_batches = Vec::new();
    for end in 0..stream.len() {
        match Arrow::read(stream[..end].to_vec()) {
            // A stream without its last words is one as well, if a batch ends there.
            Ok(read) => whole_batches.push((end, read.rows())),
            Err(error) => assert_eq!(error.code.as_str(), "invalid_syntax", "{end}: {}", error.message),
        }
    }
    assert!(whole_batches.iter().all(|(_, rows)| *rows <= whole.rows()));
    assert!(whole_batches.len() <= 5, "{whole_batches:?}");
    let file = file_of(&[batch], IpcWriteOptions::default());
    for end in 0..file.len() {
        let error = Arrow::read(file[..end].to_vec()).unwrap_err();
        assert_eq!(error.code.as_str(), "invalid_syntax", "{end}: {}", error.message);
    }
    for bytes in
        [&b""[..], b"[]", b"ARROW1", b"\xff\xff\xff\xff", b"\xff\xff\xff\xff\0\0\0\0", b"ARROW1\0\0ARROW1", b"PAR1"]
    {
        assert_eq!(Arrow::read(bytes.to_vec()).unwrap_err().code.as_str(), "invalid_syntax", "{bytes:?}");
    }
    let more = [stream.as_slice(), stream.as_slice()].concat();
    let error = Arrow::read(more).unwrap_err();
    assert_eq!(
        (error.path.as_str(), error.message.as_str()),
        ("[3]", "the Arrow table is damaged: something stands behind its end")
    );
}

/// A bit of each byte of a stream and of a file is turned over, and runs of bytes become ones and zeros. What comes of it is an
/// error or a table with other values; it is never a panic, and never takes long.
#[test]
fn no_damage_stops_the_reader() {
    let batch = all_types();
    let (mut errors, mut longest) = (0, std::time::Duration::ZERO);
    let mut read = |bytes: Vec<u8>| {
        let begun = std::time::Instant::now();
        match Arrow::read(bytes) {
            Ok(arrow) => drop(walk(&arrow)),
            Err(error) => {
                assert!(matches!(error.code, ErrorCode::InvalidSyntax | ErrorCode::WrongType), "{error:?}");
                errors += 1;
            }
        }
        longest = longest.max(begun.elapsed());
    };
    for bytes in [
        stream_of(&[batch.clone(), batch.slice(1, 2)]),
        file_of(std::slice::from_ref(&batch), IpcWriteOptions::default()),
    ] {
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << (at % 8);
            read(damaged);
            if at % 4 == 0 {
                for filler in [0, 0x7f, 0xff] {
                    let mut damaged = bytes.clone();
                    let end = (at + 8).min(bytes.len());
                    damaged[at..end].fill(filler);
                    read(damaged);
                }
            }
        }
    }
    assert!(errors > 1000, "{errors} errors");
    assert!(longest < std::time::Duration::from_secs(1), "{longest:?}");
}

#[test]
fn compression_is_told() {
    // Of pyarrow, since the writer here has no codecs.
    let error = Arrow::read(include_bytes!("../../test/arrow/compressed.arrow").to_vec()).unwrap_err();
    assert_eq!((error.code.as_str(), error.path.as_str()), ("wrong_type", "[0]"));
    assert!(error.message.contains("compressed with LZ4"), "{}", error.message);
}
