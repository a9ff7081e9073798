//! Values of OTLP JSON as messages, also where they are written against OTLP's advice.

use aws_smithy_types::base64;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue as Message, ArrayValue, KeyValue, KeyValueList};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// `null` is as good as nothing in protobuf's JSON form.
pub(super) fn lenient<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(json: D) -> Result<T, D::Error> {
    Option::deserialize(json).map(Option::unwrap_or_default)
}

/// The names of the kinds of a span, by number.
const KINDS: [&str; 6] = [
    "SPAN_KIND_UNSPECIFIED",
    "SPAN_KIND_INTERNAL",
    "SPAN_KIND_SERVER",
    "SPAN_KIND_CLIENT",
    "SPAN_KIND_PRODUCER",
    "SPAN_KIND_CONSUMER",
];
/// The names of the codes of a status, by number.
const CODES: [&str; 3] = ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"];

/// The kind of a span. OTLP asks for numbers, and protobuf's own libraries write names.
pub(super) fn kind<'de, D: Deserializer<'de>>(json: D) -> Result<i32, D::Error> {
    number_of(json, &KINDS)
}

/// The code of a status, in the same way.
pub(super) fn code<'de, D: Deserializer<'de>>(json: D) -> Result<i32, D::Error> {
    number_of(json, &CODES)
}

/// A name that nobody has heard of is as good as none.
fn number_of<'de, D: Deserializer<'de>>(json: D, names: &[&str]) -> Result<i32, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Number(i32),
        Name(String),
    }
    Ok(match Option::deserialize(json)? {
        Some(Form::Number(number)) => number,
        Some(Form::Name(name)) => {
            let place = names.iter().position(|known| *known == name);
            place.and_then(|place| i32::try_from(place).ok()).unwrap_or_default()
        }
        None => 0,
    })
}

/// A number of 64 bits, as a text or, against OTLP's advice, as a number.
#[derive(Debug)]
pub(super) struct Integer<T>(pub(super) T);

impl<'de, T: std::str::FromStr + Deserialize<'de>> Deserialize<'de> for Integer<T> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form<T> {
            Number(T),
            Text(String),
        }
        match Form::deserialize(json)? {
            Form::Number(number) => Ok(Self(number)),
            Form::Text(text) => text
                .parse()
                .map(Self)
                .map_err(|_| serde::de::Error::custom(format_args!("expected an integer of 64 bits, got {text:?}"))),
        }
    }
}

impl<T: Default> Default for Integer<T> {
    fn default() -> Self {
        Self(T::default())
    }
}

/// A number, or the text of one that JSON has not.
#[derive(Debug, Default)]
pub(super) struct Double(pub(super) f64);

impl<'de> Deserialize<'de> for Double {
    /// From the digits themselves: the parser's own way to a number loses the last bit of some.
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        let digits = Box::<RawValue>::deserialize(json)?;
        let text = digits.get().trim_matches('"');
        text.parse().map(Self).map_err(|_| serde::de::Error::custom(format_args!("expected a number, got {text}")))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Pair {
    #[serde(deserialize_with = "lenient")]
    key: String,
    #[serde(deserialize_with = "lenient")]
    value: AnyValue,
}

/// One of these; none is an empty value.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AnyValue {
    string_value: Option<String>,
    bool_value: Option<bool>,
    int_value: Option<Integer<i64>>,
    double_value: Option<Double>,
    array_value: Option<Values>,
    kvlist_value: Option<Pairs>,
    /// Base64.
    bytes_value: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Values {
    #[serde(deserialize_with = "lenient")]
    values: Vec<AnyValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pairs {
    #[serde(deserialize_with = "lenient")]
    values: Vec<Pair>,
}

impl From<Pair> for KeyValue {
    fn from(Pair { key, value }: Pair) -> Self {
        Self { key, value: Some(value.into()), ..Self::default() }
    }
}

impl From<AnyValue> for Message {
    fn from(value: AnyValue) -> Self {
        let value = match value {
            AnyValue { string_value: Some(text), .. } => Some(Any::StringValue(text)),
            AnyValue { bool_value: Some(truth), .. } => Some(Any::BoolValue(truth)),
            AnyValue { int_value: Some(Integer(number)), .. } => Some(Any::IntValue(number)),
            AnyValue { double_value: Some(Double(number)), .. } => Some(Any::DoubleValue(number)),
            AnyValue { array_value: Some(Values { values }), .. } => {
                Some(Any::ArrayValue(ArrayValue { values: values.into_iter().map(Self::from).collect() }))
            }
            AnyValue { kvlist_value: Some(Pairs { values }), .. } => {
                Some(Any::KvlistValue(KeyValueList { values: values.into_iter().map(KeyValue::from).collect() }))
            }
            // What is no base64 is text to whoever wrote it.
            AnyValue { bytes_value: Some(text), .. } => {
                Some(base64::decode(&text).map_or(Any::StringValue(text), Any::BytesValue))
            }
            AnyValue { .. } => None,
        };
        Self { value }
    }
}
