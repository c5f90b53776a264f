//! Reads the annotations of one field. What is not known here fails the build, so that no rule
//! of the contract is ever skipped in silence.

use prost_reflect::{
    DynamicMessage, ExtensionDescriptor, FieldDescriptor, Kind, ReflectMessage, Value,
};

/// What the annotations of a field ask for.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Rules {
    pub(crate) required: bool,
    pub(crate) output_only: bool,
    pub(crate) identifier: bool,
    pub(crate) skip_empty: bool,
    /// Characters of a text, bytes of bytes.
    pub(crate) min_len: Option<u64>,
    pub(crate) max_len: Option<u64>,
    pub(crate) pattern: Option<String>,
    pub(crate) uuid: bool,
    /// Whole numbers, or seconds of a duration.
    pub(crate) gte: Option<i64>,
    pub(crate) lte: Option<i64>,
    pub(crate) min_items: Option<u64>,
    pub(crate) max_items: Option<u64>,
    pub(crate) unique: bool,
    /// Rules of each element.
    pub(crate) items: Option<Box<Rules>>,
}

type Outcome<T> = Result<T, String>;

/// The rules of a field.
pub(crate) fn of(field: &FieldDescriptor) -> Outcome<Rules> {
    let options = field.options();
    let mut rules = Rules::default();
    let behaviors = extension(field, "google.api.field_behavior")?;
    for behavior in options.get_extension(&behaviors).as_list().unwrap_or_default() {
        rules.behave(&behaviors, behavior)?;
    }
    let annotation = extension(field, "buf.validate.field")?;
    if options.has_extension(&annotation) {
        let value = options.get_extension(&annotation);
        let message = value.as_message().ok_or("buf.validate.field is no message")?;
        rules.read(message, &field.kind(), field.is_list())?;
    }
    Ok(rules)
}

fn extension(field: &FieldDescriptor, name: &str) -> Outcome<ExtensionDescriptor> {
    let pool = field.parent_file().parent_pool().clone();
    pool.get_extension_by_name(name).ok_or_else(|| format!("{name} is not imported"))
}

impl Rules {
    fn behave(&mut self, behaviors: &ExtensionDescriptor, value: &Value) -> Outcome<()> {
        match enum_name(&behaviors.kind(), value)?.as_str() {
            "OPTIONAL" | "INPUT_ONLY" => {}
            "REQUIRED" => self.required = true,
            "OUTPUT_ONLY" => self.output_only = true,
            "IDENTIFIER" => self.identifier = true,
            other => return Err(format!("unknown field behavior {other}")),
        }
        Ok(())
    }

    fn read(&mut self, message: &DynamicMessage, kind: &Kind, list: bool) -> Outcome<()> {
        for (name, field, value) in known(message)? {
            match name.as_str() {
                "required" => self.required |= yes(&name, &value)?,
                "ignore" => self.ignore(&enum_name(&field.kind(), &value)?)?,
                "repeated" if list => self.repeated(sub(&value)?, kind)?,
                other if !list && fits(other, kind) => self.typed(other, sub(&value)?)?,
                other => return Err(format!("unknown rule '{other}' for this type")),
            }
        }
        Ok(())
    }

    fn ignore(&mut self, name: &str) -> Outcome<()> {
        match name {
            "IGNORE_IF_ZERO_VALUE" => self.skip_empty = true,
            other => return Err(format!("unknown ignore {other}")),
        }
        Ok(())
    }

    fn repeated(&mut self, message: &DynamicMessage, kind: &Kind) -> Outcome<()> {
        for (name, _, value) in known(message)? {
            match name.as_str() {
                "min_items" => self.min_items = Some(natural(&value)?),
                "max_items" => self.max_items = Some(natural(&value)?),
                "unique" => self.unique = yes(&name, &value)?,
                "items" => {
                    let mut items = Self::default();
                    items.read(sub(&value)?, kind, false)?;
                    self.items = Some(Box::new(items));
                }
                other => return Err(format!("unknown rule 'repeated.{other}'")),
            }
        }
        Ok(())
    }

