use super::*;
use crate::{
    google::r#type::Date,
    registry::v1::{Address, Employer, Industry, Validity},
};

fn before() -> Employer {
    Employer {
        name: "employers/1".into(),
        display_name: "前".into(),
        phone: "1".into(),
        actual_address: Some(Address { area: "areas/110102".into(), line: "a".into() }),
        state: 1,
        etag: "e".into(),
        ..Employer::default()
    }
}

fn after() -> Employer {
    Employer {
        name: "employers/2".into(),
        display_name: "后".into(),
        industry: Some(Industry { edition: "2017".into(), code: "83".into() }),
        actual_address: Some(Address { area: "areas/110101".into(), line: "b".into() }),
        established_on: Some(Date { year: 2014, month: 2, day: 27 }),
        state: 3,
        etag: "f".into(),
        ..Employer::default()
    }
}

fn masked(paths: &[&str]) -> Result<Employer, UnknownPath> {
    let mask: Vec<_> = paths.iter().map(|path| (*path).to_owned()).collect();
    let mut employer = before();
    employer.apply_mask(&after(), &mask)?;
    Ok(employer)
}

#[test]
fn an_empty_mask_or_a_star_takes_every_field_that_can_be_set() {
    let expected = Employer { name: before().name, state: 1, etag: before().etag, ..after() };
    assert_eq!(masked(&[]).unwrap(), expected);
    assert_eq!(masked(&["*"]).unwrap(), expected);
}

#[test]
fn only_masked_fields_change() {
    let employer = masked(&["display_name", "phone"]).unwrap();
    assert_eq!(employer, Employer { display_name: "后".into(), phone: String::new(), ..before() });
}

#[test]
fn a_nested_path_leaves_its_siblings() {
    let employer = masked(&["actual_address.line", "industry.code"]).unwrap();
    let address = Address { area: "areas/110102".into(), line: "b".into() };
    let industry = Industry { edition: String::new(), code: "83".into() };
    assert_eq!(
        employer,
        Employer { actual_address: Some(address), industry: Some(industry), ..before() }
    );
}

#[test]
fn a_nested_path_below_two_absent_messages_leaves_them_absent() {
    assert_eq!(masked(&["registered_address.line"]).unwrap().registered_address, None);
}

#[test]
fn a_nested_path_of_an_absent_message_clears_the_field() {
    let mut employer = before();
    let from = Employer::default();
    employer.apply_mask(&from, &["actual_address.line".into()]).unwrap();
    assert_eq!(employer.actual_address.unwrap().line, "");
}

#[test]
fn identifiers_and_output_only_paths_are_obeyed_without_effect() {
    let mut from = after();
    from.validity = Some(Validity { valid: true, failed_rules: Vec::new() });
    let mut employer = before();
    let mask = ["name", "state", "etag", "validity.valid", "validity"].map(str::to_owned);
    employer.apply_mask(&from, &mask).unwrap();
    assert_eq!(employer, before());
}

#[test]
fn an_unknown_path_is_named_and_nothing_changes() {
    for path in ["nope", "industry.nope", "validity.nope", "established_on.year", "", "industry."] {
        let mut employer = before();
        let mask = ["display_name".to_owned(), path.to_owned()];
        assert_eq!(employer.apply_mask(&after(), &mask), Err(UnknownPath(path.to_owned())));
        assert_eq!(employer, before());
    }
}

#[test]
fn every_settable_path_is_taken_over() {
    for path in Employer::SETTABLE {
        let whole = Employer {
            credit_code: "c".into(),
            organisation_code: "o".into(),
            ownership: "w".into(),
            economic_type: "t".into(),
            phone: "2".into(),
            registered_address: Some(Address { area: "areas/11".into(), line: "r".into() }),
            workforce: Some(crate::registry::v1::Workforce {
                counted_on: Some(Date { year: 2014, month: 1, day: 1 }),
                employee_count: 3,
                female_count: Some(2),
                migrant_count: Some(1),
            }),
            ..after()
        };
        let mut employer = before();
        employer.take_path(&whole, path);
        assert_ne!(employer, before(), "{path}");
    }
}
