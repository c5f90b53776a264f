//! What happens to an employer, and what is told of it.

use prost::Message;
use unionhall_proto::registry::v1::{
    CloseEmployerRequest, DeleteEmployerRequest, ListEmployerFactsRequest, LookupEmployerRequest,
    RecordWorkforceRequest, ResumeEmployerRequest, SuspendEmployerRequest, Workforce,
    employer::State,
};
use uuid::Uuid;

use super::*;

#[tokio::test]
async fn an_employer_is_read_as_it_was_entered() {
    let desk = desk().await;
    let given = employer(1);
    let entered = desk.create(given.clone()).await.unwrap();
    let read = desk.get(&entered.name).await.unwrap();
    assert_eq!(read, entered);
    assert_eq!((read.etag.as_str(), read.state()), ("1", State::Active));
    let validity = read.validity.clone().unwrap();
    assert!(validity.valid, "{validity:?}");
    assert!(validity.failed_rules.iter().all(|failed| !failed.mandatory));
    assert_eq!(read.create_time.unwrap().seconds, 1_404_180_000);
    let settable = Employer {
        name: String::new(),
        state: 0,
        validity: None,
        create_time: None,
        update_time: None,
        etag: String::new(),
        ..read
    };
    assert_eq!(settable, given);
    let before = desk.get_on(&entered.name, "2010-02-28").await;
    assert_eq!((before.state(), before.display_name.as_str()), (State::Unknown, ""));
}

#[tokio::test]
async fn a_change_leaves_earlier_days_alone() {
    let desk = desk().await;
    let entered = desk.create(employer(1)).await.unwrap();
    let mut next = Employer { name: entered.name.clone(), ..employer(1) };
    next.display_name = "北京改名商贸有限公司".to_owned();
    next.actual_address = Some(Address { line: "另一街2号".to_owned(), ..Default::default() });
    let mask = ["display_name", "actual_address.line"];
    let changed = desk.update_from(next, &mask, "2014-05-01").await.unwrap();
    assert_eq!(changed.etag, "2");
    assert_eq!(changed.display_name, "北京改名商贸有限公司");
    let address = changed.actual_address.unwrap();
    assert_eq!((address.area, address.line), (format!("areas/{HOME}"), "另一街2号".to_owned()));
    assert_eq!(changed.phone, entered.phone, "not masked");
    let before = desk.get_on(&entered.name, "2014-04-30").await;
    assert_eq!(before.display_name, entered.display_name);
    assert_eq!(before.actual_address, entered.actual_address);
}

#[tokio::test]
async fn an_update_that_changes_nothing_leaves_the_version() {
    let desk = desk().await;
    let entered = desk.create(employer(1)).await.unwrap();
    let events = desk.rig.events().await.len();
    let same = desk.update(entered.clone(), &[]).await.unwrap();
    assert_eq!(same, entered);
    assert_eq!(desk.rig.events().await.len(), events);
}

#[tokio::test]
async fn a_whole_update_clears_what_it_does_not_name() {
    let desk = desk().await;
    let entered = desk.create(employer(1)).await.unwrap();
    let bare = Employer { phone: String::new(), industry: None, workforce: None, ..entered };
    let changed = desk.update(bare, &["*"]).await.unwrap();
    assert_eq!((changed.phone.as_str(), changed.industry.is_none()), ("", true));
    assert_eq!(changed.workforce.unwrap().employee_count, 20, "a count is not unmade");
    assert!(!changed.validity.unwrap().valid);
}

#[tokio::test]
async fn an_organisation_code_becomes_a_credit_code() {
    let desk = desk().await;
    let entered = desk.create(employer(7)).await.unwrap();
    desk.rig.clock.set("2016-01-05T02:00:00Z".parse().unwrap());
    let next = Employer { credit_code: credit_code(7), ..entered.clone() };
    let changed = desk.update_from(next, &["credit_code"], "2015-12-01").await.unwrap();
    assert_eq!(changed.credit_code, credit_code(7));
    assert_eq!(changed.organisation_code, entered.organisation_code);
    let before = desk.get_on(&entered.name, "2015-11-30").await;
    assert_eq!(
        (before.credit_code.as_str(), &before.organisation_code),
        ("", &entered.organisation_code)
    );
    for code in [credit_code(7).to_lowercase(), entered.organisation_code.clone()] {
        let found = desk.service.lookup_employer(call(LookupEmployerRequest { code, day: None }));
        assert_eq!(inner(found.await).unwrap().name, entered.name);
    }
}

