//! What the checks read from the descriptors.

use std::collections::BTreeMap;

use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor,
    ServiceDescriptor, Value,
};

/// Whether a package is the suite's own.
pub(crate) fn own(package: &str) -> bool {
    package.starts_with("unionhall.")
}

/// The suite's services.
pub(crate) fn services(pool: &DescriptorPool) -> impl Iterator<Item = ServiceDescriptor> {
    pool.services().filter(|service| own(service.package_name()))
}

/// A service's methods.
pub(crate) fn methods(service: &ServiceDescriptor) -> Vec<MethodDescriptor> {
    service.methods().collect()
}

/// Every method of the suite.
pub(crate) fn all_methods(pool: &DescriptorPool) -> impl Iterator<Item = MethodDescriptor> {
    services(pool).flat_map(|service| methods(&service))
}

/// An extension option that is set.
pub(crate) fn option(pool: &DescriptorPool, options: &DynamicMessage, name: &str) -> Option<Value> {
    let extension = pool.get_extension_by_name(name)?;
    options.has_extension(&extension).then(|| options.get_extension(&extension).into_owned())
}

/// A text inside an option.
pub(crate) fn text(message: &DynamicMessage, field: &str) -> String {
    let value = message.get_field_by_name(field);
    value.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Verb and path of a method's http rule.
pub(crate) fn http(method: &MethodDescriptor) -> Option<(String, String)> {
    let rule = option(method.parent_pool(), &method.options(), "google.api.http")?;
    let rule = rule.as_message()?.clone();
    ["get", "post", "put", "patch", "delete"]
        .into_iter()
        .map(|verb| (verb.to_owned(), text(&rule, verb)))
        .find(|(_, path)| !path.is_empty())
}

/// Whether the method promises to change nothing.
pub(crate) fn has_no_side_effects(method: &MethodDescriptor) -> bool {
    let level = method.options().get_field_by_name("idempotency_level").map(|v| v.into_owned());
    level.and_then(|level| level.as_enum_number()) == Some(1)
}

/// Whether the method changes something.
pub(crate) fn is_mutation(method: &MethodDescriptor) -> bool {
    let get = http(method).is_some_and(|(verb, _)| verb == "get");
    !get && !has_no_side_effects(method)
}

/// The first segment of a resource's name pattern, for instance `employers`.
pub(crate) fn collection(message: &MessageDescriptor) -> Option<String> {
    let value = option(message.parent_pool(), &message.options(), "google.api.resource")?;
    let patterns = value.as_message()?.get_field_by_name("pattern")?.into_owned();
    let pattern = patterns.as_list()?.first()?.as_str()?.to_owned();
    pattern.split('/').next().map(str::to_owned)
}

/// The behaviors of a field, by name.
pub(crate) fn behaviors(field: &FieldDescriptor) -> Vec<String> {
    let pool = field.parent_message().parent_pool();
    let behaviors = option(pool, &field.options(), "google.api.field_behavior");
    let choice = pool.get_enum_by_name("google.api.FieldBehavior");
    let name = |value: &Value| {
        let number = value.as_enum_number()?;
        Some(choice.as_ref()?.get_value(number)?.name().to_owned())
    };
    behaviors
        .as_ref()
        .and_then(Value::as_list)
        .unwrap_or_default()
        .iter()
        .filter_map(name)
        .collect()
}

/// The suite's own message type of a field.
pub(crate) fn message_of(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    match field.kind() {
        Kind::Message(message) if own(message.package_name()) => Some(message),
        _ => None,
    }
}

/// Every message that a client can send, by name; what is OUTPUT_ONLY is not sent.
pub(crate) fn requests(pool: &DescriptorPool) -> BTreeMap<String, MessageDescriptor> {
    let mut found = BTreeMap::new();
    let mut open: Vec<_> = all_methods(pool).map(|method| method.input()).collect();
    while let Some(message) = open.pop() {
        let new = own(message.package_name()) && !found.contains_key(message.full_name());
        if new {
            let sent = |field: &FieldDescriptor| !behaviors(field).contains(&"OUTPUT_ONLY".into());
            open.extend(message.fields().filter(sent).filter_map(|field| message_of(&field)));
            found.insert(message.full_name().to_owned(), message);
        }
    }
    found
}
