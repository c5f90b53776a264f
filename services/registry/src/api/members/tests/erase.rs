//! Erasing what is personal.

use sea_orm::{ConnectionTrait, FromQueryResult};
use unionhall_kit::db::sql;
use unionhall_proto::registry::v1::{
    EraseMemberRequest, EraseMemberResponse, ProtectedField, RevealMemberRequest,
    member_protection_service_server::MemberProtectionService,
};

use super::*;

fn asking(name: &str) -> EraseMemberRequest {
    EraseMemberRequest {
        name: name.to_owned(),
        reason: "本人要求删除".to_owned(),
        ..Default::default()
    }
}

impl Desk {
    async fn erase(
        &self,
        area: &str,
        asked: EraseMemberRequest,
    ) -> Result<EraseMemberResponse, Status> {
        inner(self.service.erase_member(call_within(area, asked)).await)
    }

    fn later(&self) {
        self.rig.clock.set("2017-06-30T02:00:00Z".parse().unwrap());
    }

    /// Whatever the tables of members and events hold, as text.
    async fn stored(&self) -> String {
        #[derive(FromQueryResult)]
        struct Row {
            text: String,
        }
        let reader = self.rig.register.ledger.db().reader();
        let mut stored = String::new();
        for (table, columns) in [
            ("member", "name_key || facts || confirmations"),
            ("member_change", "added || gone"),
            ("event", "hex(snapshot)"),
            ("audit_entry", "detail"),
        ] {
            let text = format!("SELECT {columns} AS text FROM {table}");
            let rows = Row::find_by_statement(sql(reader, &text, [])).all(reader).await.unwrap();
            stored.extend(rows.into_iter().map(|row| row.text));
        }
        stored
    }

    async fn rows(&self, table: &str) -> i64 {
        let reader = self.rig.register.ledger.db().reader();
        let text = format!("SELECT COUNT(*) AS n FROM {table}");
        let row = reader.query_one_raw(sql(reader, &text, [])).await.unwrap().unwrap();
        row.try_get("", "n").unwrap()
    }
}

#[tokio::test]
async fn what_is_personal_goes_and_figures_stay() {
    let desk = desk().await;
    let union = desk.union("第一", HOME).await;
    let member = Member {
        display_name: "竹青青".to_owned(),
        residence: format!("areas/{HOME}"),
        worker_group: "COURIER".to_owned(),
        ..person(0)
    };
    let name = desk.create(member, &union, "2014-02-27").await.unwrap().name;
    let renewed = Member {
        name: name.clone(),
        display_name: "竹青".to_owned(),
        mobile: "13900000009".to_owned(),
        ..Default::default()
    };
    desk.update(renewed, &["display_name", "mobile"], "2014-05-01").await.unwrap();
    assert_eq!(refused(desk.erase("11", asking(&name)).await), "MEMBER_ERASURE_INVALID");
    let message = EndMembershipRequest {
        name: name.clone(),
        way_out: WayOut::Expelled.into(),
        effective_date: date("2014-06-30"),
        note: "某会决定第七号".to_owned(),
        ..Default::default()
    };
    desk.service.end_membership(call(message)).await.unwrap();
    let refusal = desk.erase("11", asking(&name)).await.unwrap_err();
    assert!(refusal.message().contains("2017-06-30"), "{}", refusal.message());
    desk.later();

    let check = EraseMemberRequest { validate_only: true, ..asking(&name) };
    let checked = desk.erase("11", check).await.unwrap();
    let expected = [
        "birth_date",
        "display_name",
        "documents",
        "ethnicity",
        "mobile",
        "passages.note",
        "residence",
    ];
    assert_eq!(checked.erased_fields, expected);
    assert_eq!(desk.get_as("11", &name).await.unwrap().display_name, "竹青");
    assert_eq!(refused(desk.erase("110102010", asking(&name)).await), "NOT_FOUND");
    let stale = EraseMemberRequest { etag: "1".to_owned(), ..asking(&name) };
    assert_eq!(refused(desk.erase("11", stale).await), "ETAG_MISMATCH");
    let tells = EraseMemberRequest { reason: format!("删除{}", NUMBERS[0]), ..asking(&name) };
    assert_eq!(refused(desk.erase("11", tells).await), "PURPOSE_INVALID");

    let figures = desk.figures().await;
    let request_id = "1b6a2a4e-6a7e-4b4f-93a3-000000000002".to_owned();
    let asked = EraseMemberRequest { request_id, ..asking(&name) };
    let erased = desk.erase("11", asked.clone()).await.unwrap();
    assert_eq!(desk.erase("11", asked).await.unwrap().member, erased.member);
    let stub = desk.get_as("11", &name).await.unwrap();
    assert_eq!(Some(&stub), erased.member.as_ref());
    assert!(stub.erase_time.is_some() && stub.display_name.is_empty());
    assert!(stub.documents.is_empty() && stub.passages.is_empty() && stub.birth_date.is_none());
    assert_eq!(desk.figures().await, figures);
    assert_eq!(desk.figures().await, desk.counted(&[&name]).await);
    assert!(desk.lookup_as("11", NUMBERS[0]).await.is_empty());
    let message = ListMembersRequest::default();
    let listed = inner(desk.service.list_members(call(message)).await).unwrap().members;
    assert!(listed.is_empty(), "{listed:?}");
    for table in ["member_key", "member_document", "member_mobile"] {
        assert_eq!(desk.rows(table).await, 0, "{table}");
    }
    let stored = desk.stored().await;
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02X}")).collect::<String>();
    for gone in ["竹青", "第七号", "****"] {
        assert!(!stored.contains(gone) && !stored.contains(&hex(gone)), "{gone}");
    }
    for gone in ["1888-08-08", HOME] {
        assert!(!stored.contains(gone), "{gone}");
    }
    assert!(stored.contains("erased birth_date"), "the audit tells what went and why");

    let message = RevealMemberRequest {
        name: name.clone(),
        fields: vec![ProtectedField::Documents.into()],
        reason: "本人来访核对".to_owned(),
        ..Default::default()
    };
    let shown = inner(desk.service.reveal_member(call(message)).await);
    assert_eq!(refused(shown), "MEMBER_ERASED");
    assert_eq!(refused(desk.erase("11", asking(&name)).await), "MEMBER_ERASED");
    // The person may come back, and is entered anew.
    desk.create(person(0), &union, "2017-06-30").await.unwrap();
}

