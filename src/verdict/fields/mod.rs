// SPDX-License-Identifier: GPL-2.0-or-later

//! The fields `rst.…` of the public contract. [`TABLE`] has one row for each;
//! Wireshark's registration and tree, the replay path, the tests and the
//! documentation are made from it.

mod table;

pub(crate) use table::TABLE;

use std::{borrow::Cow, ffi::CStr, sync::LazyLock, time::Duration};

use super::{Followup, Forgotten, Verdict};
use crate::wire::{FrameNumber, numbering::shown};

/// One field: what it is called, what it means, and where its value comes from.
#[derive(Debug)]
pub struct Field {
    /// Filter name, never renamed: "rst.ttl".
    pub filter: &'static CStr,
    /// Label in the tree: "TTL".
    pub name: &'static CStr,
    /// What it means, in one line.
    pub about: &'static CStr,
    /// How its numbers are shown.
    pub(crate) format: Format,
    /// All tokens that it may say, where it is a field of tokens.
    pub tokens: Option<fn() -> Vec<&'static CStr>>,
    /// Where the documentation tells more, as Markdown.
    pub see: Option<&'static str>,
    /// Whether the line above it shows its value as well.
    pub(crate) in_label: bool,
    /// Fields of Wireshark whose bytes it is about: the innermost is marked.
    pub(crate) marks: &'static [&'static CStr],
    /// Fields that are shown below it.
    pub(crate) below: &'static [Self],
    source: Source,
}

/// Type of a field's values; the names are Wireshark's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// `FT_STRING`.
    String,
    /// `FT_BOOLEAN`.
    Boolean,
    /// `FT_UINT8`.
    Uint8,
    /// `FT_UINT16`.
    Uint16,
    /// `FT_UINT32`.
    Uint32,
    /// `FT_INT16`.
    Int16,
    /// `FT_INT32`.
    Int32,
    /// `FT_FRAMENUM`: a link to that frame.
    FrameNumber,
    /// `FT_RELATIVE_TIME`.
    RelativeTime,
}

impl FieldType {
    /// As `tshark -G fields` prints it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "FT_STRING",
            Self::Boolean => "FT_BOOLEAN",
            Self::Uint8 => "FT_UINT8",
            Self::Uint16 => "FT_UINT16",
            Self::Uint32 => "FT_UINT32",
            Self::Int16 => "FT_INT16",
            Self::Int32 => "FT_INT32",
            Self::FrameNumber => "FT_FRAMENUM",
            Self::RelativeTime => "FT_RELATIVE_TIME",
        }
    }
}

/// How a number is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Decimal.
    Decimal,
    /// Hexadecimal, in the width of its type.
    Hexadecimal,
    /// Decimal, with this unit behind it in the tree.
    Unit(&'static CStr),
}

/// A value; a number means what its field's type says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Of [`FieldType::String`].
    Text(Cow<'static, str>),
    /// Of every other type; a time in nanoseconds, a boolean as 0 or 1.
    Number(i64),
}

/// A line of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Index in [`all`].
    pub(crate) field: usize,
    /// Fields above it.
    pub(crate) depth: usize,
    /// What it says.
    pub(crate) value: Value,
}

/// What a frame is shown with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject<'a> {
    /// The verdict on its RST.
    Verdict(&'a Verdict),
    /// Its note about an earlier RST.
    Followup(Followup),
    /// What had to be forgotten; it has no fields.
    Forgotten(Forgotten),
}

/// How a value is got; `None` where the field is absent.
#[derive(Debug)]
enum Get<T> {
    /// A field of the verdict.
    One(fn(&Verdict) -> Option<T>),
    /// A repeated field of the verdict, or a field below one: the value at an
    /// index, from 0 on without a gap.
    Nth(fn(&Verdict, usize) -> Option<T>),
    /// A field of a note on a later frame.
    Note(fn(Followup) -> Option<T>),
}