#[tokio::test]
async fn an_employer_rests_works_and_ends() {
    let desk = desk().await;
    let name = desk.create(employer(1)).await.unwrap().name;
    let service = &desk.service;
    let suspend = SuspendEmployerRequest {
        name: name.clone(),
        effective_date: date("2014-02-01"),
        ..Default::default()
    };
    let rests = inner(service.suspend_employer(call(suspend)).await).unwrap();
    assert_eq!(rests.state(), State::Suspended);
    let resume = ResumeEmployerRequest {
        name: name.clone(),
        effective_date: date("2014-03-01"),
        etag: rests.etag,
        ..Default::default()
    };
    assert_eq!(inner(service.resume_employer(call(resume)).await).unwrap().state(), State::Active);
    let count = RecordWorkforceRequest {
        name: name.clone(),
        workforce: Some(counted("2009-12-31", 5)),
        ..Default::default()
    };
    let early = service.record_workforce(call(count.clone())).await;
    assert_eq!(refused(early), "EMPLOYER_DATE_INVALID", "before the establishment");
    let count = RecordWorkforceRequest { workforce: Some(counted("2014-05-31", 5)), ..count };
    inner(service.record_workforce(call(count.clone())).await).unwrap();
    assert_eq!(desk.get_on(&name, "2014-06-01").await.workforce.unwrap().employee_count, 5);
    let close = CloseEmployerRequest { name: name.clone(), ..Default::default() };
    let closed = inner(service.close_employer(call(close.clone())).await).unwrap();
    assert_eq!((closed.state(), closed.etag.as_str()), (State::Closed, "5"));
    for (day, state) in [
        ("2014-01-31", State::Active),
        ("2014-02-01", State::Suspended),
        ("2014-03-01", State::Active),
        ("2014-07-01", State::Closed),
    ] {
        assert_eq!(desk.get_on(&name, day).await.state(), state, "{day}");
    }
    assert_eq!(refused(service.close_employer(call(close)).await), "EMPLOYER_CLOSED");
    let late = RecordWorkforceRequest { workforce: Some(counted("2014-07-01", 5)), ..count };
    assert_eq!(refused(service.record_workforce(call(late)).await), "EMPLOYER_CLOSED");
}

#[tokio::test]
async fn no_women_is_another_thing_than_women_not_counted() {
    let desk = desk().await;
    let name = desk.create(employer(1)).await.unwrap().name;
    let days = ["2014-05-01", "2014-05-02", "2014-05-03"];
    let parts = [(Some(0), None), (None, Some(0)), (Some(5), Some(4))];
    for (day, (female_count, migrant_count)) in days.into_iter().zip(parts) {
        let workforce = Workforce { female_count, migrant_count, ..counted(day, 5) };
        let count = RecordWorkforceRequest {
            name: name.clone(),
            workforce: Some(workforce),
            ..Default::default()
        };
        inner(desk.service.record_workforce(call(count)).await).unwrap();
    }
    for (day, (female_count, migrant_count)) in days.into_iter().zip(parts) {
        let kept = desk.get_on(&name, day).await.workforce.unwrap();
        assert_eq!((kept.female_count, kept.migrant_count), (female_count, migrant_count), "{day}");
    }
}

#[tokio::test]
async fn a_withdrawn_employer_was_never_there() {
    let desk = desk().await;
    let name = desk.create(employer(1)).await.unwrap().name;
    let delete = DeleteEmployerRequest { name: name.clone(), ..Default::default() };
    let stale = DeleteEmployerRequest { etag: "9".to_owned(), ..delete.clone() };
    let service = &desk.service;
    assert_eq!(refused(service.delete_employer(call(stale)).await), "ETAG_MISMATCH");
    let tried = DeleteEmployerRequest { validate_only: true, ..delete.clone() };
    service.delete_employer(call(tried)).await.unwrap();
    let keyed = DeleteEmployerRequest { request_id: Uuid::from_u128(5).to_string(), ..delete };
    service.delete_employer(call(keyed.clone())).await.unwrap();
    service.delete_employer(call(keyed)).await.unwrap();
    assert_eq!(refused(desk.get(&name).await), "NOT_FOUND");
    let events = desk.rig.events().await;
    let last = events.last().unwrap();
    assert_eq!((last.kind, last.version, last.snapshot.is_empty()), (3, 2, true));
    assert_eq!(events.iter().filter(|event| event.record == name).count(), 2);
    let again = desk.create(employer(1)).await.unwrap();
    assert_ne!(again.name, name, "the code is free again");
}

