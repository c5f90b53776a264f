//! Every refusal that the contract names.

use unionhall_proto::registry::v1::{BatchGetEmployersRequest, LookupEmployerRequest};

use super::*;

#[tokio::test]
async fn what_cannot_be_entered_is_refused_with_its_reason() {
    let desk = desk().await;
    type Spoil = fn(&mut Employer);
    let cases: [(&str, Spoil); 21] = [
        ("INVALID_FIELD", |e| e.display_name = "某".to_owned()),
        ("INVALID_FIELD", |e| e.actual_address = None),
        ("NAME_INVALID", |e| e.display_name = "\u{3000}\u{3000}".to_owned()),
        ("CREDIT_CODE_INVALID", |e| e.credit_code = "91110102000000015A".to_owned()),
        ("ORGANISATION_CODE_INVALID", |e| e.organisation_code = "000000010".to_owned()),
        ("EMPLOYER_NOT_IDENTIFIED", |e| e.organisation_code = String::new()),
        ("EMPLOYER_CODES_DIFFER", |e| e.credit_code = credit_code(2)),
        ("EMPLOYER_TEXT_INVALID", |e| e.phone = " ".to_owned()),
        ("CODE_UNKNOWN", |e| e.ownership = "00".to_owned()),
        ("CODE_UNKNOWN", |e| e.ownership = "私营".to_owned()),
        ("CODE_UNKNOWN", |e| e.economic_type = "999".to_owned()),
        ("CODE_UNKNOWN", |e| {
            e.industry = Some(Industry { edition: "2011".to_owned(), code: "97".to_owned() });
        }),
        ("AREA_LABEL_INVALID", |e| e.actual_address = Some(at("110"))),
        ("AREA_LABEL_INVALID", |e| e.registered_address = Some(at("11010"))),
        ("AREA_NOT_OPEN", |e| e.actual_address = Some(at("110102012999"))),
        ("WORKFORCE_INVALID", |e| {
            e.workforce = Some(Workforce { female_count: Some(21), ..counted("2014-06-30", 20) });
        }),
        ("EMPLOYER_DATE_INVALID", |e| e.workforce = Some(counted("2014-07-02", 20))),
        ("EMPLOYER_DATE_INVALID", |e| e.workforce = Some(counted("2010-02-28", 20))),
        ("EMPLOYER_DATE_INVALID", |e| e.established_on = date("2014-07-02")),
        ("OUT_OF_SCOPE", |e| e.actual_address = Some(at("310101"))),
        ("INVALID_FIELD", |e| e.display_name = "好\u{202E}公司".to_owned()),
    ];
    for (number, (expected, spoil)) in cases.into_iter().enumerate() {
        let mut given = employer(1);
        spoil(&mut given);
        assert_eq!(refused(desk.create(given).await), expected, "case {number}");
    }
    let none = CreateEmployerRequest::default();
    assert_eq!(refused(desk.service.create_employer(call(none)).await), "INVALID_FIELD");
    let early = CreateEmployerRequest {
        employer: Some(employer(1)),
        effective_date: date("2010-02-28"),
        ..Default::default()
    };
    assert_eq!(refused(desk.service.create_employer(call(early)).await), "EMPLOYER_DATE_INVALID");
    assert!(desk.rig.events().await.iter().all(|event| !event.record.starts_with("employers")));
}

#[tokio::test]
async fn a_taken_code_names_its_holder_only_to_those_who_see_it() {
    let desk = desk().await;
    let holder = desk.create(employer(1)).await.unwrap();
    let told = |status: &Status| {
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        (info.reason.clone(), info.metadata["employer"].clone())
    };
    let twin = Employer { credit_code: credit_code(1), ..employer(1) };
    let seen = desk.create(twin.clone()).await.unwrap_err();
    assert_eq!(told(&seen), ("EMPLOYER_EXISTS".to_owned(), holder.name.clone()));
    let elsewhere = Employer { actual_address: Some(at(NEIGHBOUR)), ..twin };
    let hidden = desk.create_as(&NEIGHBOUR[..9], elsewhere).await.unwrap_err();
    assert_eq!(told(&hidden), ("EMPLOYER_EXISTS".to_owned(), "-".to_owned()));
    assert!(!hidden.message().contains(&holder.name));
}

