//! The messages that requests are made of, and what the generator needs to know of each field.

use std::collections::BTreeMap;

use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor};

use super::rules::{self, Rules};

/// A message of a request with its fields.
pub(crate) struct Part {
    pub(crate) message: MessageDescriptor,
    pub(crate) fields: Vec<Field>,
    pub(crate) oneofs: Vec<OneofDescriptor>,
}

/// A field of a request.
pub(crate) struct Field {
    pub(crate) descriptor: FieldDescriptor,
    pub(crate) rules: Rules,
}

/// An Update request: the mask says which fields of the resource count.
pub(crate) struct Update<'a> {
    pub(crate) mask: &'a Field,
    pub(crate) resource: &'a Field,
    pub(crate) message: MessageDescriptor,
}

/// Every message that a client can send, by full name. What is OUTPUT_ONLY is cleared before
/// anything looks at it, so it is not followed.
pub(crate) fn reachable(pool: &DescriptorPool) -> Result<BTreeMap<String, Part>, String> {
    let own = |name: &str| name.starts_with("unionhall.");
    let mut parts = BTreeMap::new();
    let mut open: Vec<_> = pool
        .services()
        .filter(|service| own(service.package_name()))
        .flat_map(|service| service.methods().map(|method| method.input()).collect::<Vec<_>>())
        .collect();
    while let Some(message) = open.pop() {
        if !own(message.package_name()) || parts.contains_key(message.full_name()) {
            continue;
        }
        let part = Part::new(message)?;
        open.extend(part.fields.iter().filter(|field| !field.rules.output_only).filter_map(
            |field| match field.descriptor.kind() {
                Kind::Message(inner) => Some(inner),
                _ => None,
            },
        ));
        parts.insert(part.message.full_name().to_owned(), part);
    }
    Ok(parts)
}

impl Part {
    fn new(message: MessageDescriptor) -> Result<Self, String> {
        let mut fields = Vec::new();
        for descriptor in message.fields() {
            let field = Field { rules: rules::of(&descriptor)?, descriptor };
            field
                .supported()
                .map_err(|error| format!("{}: {error}", field.descriptor.full_name()))?;
            fields.push(field);
        }
        let oneofs = message.oneofs().filter(|oneof| !oneof.is_synthetic()).collect();
        Ok(Self { message, fields, oneofs })
    }

    /// The parts of an Update request, if the message is one.
    pub(crate) fn update(&self) -> Result<Option<Update<'_>>, String> {
        let Some(mask) = self.fields.iter().find(|field| field.descriptor.name() == "update_mask")
        else {
            return Ok(None);
        };
        let mut resources = self.fields.iter().filter_map(|field| match field.descriptor.kind() {
            Kind::Message(message) if pattern(&message).is_some() => {
                Some(Update { mask, resource: field, message })
            }
            _ => None,
        });
        match (resources.next(), resources.next()) {
            (Some(update), None) => Ok(Some(update)),
            _ => Err(format!("{}: a mask needs exactly one resource", self.message.full_name())),
        }
    }

    /// The field of a name.
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.descriptor.name() == name)
    }
}

impl Field {
    /// Whether the field belongs to a oneof of the contract (not to one that `optional` implies).
    pub(crate) fn in_oneof(&self) -> bool {
        self.descriptor.containing_oneof().is_some_and(|oneof| !oneof.is_synthetic())
    }

    /// Whether Rust holds the field in an `Option`.
    pub(crate) fn is_option(&self) -> bool {
        !self.in_oneof() && !self.descriptor.is_list() && self.descriptor.supports_presence()
    }

    /// The message type of the field, unless it is Google's.
    pub(crate) fn own_message(&self) -> Option<MessageDescriptor> {
        match self.descriptor.kind() {
            Kind::Message(message) if message.package_name().starts_with("unionhall.") => {
                Some(message)
            }
            _ => None,
        }
    }

    fn supported(&self) -> Result<(), String> {
        if self.rules.output_only {
            return Ok(());
        }
        if self.rules.skip_empty && self.descriptor.kind() != Kind::String {
            return Err("only a text is looked at when it is not empty".to_owned());
        }
        if self.descriptor.is_map() {
            return Err("a request has no maps".to_owned());
        }
        match self.descriptor.kind() {
            Kind::String | Kind::Bytes | Kind::Bool | Kind::Enum(_) => Ok(()),
            Kind::Int32 | Kind::Int64 => Ok(()),
            Kind::Message(message) => match message.full_name() {
                "google.type.Date"
                | "google.protobuf.Timestamp"
                | "google.protobuf.Duration"
                | "google.protobuf.FieldMask" => Ok(()),
                own if own.starts_with("unionhall.") => Ok(()),
                other => Err(format!("a request has no {other}")),
            },
            other => Err(format!("a request has no {other:?}")),
        }
    }
}

/// The first pattern of a resource's name, for instance `employers/{employer}`.
pub(crate) fn pattern(message: &MessageDescriptor) -> Option<String> {
    let resource = message.parent_pool().get_extension_by_name("google.api.resource")?;
    let options = message.options();
    let value = options.get_extension(&resource);
    let patterns = value.as_message()?.get_field_by_name("pattern")?;
    Some(patterns.as_list()?.first()?.as_str()?.to_owned())
}
