//! The columns of an Arrow table: their names, and the types that rows of purchases can have.

use std::collections::HashMap;

use rewards_rules::input::{ErrorCode, InputError};

use super::flat::Table;
use super::{Damage, damaged};

/// Lists of lines are three deep.
const MAX_DEPTH: usize = 8;

/// More fields than any table of purchases has.
const MAX_FIELDS: usize = 10_000;

/// A column, or a part of a nested one.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) ty: Type,
}

/// Types that can be read. Widths are of one value, in bytes.
#[derive(Debug, Clone)]
pub(super) enum Type {
    Nothing,
    Boolean,
    Whole(Whole),
    Decimal {
        width: usize,
        scale: i8,
    },
    Date {
        milliseconds: bool,
    },
    Timestamp {
        unit: Unit,
        zone: bool,
    },
    Text {
        wide: bool,
    },
    View,
    /// Places in the texts of this number.
    Dictionary(i64, Whole),
    List {
        wide: bool,
        item: Box<Field>,
    },
    Struct(Vec<Field>),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Whole {
    pub(super) width: usize,
    pub(super) signed: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Unit {
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
}

/// The columns, and the type of the texts of each dictionary.
#[derive(Debug, Default)]
pub(super) struct Schema {
    pub(super) fields: Vec<Field>,
    pub(super) dictionaries: HashMap<i64, Type>,
}

impl Schema {
    pub(super) fn read(table: Table<'_>) -> Result<Schema, Damage> {
        if table.i16(0, 0)? != 0 {
            return Err(InputError::new(
                ErrorCode::WrongType,
                "",
                "the Arrow table is big-endian; only little-endian is read",
            ));
        }
        let mut schema = Schema::default();
        let mut left = MAX_FIELDS;
        for field in table.tables(1)? {
            let name = field.text(0)?.to_owned();
            let ty = schema.field(&name, field, 0, &mut left)?;
            schema.fields.push(Field { name, ty });
        }
        Ok(schema)
    }

    /// The type of a column, or of a part of the column of this name.
    fn field(&mut self, column: &str, field: Table<'_>, depth: usize, left: &mut usize) -> Result<Type, Damage> {
        *left = left.checked_sub(1).ok_or_else(|| damaged("it has too many columns"))?;
        if depth > MAX_DEPTH {
            return Err(damaged("a column is nested too deeply"));
        }
        let refuse = |why: String| Err(InputError::new(ErrorCode::WrongType, column, why));
        let number = field.byte(2)?;
        let details = field.table(3)?.ok_or_else(|| damaged("a column has no type"))?;
        if let Some(dictionary) = field.table(4)? {
            let Some(texts) = texts(number) else {
                let name = name(number, details)?;
                return refuse(format!(
                    "this column is a dictionary of {name}; of dictionaries only those of texts can be read"
                ));
            };
            let id = dictionary.i64(0)?;
            self.dictionaries.insert(id, texts);
            let keys = dictionary.table(1)?.map_or(Ok(Whole { width: 4, signed: true }), whole)?;
            return Ok(Type::Dictionary(id, keys));
        }
        let children = field.tables(5)?;
        Ok(match number {
            1 => Type::Nothing,
            2 => Type::Whole(whole(details)?),
            3 => {
                let name = name(number, details)?;
                return refuse(format!(
                    "this column is {name}, and cents do not survive in binary floating point; convert it where it is \
                     made: `pl.col(\"{column}\").cast(pl.Decimal(18, 2))` in polars, `.cast(pyarrow.decimal128(18, 2))` \
                     in pyarrow, `CAST({column} AS DECIMAL(18, 2))` in SQL"
                ));
            }
            6 => Type::Boolean,
            7 => {
                let scale = i8::try_from(details.i32(1, 0)?).map_err(|_| damaged("a decimal has too many decimals"))?;
                Type::Decimal { width: width(details.i32(2, 128)?, &[32, 64, 128, 256])?, scale }
            }
            8 => Type::Date { milliseconds: details.i16(0, 1)? != 0 },
            10 => {
                let unit = match details.i16(0, 0)? {
                    0 => Unit::Second,
                    1 => Unit::Millisecond,
                    2 => Unit::Microsecond,
                    3 => Unit::Nanosecond,
                    _ => return Err(damaged("a timestamp has no unit")),
                };
                Type::Timestamp { unit, zone: !details.text(1)?.is_empty() }
            }
            12 | 21 => {
                let [item] = children.as_slice() else { return Err(damaged("a list has no items")) };
                let ty = self.field(column, *item, depth.saturating_add(1), left)?;
                Type::List { wide: number == 21, item: Box::new(Field { name: item.text(0)?.to_owned(), ty }) }
            }
            13 => {
                let mut fields = Vec::new();
                for child in children {
                    let ty = self.field(column, child, depth.saturating_add(1), left)?;
                    fields.push(Field { name: child.text(0)?.to_owned(), ty });
                }
                Type::Struct(fields)
            }
            _ => match texts(number) {
                Some(texts) => texts,
                None => {
                    let name = name(number, details)?;
                    return refuse(format!(
                        "this column is {name}; texts, integers, decimals, booleans, dates, timestamps, and lists of \
                         texts or of lines can be read"
                    ));
                }
            },
        })
    }
}

fn texts(number: u8) -> Option<Type> {
    match number {
        5 => Some(Type::Text { wide: false }),
        20 => Some(Type::Text { wide: true }),
        24 => Some(Type::View),
        _ => None,
    }
}

fn whole(details: Table<'_>) -> Result<Whole, Damage> {
    Ok(Whole { width: width(details.i32(0, 0)?, &[8, 16, 32, 64])?, signed: details.byte(1)? != 0 })
}

/// Bytes of so many bits, if they are among those that there can be.
fn width(bits: i32, known: &[i32]) -> Result<usize, Damage> {
    let bytes = known.contains(&bits).then(|| bits.unsigned_abs() / 8).and_then(|bytes| usize::try_from(bytes).ok());
    bytes.ok_or_else(|| damaged("a number has a width that there is not"))
}

/// How Arrow calls a type.
fn name(number: u8, details: Table<'_>) -> Result<&'static str, Damage> {
    Ok(match number {
        1 => "Null",
        2 => "an integer",
        3 => match details.i16(0, 0)? {
            0 => "Float16",
            1 => "Float32",
            _ => "Float64",
        },
        4 => "Binary",
        6 => "Boolean",
        7 => "Decimal",
        8 => "Date",
        9 => "Time",
        10 => "Timestamp",
        11 => "Interval",
        12 => "List",
        13 => "Struct",
        14 => "Union",
        15 => "FixedSizeBinary",
        16 => "FixedSizeList",
        17 => "Map",
        18 => "Duration",
        19 => "LargeBinary",
        21 => "LargeList",
        22 => "RunEndEncoded",
        23 => "BinaryView",
        25 => "ListView",
        26 => "LargeListView",
        _ => return Err(damaged("a column has a type that there is not")),
    })
}
