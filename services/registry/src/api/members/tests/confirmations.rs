//! Currency: who confirmed what, and who is behind.

use unionhall_proto::{
    common::v1::TemplateFormat,
    registry::v1::{
        ConfirmMemberRequest, ConfirmUnionMembersRequest, ConfirmUnionMembersResponse,
        GetConfirmationSheetRequest, ListUnconfirmedUnionsRequest, UnconfirmedUnion,
        confirmation_service_server::ConfirmationService,
    },
};

use super::*;

const REQUEST: &str = "7f1e3c52-8a41-4b8e-9d6f-2f6b1c0a5d11";

impl Desk {
    async fn confirm(&self, name: &str, etag: &str) -> Result<Member, Status> {
        let message = ConfirmMemberRequest {
            name: name.to_owned(),
            etag: etag.to_owned(),
            ..Default::default()
        };
        inner(self.service.confirm_member(call(message)).await)
    }

    async fn confirm_all(
        &self,
        message: ConfirmUnionMembersRequest,
    ) -> Result<ConfirmUnionMembersResponse, Status> {
        inner(self.service.confirm_union_members(call(message)).await)
    }

    /// The work list, in pages of one.
    async fn behind(&self, area: &str, parent: &str) -> Vec<UnconfirmedUnion> {
        let (mut found, mut page_token) = (Vec::new(), String::new());
        loop {
            let parent = parent.to_owned();
            let message = ListUnconfirmedUnionsRequest {
                parent,
                page_size: 1,
                page_token,
                ..Default::default()
            };
            let answer = self.service.list_unconfirmed_unions(call_within(area, message)).await;
            let answer = inner(answer).unwrap();
            assert!(answer.unconfirmed_unions.len() <= 1);
            found.extend(answer.unconfirmed_unions);
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                return found;
            }
        }
    }
}

/// Three members of one union and one of another, entered in July; it is August.
async fn stocked() -> (Desk, [String; 2], Vec<String>) {
    let desk = desk().await;
    let unions = [desk.union("第一", HOME).await, desk.union("第二", NEIGHBOUR).await];
    let mut names = Vec::new();
    for (at, union) in [(0, 0), (1, 0), (2, 0), (3, 1)] {
        names.push(desk.create(person(at), &unions[union], "2014-02-27").await.unwrap().name);
    }
    desk.rig.clock.set("2014-08-05T02:00:00Z".parse().unwrap());
    (desk, unions, names)
}

#[tokio::test]
async fn one_record_is_confirmed_once_a_day() {
    let (desk, _, names) = stocked().await;
    let before = desk.get_as("11", &names[0]).await.unwrap();
    assert_eq!(refused(desk.confirm(&names[0], "7").await), "ETAG_MISMATCH");
    let confirmed = desk.confirm(&names[0], &before.etag).await.unwrap();
    assert_eq!(confirmed.confirmed_on, date("2014-08-05"));
    assert_eq!(confirmed.etag, "2");
    let again = desk.confirm(&names[0], "").await.unwrap();
    assert_eq!(again, confirmed, "nothing is left to confirm today");
    let details = desk.rig.audit_details().await;
    assert_eq!(details.iter().filter(|detail| *detail == "confirmed").count(), 1);

    let message =
        ConfirmMemberRequest { name: names[1].clone(), validate_only: true, ..Default::default() };
    let shown = inner(desk.service.confirm_member(call(message.clone())).await).unwrap();
    assert_eq!(shown.confirmed_on, date("2014-08-05"));
    assert_eq!(desk.get_as("11", &names[1]).await.unwrap().confirmed_on, date("2014-07-01"));
    let outside = desk.service.confirm_member(call_within("110105", message)).await;
    assert_eq!(refused(inner(outside)), "NOT_FOUND");
    desk.end(&names[1], WayOut::Withdrawn, "2014-08-01").await.unwrap();
    assert_eq!(refused(desk.confirm(&names[1], "").await), "MEMBERSHIP_STEP_INVALID");
}

