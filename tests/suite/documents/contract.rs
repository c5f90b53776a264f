//! Whether what a document names stands in the contract.

use prost_reflect::{Kind, MessageDescriptor, MethodDescriptor};
use serde_json::Value;
use unionhall_proto::descriptors;

/// Whether a package is the suite's own.
fn own(package: &str) -> bool {
    package.starts_with("unionhall.")
}

/// Every method of the suite.
pub(super) fn methods() -> impl Iterator<Item = MethodDescriptor> {
    let services = descriptors().services().filter(|service| own(service.package_name()));
    services.flat_map(|service| service.methods().collect::<Vec<_>>())
}

/// The method with this path, `package.Service/Method`.
pub(super) fn method_at(path: &str) -> Option<MethodDescriptor> {
    let (service, method) = path.split_once('/')?;
    methods().find(|m| m.parent_service().full_name() == service && m.name() == method)
}

/// The suite's messages with this name, without the package.
fn messages(name: &str) -> impl Iterator<Item = MessageDescriptor> {
    let named = move |message: &MessageDescriptor| {
        own(message.package_name()) && message.full_name().ends_with(&format!(".{name}"))
    };
    descriptors().all_messages().filter(named)
}

/// Whether an enum of the suite has this value.
pub(super) fn has_enum_value(name: &str) -> bool {
    let own_enums = descriptors().all_enums().filter(|choice| own(choice.package_name()));
    own_enums.into_iter().any(|choice| choice.get_value_by_name(name).is_some())
}

/// Whether `Service`, `Service.Method`, `Message` or `Message.field` stands in the contract.
pub(super) fn has(name: &str) -> bool {
    let service = |name: &str| methods().any(|m| m.parent_service().name() == name);
    let Some((owner, part)) = name.rsplit_once('.') else {
        return service(name) || messages(name).next().is_some();
    };
    methods().any(|m| m.parent_service().name() == owner && m.name() == part)
        || messages(owner).any(|message| message.get_field_by_name(part).is_some())
        || messages(name).next().is_some()
}

/// The keys of `json` that `message` does not have, and values of another shape.
pub(super) fn misfits(message: &MessageDescriptor, json: &Value) -> Vec<String> {
    let Value::Object(object) = json else {
        return vec![format!("{json} is no {}", message.name())];
    };
    object.iter().flat_map(|(key, value)| misfits_of_field(message, key, value)).collect()
}

fn misfits_of_field(message: &MessageDescriptor, key: &str, value: &Value) -> Vec<String> {
    let field = message.get_field_by_name(key).or_else(|| message.get_field_by_json_name(key));
    let Some(field) = field else {
        return vec![format!("{} has no field '{key}'", message.name())];
    };
    let values = match (field.is_list(), value) {
        (true, Value::Array(values)) => values.iter().collect(),
        (true, other) => return vec![format!("'{key}' is a list, not {other}")],
        (false, value) => vec![value],
    };
    values.into_iter().flat_map(|value| misfits_of_value(key, &field.kind(), value)).collect()
}

fn misfits_of_value(key: &str, kind: &Kind, value: &Value) -> Vec<String> {
    let fits = match kind {
        // Google's own types have JSON forms of their own; a date is an object like any other.
        Kind::Message(inner) if inner.full_name().starts_with("google.protobuf.") => true,
        Kind::Message(inner) => return misfits(inner, value),
        Kind::Bool => value.is_boolean(),
        Kind::String | Kind::Bytes => value.is_string(),
        Kind::Enum(choice) => {
            value.as_str().is_some_and(|name| choice.get_value_by_name(name).is_some())
        }
        _ => value.is_number(),
    };
    if fits { Vec::new() } else { vec![format!("'{key}' cannot be {value}")] }
}

#[test]
fn what_is_not_in_the_contract_is_not_found() {
    for known in ["AreaService", "AreaService.GetArea", "Employer", "Employer.validity"] {
        assert!(has(known), "{known}");
    }
    for unknown in ["AreaServices", "AreaService.Get", "Employers", "Employer.grade"] {
        assert!(!has(unknown), "{unknown}");
    }
    assert!(has_enum_value("AREA_LEVEL_COMMUNITY") && !has_enum_value("AREA_LEVEL_GRID"));
}

#[test]
fn a_request_that_does_not_fit_is_seen() {
    let get = method_at("unionhall.registry.v1.AreaService/GetArea").unwrap().input();
    let misfits = |json: &str| misfits(&get, &serde_json::from_str(json).unwrap()).len();
    assert_eq!(misfits(r#"{"name": "areas/11", "day": {"year": 2014}}"#), 0);
    assert_eq!(misfits(r#"{"nam": "areas/11", "day": {"years": 2014}}"#), 2);
    assert_eq!(misfits(r#"{"name": 11, "day": "2014-12-31"}"#), 2);
}