#[tokio::test]
async fn every_recorded_fact_is_listed_the_latest_first() {
    let desk = desk().await;
    let entered = desk.create(employer(1)).await.unwrap();
    let next = Employer { phone: "010-66660000".to_owned(), ..entered.clone() };
    desk.update(next, &["phone"]).await.unwrap();
    let ask = ListEmployerFactsRequest { parent: entered.name, page_size: 2, ..Default::default() };
    let mut facts = Vec::new();
    let mut token = String::new();
    loop {
        let message = ListEmployerFactsRequest { page_token: token, ..ask.clone() };
        let page = inner(desk.service.list_employer_facts(call(message)).await).unwrap();
        facts.extend(page.employer_facts);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    let shape = |fact: &unionhall_proto::registry::v1::EmployerFact| {
        (fact.field.clone(), fact.valid_until.is_some(), fact.supersede_time.is_some())
    };
    assert_eq!(shape(&facts[0]), ("phone".to_owned(), false, false));
    assert_eq!(facts[0].value.as_ref().unwrap().phone, "010-66660000");
    assert_eq!(shape(&facts[1]), ("phone".to_owned(), true, false), "the old one, cut");
    let old = facts.iter().filter(|fact| fact.supersede_time.is_some());
    assert_eq!(old.map(|fact| fact.field.as_str()).collect::<Vec<_>>(), ["phone"]);
    assert_eq!(facts.len(), 8 + 2 + 1, "{facts:?}");
}

#[tokio::test]
async fn a_repeated_request_has_one_effect_and_a_trial_has_none() {
    let desk = desk().await;
    let service = &desk.service;
    let request_id = Uuid::from_u128(9).to_string();
    let asked = CreateEmployerRequest {
        employer: Some(employer(1)),
        request_id: request_id.clone(),
        ..Default::default()
    };
    let trial = CreateEmployerRequest { validate_only: true, ..asked.clone() };
    let shown = inner(service.create_employer(call(trial)).await).unwrap();
    assert_eq!(refused(desk.get(&shown.name).await), "NOT_FOUND");
    assert!(desk.rig.events().await.iter().all(|event| !event.record.starts_with("employers")));
    let first = inner(service.create_employer(call(asked.clone())).await).unwrap();
    let second = inner(service.create_employer(call(asked.clone())).await).unwrap();
    assert_eq!(first, second);
    let elsewhere = service.create_employer(call_within("110101", asked.clone())).await;
    assert_eq!(refused(elsewhere), "OUT_OF_SCOPE", "a replay is authorised anew");
    let other = CreateEmployerRequest { employer: Some(employer(2)), ..asked };
    assert_eq!(refused(service.create_employer(call(other)).await), "REQUEST_ID_REUSED");
    let events = desk.rig.events().await;
    let own: Vec<_> = events.iter().filter(|event| event.record == first.name).collect();
    assert_eq!(own.len(), 1);
    assert_eq!(own[0].snapshot_type, "unionhall.registry.v1.Employer");
    assert_eq!(Employer::decode(own[0].snapshot.as_slice()).unwrap(), first);
    assert_eq!((own[0].area.as_str(), own[0].version), (HOME, 1));
}

#[tokio::test]
async fn writers_of_one_code_or_one_record_follow_each_other() {
    let desk = desk().await;
    let (one, two) = tokio::join!(desk.create(employer(1)), desk.create(employer(1)));
    let (entered, late) = if one.is_ok() { (one, two) } else { (two, one) };
    let entered = entered.unwrap();
    assert_eq!(refused(late), "EMPLOYER_EXISTS");
    let phones = ["010-66660001", "010-66660002", "010-66660003", "010-66660004"];
    let updates = phones.map(|phone| {
        let next = Employer { phone: phone.to_owned(), etag: String::new(), ..entered.clone() };
        desk.update(next, &["phone"])
    });
    let mut etags: Vec<String> = futures::future::join_all(updates)
        .await
        .into_iter()
        .map(|changed| changed.unwrap().etag)
        .collect();
    etags.sort();
    assert_eq!(etags, ["2", "3", "4", "5"]);
    let events = desk.rig.events().await;
    let versions = events.iter().filter(|event| event.record == entered.name);
    assert_eq!(versions.map(|event| event.version).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
}