#[tokio::test]
async fn records_that_were_merged_go_along() {
    let desk = desk().await;
    let union = desk.union("第一", HOME).await;
    let mut names = Vec::new();
    for at in 0..3 {
        let name = desk.create(person(at), &union, "2014-02-27").await.unwrap().name;
        desk.end(&name, WayOut::Withdrawn, "2014-03-01").await.unwrap();
        names.push(name);
    }
    desk.merge_members(&names[1], &names[0]).await.unwrap();
    desk.merge_members(&names[2], &names[1]).await.unwrap();
    assert_eq!(desk.lookup_as("11", NUMBERS[0]).await[0].name, names[2]);
    desk.later();
    assert_eq!(refused(desk.erase("11", asking(&names[0])).await), "MEMBER_ERASED");
    let erased = desk.erase("11", asking(&names[2])).await.unwrap();
    let mut merged = names[..2].to_vec();
    merged.sort_unstable();
    assert_eq!(erased.merged_records, merged);
    assert_eq!(desk.rows("member_key").await, 0);
    let stored = desk.stored().await;
    for name in &NAMES[..3] {
        assert!(!stored.contains(name), "{name}");
    }
    assert_eq!(desk.figures().await, desk.counted(&[&names[0], &names[1], &names[2]]).await);
}

#[tokio::test]
async fn who_was_withdrawn_leaves_nothing_that_is_personal() {
    let desk = desk().await;
    let union = desk.union("第一", HOME).await;
    let member = Member {
        display_name: "竹青青".to_owned(),
        residence: format!("areas/{HOME}"),
        ..person(0)
    };
    let name = desk.create(member, &union, "2014-02-27").await.unwrap().name;
    let renewed =
        Member { name: name.clone(), mobile: "13900000009".to_owned(), ..Default::default() };
    desk.update(renewed, &["mobile"], "2014-05-01").await.unwrap();
    let request = DeleteMemberRequest { name: name.clone(), ..Default::default() };
    desk.service.delete_member(call(request)).await.unwrap();
    for table in ["member_key", "member_document", "member_mobile", "member_unit", "member_change"]
    {
        assert_eq!(desk.rows(table).await, 0, "{table}");
    }
    let stored = desk.stored().await;
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02X}")).collect::<String>();
    for gone in ["竹青", "****", "1888-08-08"] {
        assert!(!stored.contains(gone) && !stored.contains(&hex(gone)), "{gone}");
    }
    assert!(stored.contains(&hex(&name)), "consumers still learn whose events those are");
}
