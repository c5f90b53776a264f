//! The service config that clients in other languages load: retries for what changes nothing,
//! a time-out for everything.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;

use crate::lookup;

/// The config of one method.
fn entries(package: &str) -> BTreeMap<String, Value> {
    let folder = package.replace('.', "/");
    let name = package.split('.').nth(1).unwrap_or_default();
    let path = format!("{folder}/{name}_grpc_service_config.json");
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&path));
    let config: Value = serde_json::from_str(&text.expect(&path)).expect(&path);
    let mut methods = BTreeMap::new();
    for entry in config["methodConfig"].as_array().expect("methodConfig is a list") {
        for name in entry["name"].as_array().expect("name is a list") {
            let part = |key: &str| name[key].as_str().expect(key).to_owned();
            let method = format!("{}.{}", part("service"), part("method"));
            let twice = methods.insert(method.clone(), entry.clone());
            assert!(twice.is_none(), "{method} stands twice in {path}");
        }
    }
    methods
}

#[test]
fn every_method_has_its_entry_and_no_other() {
    let pool = unionhall_proto::descriptors();
    let mut expected: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for service in lookup::services(pool) {
        let methods = lookup::methods(&service).into_iter().map(|m| m.full_name().to_owned());
        expected.entry(service.package_name().to_owned()).or_default().extend(methods);
    }
    for (package, mut methods) in expected {
        methods.sort();
        assert_eq!(entries(&package).into_keys().collect::<Vec<_>>(), methods);
    }
}

#[test]
fn only_methods_without_side_effects_are_retried_and_only_when_unavailable() {
    for service in lookup::services(unionhall_proto::descriptors()) {
        let entries = entries(service.package_name());
        for method in lookup::methods(&service) {
            let entry = &entries[method.full_name()];
            let retry = &entry["retryPolicy"];
            let safe = lookup::has_no_side_effects(&method);
            assert_eq!(retry.is_object(), safe, "{}", method.full_name());
            if safe {
                assert_eq!(retry["retryableStatusCodes"], serde_json::json!(["UNAVAILABLE"]));
            }
            // A stream that is followed has no time at which it should have ended.
            assert_eq!(
                entry["timeout"].is_string(),
                !method.is_server_streaming(),
                "{}",
                method.full_name()
            );
        }
    }
}
