use prost_reflect::{DynamicMessage, Value, prost::Message};
use unionhall_proto::DESCRIPTOR_SET;

use super::*;

const GET_EMPLOYER: &str = "/unionhall.registry.v1.EmployerService/GetEmployer";

/// The real contract, with the access option of `GetEmployer` replaced.
fn contract_with(access: Option<Access>) -> Vec<u8> {
    let pool = DescriptorPool::decode(DESCRIPTOR_SET).unwrap();
    let option = pool.get_extension_by_name(OPTION).unwrap();
    let set = pool.get_message_by_name("google.protobuf.FileDescriptorSet").unwrap();
    let mut set = DynamicMessage::decode(set, DESCRIPTOR_SET).unwrap();
    let file = named(&mut set, "file", "unionhall/registry/v1/employer_service.proto");
    let service = named(file, "service", "EmployerService");
    let method = named(service, "method", "GetEmployer");
    let Value::Message(options) = method.get_field_by_name_mut("options").unwrap() else {
        panic!()
    };
    options.clear_extension(&option);
    if let Some(access) = access {
        let mut value = DynamicMessage::new(option.kind().as_message().unwrap().clone());
        value.transcode_from(&access).unwrap();
        options.set_extension(&option, Value::Message(value));
    }
    set.encode_to_vec()
}

fn named<'a>(message: &'a mut DynamicMessage, list: &str, name: &str) -> &'a mut DynamicMessage {
    let Value::List(items) = message.get_field_by_name_mut(list).unwrap() else { panic!() };
    let messages = items.iter_mut().filter_map(|item| match item {
        Value::Message(message) => Some(message),
        _ => None,
    });
    let is = |message: &DynamicMessage| {
        message.get_field_by_name("name").unwrap().as_str() == Some(name)
    };
    messages.into_iter().find(|message| is(message)).unwrap()
}

fn access(permission: &str, scope: ScopeSource, public: bool) -> Access {
    Access { permission: permission.into(), scope: scope.into(), public }
}

#[test]
fn the_contract_says_who_may_call_every_method() {
    let table = MethodTable::from_descriptor_set(DESCRIPTOR_SET).unwrap();
    let method = table.get(GET_EMPLOYER).unwrap();
    assert!(method.permission.as_ref().unwrap().starts_with("registry.employers."));
    assert_eq!(method.scope, ScopeSource::Record);
    assert!(!method.streaming());
    assert!(table.iter().any(|method| method.server_streaming));
    assert!(table.iter().all(|method| method.permission.is_some()), "nothing here is public");
    assert!(table.get("/unionhall.registry.v1.EmployerService/Nothing").is_none());
}

#[test]
fn a_method_without_access_stops_the_start() {
    let refused = MethodTable::from_descriptor_set(&contract_with(None)).unwrap_err();
    assert_eq!(refused, TableError::Undeclared(GET_EMPLOYER.to_owned()));
    assert!(refused.to_string().contains("GetEmployer"));
}

#[test]
fn a_method_that_contradicts_itself_stops_the_start() {
    let bad = [
        access("", ScopeSource::Record, false),
        access("registry.*", ScopeSource::Record, false),
        access("*", ScopeSource::Record, false),
        access("Registry.Read", ScopeSource::Record, false),
        access("registry.read", ScopeSource::Unspecified, false),
        access("registry.read", ScopeSource::None, true),
        Access { permission: "registry.read".into(), scope: 99, public: false },
    ];
    for access in bad {
        let refused = MethodTable::from_descriptor_set(&contract_with(Some(access.clone())));
        assert!(matches!(refused, Err(TableError::Invalid { .. })), "{access:?}");
    }
    let public = contract_with(Some(access("", ScopeSource::None, true)));
    let table = MethodTable::from_descriptor_set(&public).unwrap();
    assert_eq!(table.get(GET_EMPLOYER).unwrap().permission, None);
}

#[test]
fn bytes_that_are_no_descriptor_set_are_refused() {
    let refused = MethodTable::from_descriptor_set(&[0xff, 0x01]);
    assert!(matches!(refused, Err(TableError::Descriptor(_))));
}