#[tokio::test]
async fn what_cannot_be_changed_is_refused_with_its_reason() {
    let desk = desk().await;
    let entered = desk.create(employer(1)).await.unwrap();
    let taken = desk.create(employer(2)).await.unwrap();
    type Spoil = fn(&mut Employer);
    let cases: [(&str, &[&str], &str, Spoil); 14] = [
        ("UNKNOWN_MASK_PATH", &["colour"], "2014-07-01", |_| {}),
        ("ETAG_MISMATCH", &["phone"], "2014-07-01", |e| e.etag = "7".to_owned()),
        ("INVALID_FIELD", &["display_name"], "2014-07-01", |e| e.display_name = String::new()),
        ("INVALID_FIELD", &["registered_address.line"], "2014-07-01", |e| {
            e.registered_address =
                Some(Address { line: "某街".to_owned(), ..Default::default() });
        }),
        ("EMPLOYER_NOT_IDENTIFIED", &["organisation_code"], "2014-07-01", |e| {
            e.organisation_code = String::new();
        }),
        ("EMPLOYER_CODES_DIFFER", &["credit_code"], "2014-07-01", |e| {
            e.credit_code = credit_code(3)
        }),
        ("EMPLOYER_CODES_DIFFER", &["organisation_code"], "2014-07-01", |e| {
            e.organisation_code = employer(3).organisation_code;
        }),
        ("EMPLOYER_EXISTS", &["organisation_code"], "2010-03-01", |e| {
            e.organisation_code = employer(2).organisation_code;
        }),
        ("CODE_UNKNOWN", &["ownership"], "2014-07-01", |e| e.ownership = "00".to_owned()),
        ("AREA_NOT_OPEN", &["actual_address"], "2014-07-01", |e| {
            e.actual_address = Some(at("110102012999"));
        }),
        ("OUT_OF_SCOPE", &["actual_address"], "2014-07-01", |e| {
            e.actual_address = Some(at("310101"));
        }),
        ("EMPLOYER_DATE_INVALID", &["phone"], "2014-07-02", |e| e.phone = "1234".to_owned()),
        ("EMPLOYER_DATE_INVALID", &["phone"], "2010-02-28", |e| e.phone = "1234".to_owned()),
        ("NOT_FOUND", &["phone"], "2014-07-01", |e| {
            e.name = "employers/00000000-0000-7000-8000-000000000001".to_owned();
        }),
    ];
    for (number, (expected, mask, from, spoil)) in cases.into_iter().enumerate() {
        let mut given = entered.clone();
        spoil(&mut given);
        let answer = desk.update_from(given, mask, from).await;
        assert_eq!(refused(answer), expected, "case {number}");
    }
    assert_eq!(desk.get(&entered.name).await.unwrap(), entered);
    assert_eq!(desk.get(&taken.name).await.unwrap(), taken);
    let nameless = Employer { name: "employers/1".to_owned(), ..entered };
    assert_eq!(refused(desk.update(nameless, &["phone"]).await), "INVALID_FIELD");
}

#[tokio::test]
async fn outside_its_scope_an_employer_does_not_exist() {
    let desk = desk().await;
    let entered = desk.create(employer(1)).await.unwrap();
    let service = &desk.service;
    let get = || GetEmployerRequest { name: entered.name.clone(), day: None };
    let hidden = service.get_employer(call_within("110102010", get())).await.unwrap_err();
    let absent = GetEmployerRequest {
        name: "employers/00000000-0000-7000-8000-000000000001".to_owned(),
        day: None,
    };
    let absent = service.get_employer(call(absent)).await.unwrap_err();
    assert_eq!((reason(&hidden), hidden.code()), (reason(&absent), absent.code()));
    let lookup = || LookupEmployerRequest { code: entered.organisation_code.clone(), day: None };
    let found = service.lookup_employer(call_within("110102010", lookup())).await;
    assert_eq!(refused(found), "NOT_FOUND");
    let batch = BatchGetEmployersRequest {
        names: vec![entered.name.clone(), entered.name.clone()],
        day: None,
    };
    let both = inner(service.batch_get_employers(call(batch.clone())).await).unwrap();
    assert_eq!(both.employers.len(), 2);
    let cut = service.batch_get_employers(call_within("110102010", batch)).await;
    assert_eq!(refused(cut), "NOT_FOUND");
    let next = Employer { phone: "1234".to_owned(), ..entered.clone() };
    let mut message = update(next, &["phone"], None).into_inner();
    message.etag = "1".to_owned();
    let changed = service.update_employer(call_within("110102010", message)).await;
    assert_eq!(refused(changed), "NOT_FOUND");
}

#[tokio::test]
async fn a_code_that_is_none_is_told_from_one_that_nobody_has() {
    let desk = desk().await;
    for (code, expected) in [
        ("91110102000000015A", "CREDIT_CODE_INVALID"),
        ("000000010", "ORGANISATION_CODE_INVALID"),
        ("0000 0001-9", "NOT_FOUND"),
    ] {
        let valid = expected == "NOT_FOUND";
        let code = if valid { employer(1).organisation_code } else { code.to_owned() };
        let ask = LookupEmployerRequest { code: code.clone(), day: None };
        assert_eq!(refused(desk.service.lookup_employer(call(ask)).await), expected, "{code}");
    }
}