impl<T> Get<T> {
    fn value(&self, subject: Subject<'_>, index: usize) -> Option<T> {
        match (self, subject) {
            (Self::One(get), Subject::Verdict(verdict)) => get(verdict),
            (Self::Nth(get), Subject::Verdict(verdict)) => get(verdict, index),
            (Self::Note(get), Subject::Followup(followup)) => get(followup),
            _ => None,
        }
    }

    const fn is_repeated(&self) -> bool {
        matches!(self, Self::Nth(_))
    }
}

/// Where the values come from, by type: a row whose type and value differ does
/// not compile.
#[derive(Debug)]
enum Source {
    /// Words for people, in which numbers may stand.
    Sentence(Get<String>),
    /// Other text that is no token, such as a name out of a packet.
    Text(Get<String>),
    Token(Get<&'static CStr>),
    Boolean(Get<bool>),
    Uint8(Get<u8>),
    Uint16(Get<u16>),
    Uint32(Get<u32>),
    Int16(Get<i16>),
    Int32(Get<i32>),
    Frame(Get<FrameNumber>),
    Time(Get<Duration>),
    /// Nanoseconds, negative where a clock runs behind.
    SignedTime(Get<i64>),
}

impl Source {
    const fn kind(&self) -> FieldType {
        match self {
            Self::Sentence(_) | Self::Text(_) | Self::Token(_) => FieldType::String,
            Self::Boolean(_) => FieldType::Boolean,
            Self::Uint8(_) => FieldType::Uint8,
            Self::Uint16(_) => FieldType::Uint16,
            Self::Uint32(_) => FieldType::Uint32,
            Self::Int16(_) => FieldType::Int16,
            Self::Int32(_) => FieldType::Int32,
            Self::Frame(_) => FieldType::FrameNumber,
            Self::Time(_) | Self::SignedTime(_) => FieldType::RelativeTime,
        }
    }

    const fn is_repeated(&self) -> bool {
        match self {
            Self::Sentence(get) | Self::Text(get) => get.is_repeated(),
            Self::Token(get) => get.is_repeated(),
            Self::Boolean(get) => get.is_repeated(),
            Self::Uint8(get) => get.is_repeated(),
            Self::Uint16(get) => get.is_repeated(),
            Self::Uint32(get) => get.is_repeated(),
            Self::Int16(get) => get.is_repeated(),
            Self::Int32(get) => get.is_repeated(),
            Self::Frame(get) => get.is_repeated(),
            Self::Time(get) => get.is_repeated(),
            Self::SignedTime(get) => get.is_repeated(),
        }
    }

    fn value(&self, of: Subject<'_>, index: usize) -> Option<Value> {
        let number = |number: i64| Value::Number(number);
        Some(match self {
            Self::Sentence(get) | Self::Text(get) => Value::Text(get.value(of, index)?.into()),
            Self::Token(get) => Value::Text(get.value(of, index)?.to_string_lossy()),
            Self::Boolean(get) => number(get.value(of, index)?.into()),
            Self::Uint8(get) => number(get.value(of, index)?.into()),
            Self::Uint16(get) => number(get.value(of, index)?.into()),
            Self::Uint32(get) => number(get.value(of, index)?.into()),
            Self::Int16(get) => number(get.value(of, index)?.into()),
            Self::Int32(get) => number(get.value(of, index)?.into()),
            Self::Frame(get) => number(shown(get.value(of, index)?)?.get().into()),
            Self::SignedTime(get) => number(get.value(of, index)?),
            Self::Time(get) => {
                let nanoseconds = get.value(of, index)?.as_nanos();
                number(i64::try_from(nanoseconds).unwrap_or(i64::MAX))
            }
        })
    }
}

impl Field {
    const fn new(
        filter: &'static CStr,
        name: &'static CStr,
        about: &'static CStr,
        source: Source,
    ) -> Self {
        Self {
            filter,
            name,
            about,
            format: Format::Decimal,
            tokens: None,
            see: None,
            in_label: false,
            marks: &[],
            below: &[],
            source,
        }
    }

    const fn format(self, format: Format) -> Self {
        Self { format, ..self }
    }

    const fn tokens(self, tokens: fn() -> Vec<&'static CStr>) -> Self {
        let tokens = Some(tokens);
        Self { tokens, ..self }
    }

