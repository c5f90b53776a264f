//! A wrong number of a document.

use unionhall_proto::registry::v1::{
    CorrectDocumentRequest, CorrectDocumentResponse, ProtectedField, RevealMemberRequest,
    member_protection_service_server::MemberProtectionService,
};

use super::*;

impl Desk {
    async fn correct(
        &self,
        area: &str,
        asked: CorrectDocumentRequest,
    ) -> Result<CorrectDocumentResponse, Status> {
        inner(self.service.correct_document(call_within(area, asked)).await)
    }
}

fn asking(name: &str, number: &str) -> CorrectDocumentRequest {
    CorrectDocumentRequest {
        name: name.to_owned(),
        document: Some(document(number)),
        ..Default::default()
    }
}

#[tokio::test]
async fn the_right_number_stands_wherever_the_wrong_one_did() {
    let desk = desk().await;
    let union = desk.union("第一", HOME).await;
    let temporary = IdentityDocument { document_type: "112".to_owned(), ..document(NUMBERS[0]) };
    let both = Member { documents: vec![document(NUMBERS[0]), temporary], ..person(0) };
    let entered = desk.create(both, &union, "2014-02-27").await.unwrap();
    let name = entered.name.clone();

    let check = CorrectDocumentRequest { validate_only: true, ..asking(&name, NUMBERS[3]) };
    let checked = desk.correct("11", check).await.unwrap().member.unwrap();
    assert_eq!(checked.sex, "2");
    assert_eq!(desk.get_as("11", &name).await.unwrap(), entered);

    let request_id = "1b6a2a4e-6a7e-4b4f-93a3-000000000001".to_owned();
    let asked = CorrectDocumentRequest {
        etag: entered.etag.clone(),
        request_id,
        ..asking(&name, NUMBERS[3])
    };
    let answer = desk.correct("11", asked.clone()).await.unwrap();
    assert_eq!(answer.findings, []);
    let member = answer.member.unwrap();
    assert_eq!((member.sex.as_str(), member.birth_date), ("2", date("1887-03-15")));
    assert_eq!(desk.get_on(&name, "2014-02-27").await.birth_date, date("1887-03-15"));
    assert_eq!(desk.correct("11", asked).await.unwrap().member.unwrap(), member);
    let other = CorrectDocumentRequest { etag: entered.etag, ..asking(&name, NUMBERS[2]) };
    assert_eq!(refused(desk.correct("11", other).await), "ETAG_MISMATCH");

    // The wrong number finds nobody, and is free for the one whose it is.
    assert!(desk.lookup_as("11", NUMBERS[0]).await.is_empty());
    assert_eq!(desk.lookup_as("11", NUMBERS[3]).await[0].name, name);
    desk.create(person(0), &union, "2014-03-01").await.unwrap();
    let message = RevealMemberRequest {
        name: name.clone(),
        fields: vec![ProtectedField::Documents.into()],
        reason: "本人来访核对".to_owned(),
        day: date("2014-02-27"),
        ..Default::default()
    };
    let shown = inner(desk.service.reveal_member(call(message)).await).unwrap();
    let numbers: Vec<&str> = shown.documents.iter().map(|d| d.number.as_str()).collect();
    assert_eq!(numbers, [NUMBERS[3], NUMBERS[3]]);
    // The history has it, masked.
    let message = ListMemberFactsRequest { parent: name.clone(), ..Default::default() };
    let facts = inner(desk.service.list_member_facts(call(message)).await).unwrap().member_facts;
    let documents: Vec<_> = facts.iter().filter(|fact| fact.field == "documents").collect();
    assert_eq!(documents.iter().filter(|fact| fact.supersede_time.is_some()).count(), 2);
    let details = desk.rig.audit_details().await;
    assert!(details.contains(&"document corrected: birth_date, documents, sex".to_owned()));
    assert!(!format!("{facts:?}{details:?}").contains(NUMBERS[0]));
}

#[tokio::test]
async fn what_cannot_be_corrected_is_refused_by_name() {
    let desk = desk().await;
    let union = desk.union("第一", HOME).await;
    let name = desk.create(person(0), &union, "2014-02-27").await.unwrap().name;
    let holder = desk.create(person(1), &union, "2014-02-27").await.unwrap().name;
    let refusal = desk.correct("11", asking(&name, NUMBERS[1])).await.unwrap_err();
    let info = refusal.get_error_details().error_info().cloned().unwrap();
    assert_eq!((info.reason.as_str(), &info.metadata["member"]), ("MEMBER_EXISTS", &holder));
    for (asked, reason) in [
        (asking(&name, NUMBERS[0]), "DOCUMENT_CORRECTION_INVALID"),
        (asking(&name, "110102188808080010"), "DOCUMENT_INVALID"),
        (
            CorrectDocumentRequest { day: date("2014-02-26"), ..asking(&name, NUMBERS[2]) },
            "DOCUMENT_CORRECTION_INVALID",
        ),
        (
            CorrectDocumentRequest {
                document: Some(IdentityDocument {
                    document_type: "414".to_owned(),
                    ..document("E00000017")
                }),
                ..asking(&name, "")
            },
            "DOCUMENT_CORRECTION_INVALID",
        ),
        (CorrectDocumentRequest { document: None, ..asking(&name, "") }, "INVALID_FIELD"),
    ] {
        assert_eq!(refused(desk.correct("11", asked).await), reason);
    }
    let outside = desk.correct("110102010", asking(&name, NUMBERS[2])).await;
    assert_eq!(refused(outside), "NOT_FOUND");
    assert_eq!(desk.lookup_as("11", NUMBERS[0]).await.len(), 1);
}

/// Entered and put right on one day by an update, which leaves no row of the wrong number.
#[tokio::test]
async fn a_number_that_an_update_overwrites_on_its_first_day_is_free() {
    let desk = desk().await;
    let union = desk.union("第一", HOME).await;
    let name = desk.create(person(0), &union, "2014-02-27").await.unwrap().name;
    // Of one birth and sex, so that nothing contradicts.
    let passport = |number: &str| Member {
        name: name.clone(),
        documents: vec![IdentityDocument { document_type: "414".to_owned(), ..document(number) }],
        ..Default::default()
    };
    desk.update(passport("E00000017"), &["documents"], "2014-05-01").await.unwrap();
    desk.update(passport("E00000018"), &["documents"], "2014-05-01").await.unwrap();
    let found = async |number: &str| {
        let document = IdentityDocument { document_type: "414".to_owned(), ..document(number) };
        let message = LookupMembersRequest { document: Some(document), ..Default::default() };
        inner(desk.service.lookup_members(call(message)).await).unwrap().members.len()
    };
    assert_eq!((found("E00000017").await, found("E00000018").await), (0, 1));
    desk.update(passport("E00000019"), &["documents"], "2014-06-01").await.unwrap();
    assert_eq!((found("E00000018").await, found("E00000019").await), (1, 1));
}
