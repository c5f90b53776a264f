//! What persons ask for, and everything about one in one call.

use unionhall_proto::registry::v1::{
    AnswerSubjectRequestRequest, DiscloseMemberRequest, DiscloseMemberResponse,
    GetSubjectRequestRequest, ListSubjectRequestsRequest, ProtectedField,
    RecordSubjectRequestRequest, SubjectRequest, SubjectRequestOutcome,
    subject_request::{Kind, State as RequestState},
    subject_request_service_server::SubjectRequestService,
};

use super::*;
use crate::testing::call_with;

fn receiving(name: &str, kind: Kind, on: &str) -> RecordSubjectRequestRequest {
    RecordSubjectRequestRequest {
        parent: name.to_owned(),
        subject_request: Some(SubjectRequest {
            kind: kind.into(),
            received_on: date(on),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn refusing(name: &str, article: i32) -> AnswerSubjectRequestRequest {
    AnswerSubjectRequestRequest {
        name: name.to_owned(),
        outcome: SubjectRequestOutcome::Refused.into(),
        answer: "保存期限未满".to_owned(),
        article,
        ..Default::default()
    }
}

impl Desk {
    async fn ask(&self, message: RecordSubjectRequestRequest) -> Result<SubjectRequest, Status> {
        inner(self.service.record_subject_request(call(message)).await)
    }

    async fn answer(&self, message: AnswerSubjectRequestRequest) -> Result<SubjectRequest, Status> {
        inner(self.service.answer_subject_request(call(message)).await)
    }

    async fn requests(&self, area: &str, asked: ListSubjectRequestsRequest) -> Vec<String> {
        let (mut names, mut page_token) = (Vec::new(), String::new());
        loop {
            let message = ListSubjectRequestsRequest { page_size: 1, page_token, ..asked.clone() };
            let answer = self.service.list_subject_requests(call_within(area, message)).await;
            let answer = inner(answer).unwrap();
            names.extend(answer.subject_requests.into_iter().map(|request| request.name));
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                return names;
            }
        }
    }
}

#[tokio::test]
async fn a_request_is_due_answered_once_and_listed() {
    let desk = desk().await;
    let (home, other) = (desk.union("第一", HOME).await, desk.union("第二", NEIGHBOUR).await);
    let one = desk.create(person(0), &home, "2014-02-27").await.unwrap().name;
    let two = desk.create(person(1), &other, "2014-02-27").await.unwrap().name;
    let check = RecordSubjectRequestRequest {
        validate_only: true,
        ..receiving(&one, Kind::Access, "2014-06-20")
    };
    desk.ask(check).await.unwrap();
    let request_id = "1b6a2a4e-6a7e-4b4f-93a3-000000000003".to_owned();
    let access =
        RecordSubjectRequestRequest { request_id, ..receiving(&one, Kind::Access, "2014-06-20") };
    let access_name = desk.ask(access.clone()).await.unwrap();
    assert_eq!(desk.ask(access).await.unwrap(), access_name);
    assert_eq!(access_name.due_on, date("2014-07-20"));
    let erasure = desk.ask(receiving(&one, Kind::Erasure, "2014-06-01")).await.unwrap();
    let elsewhere = desk.ask(receiving(&two, Kind::Correction, "2014-06-10")).await.unwrap();
    for (asked, reason) in [
        (receiving(&one, Kind::Access, "2014-07-02"), "SUBJECT_REQUEST_INVALID"),
        (receiving(&one, Kind::Unspecified, "2014-06-20"), "INVALID_FIELD"),
    ] {
        assert_eq!(refused(desk.ask(asked).await), reason);
    }
    let outside = call_within("110102010", receiving(&one, Kind::Access, "2014-06-20"));
    assert_eq!(refused(inner(desk.service.record_subject_request(outside).await)), "NOT_FOUND");

    let everybody =
        ListSubjectRequestsRequest { parent: "members/-".to_owned(), ..Default::default() };
    let all = [&erasure.name, &elsewhere.name, &access_name.name].map(Clone::clone);
    assert_eq!(desk.requests("11", everybody.clone()).await, all);
    assert_eq!(desk.requests("110102010", everybody.clone()).await, all[1..2]);
    let due = ListSubjectRequestsRequest { due_before: date("2014-07-10"), ..everybody.clone() };
    assert_eq!(desk.requests("110102012", due).await, all[..1]);

    for (answer, reason) in [
        (refusing(&erasure.name, 0), "SUBJECT_REQUEST_INVALID"),
        (refusing(&erasure.name, 43), "SUBJECT_REQUEST_INVALID"),
        (
            AnswerSubjectRequestRequest { answer: String::new(), ..refusing(&erasure.name, 47) },
            "SUBJECT_REQUEST_INVALID",
        ),
        (
            AnswerSubjectRequestRequest {
                answer: format!("{}未到期", NUMBERS[0]),
                ..refusing(&erasure.name, 47)
            },
            "PURPOSE_INVALID",
        ),
        (
            AnswerSubjectRequestRequest { etag: "7".to_owned(), ..refusing(&erasure.name, 47) },
            "ETAG_MISMATCH",
        ),
        (
            AnswerSubjectRequestRequest {
                answered_on: date("2014-05-31"),
                ..refusing(&erasure.name, 47)
            },
            "SUBJECT_REQUEST_INVALID",
        ),
        (refusing(&erasure.name.replace(&one, &two), 47), "NOT_FOUND"),
    ] {
        assert_eq!(refused(desk.answer(answer).await), reason);
    }
    let answered = desk.answer(refusing(&erasure.name, 47)).await.unwrap();
    assert_eq!((answered.state(), answered.article), (RequestState::Refused, 47));
    assert_eq!(answered.answered_on, date("2014-07-01"));
    let message = GetSubjectRequestRequest { name: erasure.name.clone() };
    let shown = desk.service.get_subject_request(call(message.clone())).await;
    assert_eq!(inner(shown).unwrap(), answered);
    let outside = desk.service.get_subject_request(call_within("110102010", message)).await;
    assert_eq!(refused(inner(outside)), "NOT_FOUND");
    assert_eq!(refused(desk.answer(refusing(&erasure.name, 47)).await), "SUBJECT_REQUEST_INVALID");
    let open = ListSubjectRequestsRequest { state: RequestState::Open.into(), ..everybody };
    assert_eq!(desk.requests("110102012", open).await, all[2..]);
    let events = desk.rig.events().await;
    assert_eq!(events.iter().filter(|event| event.record == erasure.name).count(), 2);
}

fn disclosing(name: &str, fields: &[ProtectedField]) -> DiscloseMemberRequest {
    DiscloseMemberRequest {
        name: name.to_owned(),
        fields: fields.iter().map(|field| i32::from(*field)).collect(),
        reason: "本人查阅".to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn one_call_gives_the_record_its_history_and_who_looked() {
    let desk = desk().await;
    let union = desk.union("第一", HOME).await;
    let name = desk.create(person(0), &union, "2014-02-27").await.unwrap().name;
    let renewed = Member { name: name.clone(), mobile: "13900000009".into(), ..Default::default() };
    desk.update(renewed, &["mobile"], "2014-05-01").await.unwrap();
    desk.ask(receiving(&name, Kind::Access, "2014-06-20")).await.unwrap();

    let all = async |page_size: i32, fields: &[ProtectedField]| {
        let mut whole = DiscloseMemberResponse::default();
        let mut page_token = String::new();
        loop {
            let asked =
                DiscloseMemberRequest { page_size, page_token, ..disclosing(&name, fields) };
            let page = inner(desk.service.disclose_member(call(asked)).await).unwrap();
            assert!(
                page.member_facts.len() + page.acts.len() <= usize::try_from(page_size).unwrap()
            );
            whole.member = whole.member.or(page.member);
            whole.documents.extend(page.documents);
            whole.subject_requests.extend(page.subject_requests);
            whole.mobile.push_str(&page.mobile);
            whole.member_facts.extend(page.member_facts);
            whole.acts.extend(page.acts);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return whole;
            }
        }
    };
    let whole = all(1_000, &[]).await;
    assert_eq!(whole.member.clone().unwrap(), desk.get_as("11", &name).await.unwrap());
    assert_eq!((whole.documents.len(), whole.mobile.as_str()), (0, ""));
    assert_eq!(whole.subject_requests.len(), 1);
    let methods: Vec<&str> = whole.acts.iter().map(|act| act.detail.as_str()).collect();
    assert_eq!(methods.len(), 3, "{methods:?}");
    assert_eq!(methods[0], "request recorded");
    assert!(whole.acts.iter().all(|act| act.client == "tester" && act.member == name));
    let shown = format!("{whole:?}");
    assert!(!shown.contains(NUMBERS[0]) && !shown.contains("13900000009"), "{shown}");

    let pages = all(2, &[ProtectedField::Documents, ProtectedField::Mobile]).await;
    assert_eq!(pages.member_facts, whole.member_facts);
    assert_eq!(
        (pages.documents[0].number.as_str(), pages.mobile.as_str()),
        (NUMBERS[0], "13900000009")
    );
    assert_eq!(pages.acts.last(), whole.acts.last());
    let details = desk.rig.audit_details().await;
    assert!(details.contains(&"disclosed, revealed documents, mobile: 本人查阅".to_owned()));
    assert!(details.contains(&"disclosed: 本人查阅".to_owned()));

    let disclose = ["registry.members.disclose"];
    let masked = call_with(&disclose, "110102012", disclosing(&name, &[]));
    inner(desk.service.disclose_member(masked).await).unwrap();
    let plain = call_with(&disclose, "110102012", disclosing(&name, &[ProtectedField::Mobile]));
    assert_eq!(refused(inner(desk.service.disclose_member(plain).await)), "PERMISSION_DENIED");
    let outside = call_within("110102010", disclosing(&name, &[]));
    assert_eq!(refused(inner(desk.service.disclose_member(outside).await)), "NOT_FOUND");
}