    const fn see(self, see: &'static str) -> Self {
        let see = Some(see);
        Self { see, ..self }
    }

    const fn in_label(self) -> Self {
        Self {
            in_label: true,
            ..self
        }
    }

    const fn marks(self, marks: &'static [&'static CStr]) -> Self {
        Self { marks, ..self }
    }

    const fn below(self, below: &'static [Self]) -> Self {
        Self { below, ..self }
    }

    /// The type of its values.
    #[must_use]
    pub const fn kind(&self) -> FieldType {
        self.source.kind()
    }

    /// Whether it has words for people, which may be put better one day; whoever
    /// compares verdicts looks at the other fields.
    #[must_use]
    pub const fn is_sentence(&self) -> bool {
        matches!(self.source, Source::Sentence(_))
    }

    /// Itself and all below it.
    fn size(&self) -> usize {
        1 + self.below.iter().map(Self::size).sum::<usize>()
    }

    /// A value as `tshark -T fields` prints it.
    #[cfg(feature = "replay")]
    #[must_use]
    pub(crate) fn print(&self, value: &Value) -> String {
        match (value, self.kind(), self.format) {
            (Value::Text(text), _, _) => text.clone().into_owned(),
            (Value::Number(ns), FieldType::RelativeTime, _) => {
                let time = Duration::from_nanos(ns.unsigned_abs());
                let sign = if *ns < 0 { "-" } else { "" };
                format!("{sign}{}.{:09}", time.as_secs(), time.subsec_nanos())
            }
            (Value::Number(number), FieldType::Uint8, Format::Hexadecimal) => {
                format!("{number:#04x}")
            }
            (Value::Number(number), FieldType::Uint16, Format::Hexadecimal) => {
                format!("{number:#06x}")
            }
            (Value::Number(number), _, Format::Hexadecimal) => format!("{number:#010x}"),
            (Value::Number(number), _, _) => number.to_string(),
        }
    }
}

/// All fields in the order of the tree, each before those below it.
#[must_use]
pub fn all() -> &'static [&'static Field] {
    static ALL: LazyLock<Vec<&Field>> = LazyLock::new(|| {
        let mut all = Vec::new();
        flatten(TABLE, &mut all);
        all
    });
    &ALL
}

/// The field of this filter name.
#[must_use]
pub fn find(filter: &str) -> Option<&'static Field> {
    let mut fields = all().iter().copied();
    fields.find(|field| field.filter.to_bytes() == filter.as_bytes())
}

fn flatten(fields: &'static [Field], all: &mut Vec<&'static Field>) {
    for field in fields {
        all.push(field);
        flatten(field.below, all);
    }
}

/// The lines of the tree, in order.
#[must_use]
pub(crate) fn rows(of: Subject<'_>) -> Vec<Row> {
    let mut walk = Walk {
        of,
        rows: Vec::new(),
    };
    walk.list(TABLE, (0, 0), None);
    walk.rows
}

struct Walk<'a> {
    of: Subject<'a>,
    rows: Vec<Row>,
}

impl Walk<'_> {
    /// Lists `fields`; `first` is the index of their first, `above` which of the
    /// values of a repeated field they belong to.
    fn list(
        &mut self,
        fields: &'static [Field],
        (first, depth): (usize, usize),
        above: Option<usize>,
    ) {
        let mut place = first;
        for field in fields {
            if field.source.is_repeated() && above.is_none() {
                let mut index = 0;
                while self.line(field, (place, depth), Some(index)) {
                    index += 1;
                }
            } else {
                self.line(field, (place, depth), above);
            }
            place += field.size();
        }
    }

    /// Adds the field's line and those below it; false where it is absent.
    fn line(
        &mut self,
        field: &'static Field,
        (place, depth): (usize, usize),
        index: Option<usize>,
    ) -> bool {
        let Some(value) = field.source.value(self.of, index.unwrap_or(0)) else {
            return false;
        };
        self.rows.push(Row {
            field: place,
            depth,
            value,
        });
        self.list(field.below, (place + 1, depth + 1), index);
        true
    }
}
