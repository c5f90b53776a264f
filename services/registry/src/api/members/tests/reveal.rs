//! Showing what is protected.

use unionhall_kit::clock::Clock;
use unionhall_proto::registry::v1::{
    ProtectedField, RevealMemberRequest, RevealMemberResponse,
    member_protection_service_server::MemberProtectionService,
};

use super::*;

fn asking(name: &str, fields: &[ProtectedField]) -> RevealMemberRequest {
    RevealMemberRequest {
        name: name.to_owned(),
        fields: fields.iter().map(|field| i32::from(*field)).collect(),
        reason: "本人来访核对".to_owned(),
        ..Default::default()
    }
}

const BOTH: [ProtectedField; 2] = [ProtectedField::Documents, ProtectedField::Mobile];

impl Desk {
    async fn reveal(
        &self,
        area: &str,
        asked: RevealMemberRequest,
    ) -> Result<RevealMemberResponse, Status> {
        inner(self.service.reveal_member(call_within(area, asked)).await)
    }

    async fn looks(&self) -> Vec<String> {
        let details = self.rig.audit_details().await;
        details.into_iter().filter(|detail| detail.starts_with("revealed")).collect()
    }
}

#[tokio::test]
async fn what_is_asked_for_is_shown_and_the_look_is_kept() {
    let desk = desk().await;
    let union = desk.union("第一", HOME).await;
    let name = desk.create(person(0), &union, "2014-02-27").await.unwrap().name;
    let renewed = Member { name: name.clone(), mobile: "13900000009".into(), ..Default::default() };
    desk.update(renewed, &["mobile"], "2014-05-01").await.unwrap();
    let events = desk.rig.events().await.len();

    let shown = desk.reveal("110102012", asking(&name, &BOTH)).await.unwrap();
    assert_eq!(shown.documents[0].number, NUMBERS[0]);
    assert_eq!(shown.mobile, "13900000009");
    let mobile = asking(&name, &[ProtectedField::Mobile]);
    let earlier = RevealMemberRequest { day: date("2014-03-01"), ..mobile.clone() };
    let shown = desk.reveal("11", earlier).await.unwrap();
    assert_eq!((shown.documents.len(), shown.mobile.as_str()), (0, "13800000000"));

    let looks = desk.looks().await;
    assert_eq!(
        looks,
        ["revealed documents, mobile: 本人来访核对", "revealed mobile: 本人来访核对"]
    );
    assert_eq!(desk.rig.events().await.len(), events, "a look is no event");

    for (area, asked, reason) in [
        ("110102010", mobile.clone(), "NOT_FOUND"),
        ("11", RevealMemberRequest { fields: vec![], ..mobile.clone() }, "INVALID_FIELD"),
        ("11", RevealMemberRequest { fields: vec![0], ..mobile.clone() }, "INVALID_FIELD"),
        ("11", RevealMemberRequest { fields: vec![9], ..mobile.clone() }, "INVALID_FIELD"),
        ("11", RevealMemberRequest { reason: "核".into(), ..mobile.clone() }, "INVALID_FIELD"),
        (
            "11",
            RevealMemberRequest { reason: format!("核对{}", NUMBERS[0]), ..mobile.clone() },
            "PURPOSE_INVALID",
        ),
        ("11", RevealMemberRequest { name: "members/1".into(), ..mobile }, "INVALID_FIELD"),
    ] {
        assert_eq!(refused(desk.reveal(area, asked).await), reason);
    }
    assert_eq!(desk.looks().await.len(), 2, "nothing was shown");
}

#[tokio::test]
async fn a_repeated_look_is_one_more_look() {
    let desk = desk().await;
    let union = desk.union("第一", HOME).await;
    let name = desk.create(person(0), &union, "2014-02-27").await.unwrap().name;
    let request_id = "6f0e1c8a-3d5b-4a57-9a63-1f2f3a4b5c6e".to_owned();
    let asked = RevealMemberRequest { request_id, ..asking(&name, &BOTH) };
    for _ in 0..3 {
        let shown = desk.reveal("11", asked.clone()).await.unwrap();
        assert_eq!(shown.documents[0].number, NUMBERS[0]);
    }
    assert_eq!(desk.looks().await.len(), 3);
    let other = RevealMemberRequest { reason: "另一理由".into(), ..asked };
    assert_eq!(refused(desk.reveal("11", other).await), "REQUEST_ID_REUSED");
}

/// Whoever tries numbers out meets the limit before a number.
#[tokio::test]
async fn a_question_that_finds_nobody_is_a_look() {
    let mut desk = desk().await;
    let union = desk.union("第一", HOME).await;
    desk.create(person(0), &union, "2014-02-27").await.unwrap();
    desk.rig.register.looks_an_hour = 3;
    desk.service = Members::over(desk.rig.register.clone());
    let lookup = |number: &str| {
        let document = IdentityDocument {
            document_type: "111".to_owned(),
            number: number.to_owned(),
            ..Default::default()
        };
        call(LookupMembersRequest { document: Some(document), ..Default::default() })
    };
    for _ in 0..5 {
        let found = inner(desk.service.lookup_members(lookup(NUMBERS[0])).await).unwrap();
        assert_eq!(found.members.len(), 1, "who finds somebody meets no limit");
    }
    for number in &NUMBERS[1..3] {
        let found = inner(desk.service.lookup_members(lookup(number)).await).unwrap();
        assert!(found.members.is_empty());
    }
    let check = CreateMemberRequest {
        member: Some(person(3)),
        union: union.clone(),
        way_in: WayIn::Admitted.into(),
        effective_date: date("2014-02-27"),
        validate_only: true,
        ..Default::default()
    };
    inner(desk.service.create_member(call(check.clone())).await).unwrap();
    assert_eq!(refused(desk.service.create_member(call(check)).await), "RATE_LIMITED");
    assert_eq!(refused(desk.service.lookup_members(lookup(NUMBERS[1])).await), "RATE_LIMITED");
    let details = desk.rig.audit_details().await;
    let noted = details.iter().filter(|detail| detail.contains("nobody")).count();
    assert_eq!(noted, 3, "{details:?}");
}

#[tokio::test]
async fn a_client_has_so_many_looks_an_hour() {
    let mut desk = desk().await;
    let union = desk.union("第一", HOME).await;
    let name = desk.create(person(0), &union, "2014-02-27").await.unwrap().name;
    desk.rig.register.looks_an_hour = 3;
    desk.service = Members::over(desk.rig.register.clone());
    let looks = async |desk: &Desk, count: usize| {
        for _ in 0..count {
            desk.reveal("11", asking(&name, &BOTH)).await.unwrap();
        }
        let status = desk.reveal("11", asking(&name, &BOTH)).await.unwrap_err();
        let wait = status.get_error_details().retry_info().and_then(|info| info.retry_delay);
        assert_eq!(refused(Err::<(), _>(status)), "RATE_LIMITED");
        wait.unwrap().as_secs()
    };
    assert_eq!(looks(&desk, 3).await, 3_600);
    // Another process counts on from there.
    desk.service = Members::over(desk.rig.register.clone());
    assert_eq!(looks(&desk, 0).await, 3_600);
    desk.rig.clock.advance(chrono::TimeDelta::seconds(3_599));
    assert_eq!(looks(&desk, 0).await, 1);
    desk.rig.clock.advance(chrono::TimeDelta::seconds(1));
    assert_eq!(desk.rig.clock.now().to_rfc3339(), "2014-07-01T03:00:00+00:00");
    assert_eq!(looks(&desk, 3).await, 3_600);
    assert_eq!(desk.looks().await.len(), 6);
}
