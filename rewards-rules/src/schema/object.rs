//! What the engine writes: one table an object, which writes it and tells its schema.

use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Value as Json, json};

use super::{Definitions, date, decimal_text, id, instant, or_null};

/// An object that the engine writes.
#[derive(Debug)]
pub(crate) struct Object {
    /// Its name among the definitions.
    pub(crate) name: &'static str,
    /// What it is, in plain words.
    pub(crate) about: &'static str,
    /// Its fields, in the order in which they are written.
    pub(crate) fields: &'static [Field],
}

/// A field of an object.
#[derive(Debug)]
pub(crate) struct Field {
    /// As it is written.
    pub(crate) name: &'static str,
    /// Whether it is always there.
    pub(crate) presence: Presence,
    /// What stands there.
    pub(crate) shape: Shape,
    /// What it says, in plain words.
    pub(crate) about: &'static str,
}

/// Whether a field is always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Always.
    Always,
    /// Always, but maybe `null`.
    Nullable,
    /// Left out where there is nothing to say.
    Maybe,
}

/// What a field holds.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Any text.
    Text,
    /// An id of a transaction.
    Id,
    /// A decimal as text.
    Decimal,
    /// A local date.
    Date,
    /// An instant in UTC.
    Instant,
    /// A whole number from 1 on, as a JSON number: a line or a column.
    Position,
    /// A whole number from 0 on, as a JSON number.
    Count,
    /// Texts.
    Texts,
    /// One of some words.
    Words(fn() -> Vec<&'static str>),
    /// An object.
    Object(&'static Object),
    /// Objects.
    List(&'static Object),
}

/// Writes a value as its text.
pub(crate) struct Display<T>(pub(crate) T);

impl<T: std::fmt::Display> Serialize for Display<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0)
    }
}

/// The table of an object, and from the same lines how it is written. Each line: the field, its presence, its shape,
/// what it says, and the value; of a field that may be left out, an `Option`.
macro_rules! written {
    (
        $(#[doc = $about:literal])+
        $vis:vis static $table:ident: $type:ty as $name:literal, $it:ident {
            $($field:literal $presence:ident $shape:expr, $says:literal => $value:expr;)+
        }
    ) => {
        $(#[doc = $about])+
        $vis static $table: $crate::schema::Object = $crate::schema::Object {
            name: $name,
            about: concat!($($about),+),
            fields: &[$($crate::schema::Field {
                name: $field,
                presence: $crate::schema::Presence::$presence,
                shape: $shape,
                about: $says,
            }),+],
        };

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap as _;
                let $it = self;
                let mut map = serializer.serialize_map(None)?;
                $($crate::schema::written!(@$presence map, $field, $value);)+
                map.end()
            }
        }
    };
    (@Always $map:ident, $field:literal, $value:expr) => { $map.serialize_entry($field, &$value)? };
    (@Nullable $map:ident, $field:literal, $value:expr) => { $map.serialize_entry($field, &$value)? };
    (@Maybe $map:ident, $field:literal, $value:expr) => {
        if let Some(value) = $value {
            $map.serialize_entry($field, &value)?;
        }
    };
}
pub(crate) use written;

/// Adds an object and those below it.
pub(super) fn define(object: &'static Object, into: &mut Definitions) {
    if !into.opens(object.name) {
        return;
    }
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in object.fields {
        let mut property = shape(&field.shape, into);
        if field.presence == Presence::Nullable {
            property = or_null(property);
        }
        if let Some(property) = property.as_object_mut() {
            property.insert("description".to_owned(), json!(field.about.trim()));
        }
        if field.presence != Presence::Maybe {
            required.push(field.name);
        }
        properties.insert(field.name.to_owned(), property);
    }
    let definition = json!({
        "description": object.about.trim(),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    into.by_name.insert(object.name, definition);
}

fn shape(shape: &Shape, into: &mut Definitions) -> Json {
    match shape {
        Shape::Text => json!({"type": "string"}),
        Shape::Id => into.plain("Id", id),
        Shape::Decimal => into.plain("DecimalText", decimal_text),
        Shape::Date => into.plain("Date", date),
        Shape::Instant => into.plain("Instant", instant),
        Shape::Position => json!({"type": "integer", "minimum": 1}),
        Shape::Count => json!({"type": "integer", "minimum": 0}),
        Shape::Texts => json!({"type": "array", "items": {"type": "string"}}),
        Shape::Words(words) => json!({"type": "string", "enum": words()}),
        Shape::Object(object) => {
            define(object, into);
            into.refer(object.name)
        }
        Shape::List(object) => {
            define(object, into);
            json!({"type": "array", "items": into.refer(object.name)})
        }
    }
}
