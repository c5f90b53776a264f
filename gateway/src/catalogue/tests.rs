use prost_types::{FileDescriptorSet, MethodOptions, ServiceDescriptorProto};

use super::*;

fn method(name: &str, streams: bool, level: IdempotencyLevel) -> MethodDescriptorProto {
    let options = MethodOptions { idempotency_level: Some(level.into()), ..Default::default() };
    MethodDescriptorProto {
        name: Some(name.into()),
        server_streaming: Some(streams),
        options: Some(options),
        ..Default::default()
    }
}

fn file(package: &str, imports: &[&str]) -> FileDescriptorProto {
    let unknown = IdempotencyLevel::IdempotencyUnknown;
    let methods = vec![
        method("GetThing", false, unknown),
        method("CreateThing", false, unknown),
        method("Preview", false, IdempotencyLevel::NoSideEffects),
        method("Watch", true, unknown),
    ];
    FileDescriptorProto {
        name: Some(format!("{package}.proto")),
        package: Some(package.into()),
        dependency: imports.iter().map(|name| (*name).into()).collect(),
        service: vec![ServiceDescriptorProto {
            name: Some("Things".into()),
            method: methods,
            ..Default::default()
        }],
        ..Default::default()
    }
}

fn catalogue() -> Catalogue {
    let files = vec![file("base", &[]), file("a", &["base.proto"]), file("b", &["base.proto"])];
    Catalogue::read(&FileDescriptorSet { file: files }.encode_to_vec()).unwrap()
}

#[test]
fn the_traits_of_a_method_come_from_its_option_and_its_streams() {
    let methods = catalogue().methods(&HashSet::from(["a"]));
    let call = |reads| Traits { streams: false, streams_back: false, reads };
    assert_eq!(methods["/a.Things/GetThing"], call(false), "a name promises nothing");
    assert_eq!(methods["/a.Things/CreateThing"], call(false));
    assert_eq!(methods["/a.Things/Preview"], call(true));
    assert_eq!(
        methods["/a.Things/Watch"],
        Traits { streams: true, streams_back: true, reads: false }
    );
    assert_eq!(methods.len(), 4);
}

#[test]
fn an_excerpt_has_the_routed_files_and_their_imports_byte_for_byte() {
    let catalogue = catalogue();
    let excerpt = RawSet::decode(&*catalogue.excerpt(&HashSet::from(["a"]))).unwrap();
    let expected: Vec<_> = catalogue.files[..2].iter().map(|file| file.raw.clone()).collect();
    assert_eq!(excerpt.file, expected);
}

#[test]
fn services_are_listed_for_routed_packages_only() {
    assert_eq!(catalogue().service_names(&HashSet::from(["b"])), ["b.Things"]);
}

#[test]
fn nonsense_is_refused() {
    assert!(Catalogue::read(&[0x0a, 0x05, 1]).is_err());
}
