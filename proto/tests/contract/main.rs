//! The house rules of the contract. Every check is also run against a small contract that breaks
//! it, so that none can pass by looking nowhere.

// Every line of this crate is a test.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod annotations;
mod checks;
mod lookup;
mod sample;
mod service_config;

use prost_reflect::DescriptorPool;

/// Everything that is wrong, one line each.
fn faults(pool: &DescriptorPool) -> Vec<String> {
    checks::ALL.iter().flat_map(|check| check(pool)).collect()
}

#[test]
fn the_contract_follows_the_house_rules() {
    let faults = faults(unionhall_proto::descriptors());
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_package_has_services_to_check() {
    let pool = unionhall_proto::descriptors();
    let methods = lookup::services(pool).flat_map(|service| lookup::methods(&service)).count();
    assert!(methods >= 40, "only {methods} methods were looked at");
}

#[test]
fn the_sample_follows_the_house_rules() {
    assert_eq!(faults(&sample::compile(sample::GOOD)), Vec::<String>::new());
}

#[test]
fn every_rule_is_seen_to_fail() {
    for (find, replace, fault) in sample::BROKEN {
        assert_eq!(sample::GOOD.matches(find).count(), 1, "'{find}' stands once in the sample");
        let found = faults(&sample::compile(&sample::GOOD.replace(find, replace)));
        assert_eq!(found, [*fault], "after '{find}' became '{replace}'");
    }
}