    fn typed(&mut self, family: &str, message: &DynamicMessage) -> Outcome<()> {
        for (name, _, value) in known(message)? {
            match (family, name.as_str()) {
                ("string", "min_len") => self.min_len = Some(natural(&value)?),
                ("string" | "bytes", "max_len") => self.max_len = Some(natural(&value)?),
                ("string", "pattern") => self.pattern = Some(anchored(&value)?),
                ("string", "uuid") => self.uuid = yes(&name, &value)?,
                ("int32" | "int64" | "duration", "gte") => self.gte = Some(whole(&value)?),
                ("int32" | "int64" | "duration", "lte") => self.lte = Some(whole(&value)?),
                // Unknown numbers are refused everywhere; the rule tells other languages.
                ("enum", "defined_only") => _ = yes(&name, &value)?,
                (_, other) => return Err(format!("unknown rule '{family}.{other}'")),
            }
        }
        Ok(())
    }
}

/// The fields that are set, as (name, descriptor, value). Extensions and fields that this copy of
/// the annotations does not declare are rules too, and unknown.
fn known(message: &DynamicMessage) -> Outcome<Vec<(String, FieldDescriptor, Value)>> {
    if message.extensions().next().is_some() || message.unknown_fields().next().is_some() {
        return Err(format!("unknown rules in {}", message.descriptor().full_name()));
    }
    let owned =
        |(field, value): (FieldDescriptor, &Value)| (field.name().to_owned(), field, value.clone());
    Ok(message.fields().map(owned).collect())
}

fn fits(family: &str, kind: &Kind) -> bool {
    match (family, kind) {
        ("string", Kind::String) | ("bytes", Kind::Bytes) | ("enum", Kind::Enum(_)) => true,
        ("int32", Kind::Int32) | ("int64", Kind::Int64) => true,
        ("duration", Kind::Message(message)) => message.full_name() == "google.protobuf.Duration",
        _ => false,
    }
}

fn sub(value: &Value) -> Outcome<&DynamicMessage> {
    value.as_message().ok_or_else(|| "a rule is no message".to_owned())
}

fn enum_name(kind: &Kind, value: &Value) -> Outcome<String> {
    let Kind::Enum(choice) = kind else { return Err("a rule is no enum".to_owned()) };
    let number = value.as_enum_number().unwrap_or_default();
    let name = choice.get_value(number).map(|value| value.name().to_owned());
    name.ok_or_else(|| format!("unknown number {number} of {}", choice.full_name()))
}

fn yes(name: &str, value: &Value) -> Outcome<bool> {
    match value.as_bool() {
        Some(true) => Ok(true),
        _ => Err(format!("'{name}: false' asks for nothing")),
    }
}

fn natural(value: &Value) -> Outcome<u64> {
    value.as_u64().ok_or_else(|| "a length is no number".to_owned())
}

fn whole(value: &Value) -> Outcome<i64> {
    if let Some(duration) = value.as_message() {
        let part = |name: &str| duration.get_field_by_name(name).map(|part| part.into_owned());
        return match (part("seconds").and_then(|part| part.as_i64()), part("nanos")) {
            (Some(seconds), Some(Value::I32(0))) => Ok(seconds),
            _ => Err("a bound of a duration needs whole seconds".to_owned()),
        };
    }
    let number = value.as_i64().or_else(|| value.as_i32().map(i64::from));
    number.ok_or_else(|| "a bound is no whole number".to_owned())
}

/// A pattern that compiles and says how the text begins and ends.
fn anchored(value: &Value) -> Outcome<String> {
    let pattern = value.as_str().unwrap_or_default();
    regex::Regex::new(pattern).map_err(|error| format!("pattern {pattern}: {error}"))?;
    if pattern.starts_with('^') && pattern.ends_with('$') {
        Ok(pattern.to_owned())
    } else {
        Err(format!("pattern {pattern} is not anchored by ^ and $"))
    }
}