#[tokio::test]
async fn a_union_is_confirmed_in_stretches_but_for_those_named() {
    let (desk, unions, names) = stocked().await;
    let asked = |page_size, request_id: &str| ConfirmUnionMembersRequest {
        name: unions[0].clone(),
        except_members: vec![names[2].clone()],
        page_size,
        request_id: request_id.to_owned(),
        ..Default::default()
    };
    let trial = ConfirmUnionMembersRequest { validate_only: true, ..asked(0, "") };
    let answer = desk.confirm_all(trial).await.unwrap();
    assert_eq!((answer.confirmed_count, answer.remaining_count), (2, 0));
    let first = desk.confirm_all(asked(1, REQUEST)).await.unwrap();
    assert_eq!((first.confirmed_count, first.remaining_count), (1, 1));
    assert_eq!(desk.confirm_all(asked(1, REQUEST)).await.unwrap(), first, "a repetition");
    let second = desk.confirm_all(asked(1, "")).await.unwrap();
    assert_eq!((second.confirmed_count, second.remaining_count), (1, 0));
    let third = desk.confirm_all(asked(1, "")).await.unwrap();
    assert_eq!((third.confirmed_count, third.remaining_count), (0, 0));
    for (name, day) in [(0, "2014-08-05"), (1, "2014-08-05"), (2, "2014-07-01"), (3, "2014-07-01")]
    {
        let member = desk.get_as("11", &names[name]).await.unwrap();
        assert_eq!(member.confirmed_on, date(day), "{name}");
    }
    let details = desk.rig.audit_details().await;
    let each = details.iter().filter(|detail| *detail == "confirmed with its union").count();
    assert_eq!(each, 2, "whose record it is can be told of it");
    let outside = desk.service.confirm_union_members(call_within("110105", asked(0, ""))).await;
    assert_eq!(refused(inner(outside)), "NOT_FOUND");
    let future =
        ConfirmUnionMembersRequest { confirmed_before: date("2014-08-06"), ..asked(0, "") };
    assert_eq!(refused(desk.confirm_all(future).await), "MEMBER_DATE_INVALID");
}

#[tokio::test]
async fn the_work_list_counts_who_is_behind_by_union() {
    let (desk, unions, names) = stocked().await;
    let told = |list: Vec<UnconfirmedUnion>| -> Vec<(String, i64, i64)> {
        list.into_iter().map(|u| (u.union, u.unconfirmed_count, u.member_count)).collect()
    };
    let [home, other] = unions.clone();
    // By area: the second union's comes first.
    let all = told(desk.behind("11", "areas/-").await);
    assert_eq!(all, [(other.clone(), 1, 1), (home.clone(), 3, 3)]);
    desk.confirm(&names[0], "").await.unwrap();
    desk.confirm(&names[3], "").await.unwrap();
    desk.end(&names[1], WayOut::Withdrawn, "2014-08-01").await.unwrap();
    let list = desk.behind("11", "areas/110102").await;
    assert_eq!(list[0].oldest_confirmed_on, date("2014-07-01"));
    assert_eq!(told(list), [(home.clone(), 1, 2)]);
    assert!(desk.behind("110102010", "areas/-").await.is_empty());
    let message =
        ListUnconfirmedUnionsRequest { parent: "areas/110105".to_owned(), ..Default::default() };
    let outside = desk.service.list_unconfirmed_unions(call_within("110102", message)).await;
    assert_eq!(refused(inner(outside)), "OUT_OF_SCOPE");
}

#[tokio::test]
async fn a_sheet_has_those_who_are_behind_and_no_number() {
    let (desk, unions, names) = stocked().await;
    desk.confirm(&names[0], "").await.unwrap();
    let (mut rows, mut page_token) = (Vec::new(), String::new());
    loop {
        let message = GetConfirmationSheetRequest {
            name: unions[0].clone(),
            format: TemplateFormat::Csv.into(),
            page_size: 1,
            page_token,
            ..Default::default()
        };
        let sheet = inner(desk.service.get_confirmation_sheet(call(message)).await).unwrap();
        assert_eq!(sheet.member_count, 1);
        let text = String::from_utf8(sheet.content.to_vec()).unwrap();
        assert!(text.starts_with("\u{FEFF}会员标识,姓名,"), "{text}");
        assert!(!NUMBERS.iter().any(|number| text.contains(number)), "{text}");
        rows.extend(text.lines().skip(1).map(str::to_owned));
        page_token = sheet.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    rows.sort();
    let masked = format!("1{}", "*".repeat(17));
    let expected = |at: usize| format!("{},{},{masked},2014-07-01,,,,", names[at], NAMES[at]);
    let mut of_both = [expected(1), expected(2)].to_vec();
    of_both.sort();
    assert_eq!(rows, of_both);
    let message = GetConfirmationSheetRequest { name: unions[0].clone(), ..Default::default() };
    let book = inner(desk.service.get_confirmation_sheet(call(message.clone())).await).unwrap();
    assert!(book.content.starts_with(b"PK") && book.file_name.ends_with(".xlsx"));
    let audit = desk.rig.audit_details().await;
    let given = |detail: &&String| detail.starts_with("gave out a sheet to confirm");
    assert_eq!(audit.iter().filter(given).count(), 3, "{audit:?}");
    let outside = desk.service.get_confirmation_sheet(call_within("110105", message)).await;
    assert_eq!(refused(inner(outside)), "NOT_FOUND");
}
