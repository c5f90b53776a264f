//! The confirmation sheet, given out, filled in and taken back.

use unionhall_proto::{
    common::v1::TemplateFormat,
    registry::v1::{
        GetConfirmationSheetRequest, ListMembersRequest, Member,
        confirmation_service_server::ConfirmationService, member::State as Standing,
        member_service_server::MemberService,
    },
};

use super::*;
use crate::{
    api::members::Members,
    testing::{call, day},
};

const HOME: &str = "110102012004";
const NAMES: [&str; 4] = ["甲某", "乙某", "丙某", "丁某"];
const NUMBERS: [&str; 4] =
    ["110102188808080017", "110102188808080025", "110104188703150034", "110104188703150042"];

/// Four members of a union, entered in May; it is June.
async fn stocked() -> Desk {
    let desk = desk().await;
    desk.rig.clock.set("2024-05-03T02:00:00Z".parse().unwrap());
    let unions = format!(
        "工会名称,组织类型,组织形式,组织层级,所辖区域,住所所在社区,建会日期\n\
         西什库社区联合工会,社区联合工会,联合工会委员会,社区,{HOME},{HOME},2012-05-01\n"
    );
    assert_eq!(desk.import("unions", unions.as_bytes()).await.applied_row_count, 1);
    let mut members = "姓名,证件号码,所在工会,入会日期\n".to_owned();
    for (name, number) in NAMES.iter().zip(NUMBERS) {
        members.push_str(&format!("{name},{number},西什库社区联合工会,2014-03-01\n"));
    }
    assert_eq!(desk.import("members", members.as_bytes()).await.applied_row_count, 4);
    desk.rig.clock.set("2024-06-03T02:00:00Z".parse().unwrap());
    desk
}

impl Desk {
    async fn everybody(&self) -> Vec<Member> {
        let service = Members::over(self.rig.register.clone());
        let message = ListMembersRequest { page_size: 100, ..Default::default() };
        let answer = service.list_members(call(message)).await.unwrap();
        let mut all = answer.into_inner().members;
        all.sort_by_key(|member| NAMES.iter().position(|name| *name == member.display_name));
        all
    }

    /// The sheet with these results, by name.
    async fn filled(&self, results: &[(&str, &str)]) -> Vec<u8> {
        let union = self.everybody().await[0].membership.clone().unwrap().union;
        let message = GetConfirmationSheetRequest {
            name: union,
            format: TemplateFormat::Csv.into(),
            ..Default::default()
        };
        let service = Members::over(self.rig.register.clone());
        let sheet = service.get_confirmation_sheet(call(message)).await.unwrap().into_inner();
        let mut text = String::from_utf8(sheet.content.to_vec()).unwrap();
        for (name, result) in results {
            let line = text.lines().find(|line| line.contains(name)).unwrap().to_owned();
            text = text.replace(&line, &line.replace(",,,,", &format!(",{result}")));
        }
        text.into_bytes()
    }
}

#[tokio::test]
async fn a_sheet_comes_back_confirmed_and_can_be_taken_back() {
    let desk = stocked().await;
    let results = [
        ("甲某", "确认,,,"),
        ("乙某", "已离开,,2024-05-31,某某工会"),
        ("丙某", "已离开,退休保留会籍,2024-06-01,"),
    ];
    let sheet = desk.filled(&results).await;
    let batch = desk.import("confirmations", &sheet).await;
    let faults = desk.faults(&batch.name).await;
    assert_eq!((batch.applied_row_count, batch.unchanged_row_count), (3, 1), "{faults:?}");
    let all = desk.everybody().await;
    let days: Vec<_> = all.iter().map(|member| member.confirmed_on.unwrap()).collect();
    let [may, june] = [day("2024-05-03").into(), day("2024-06-03").into()];
    assert_eq!(days, [june, june, june, may]);
    let states: Vec<Standing> = all.iter().map(Member::state).collect();
    use Standing::{Active, Former, Retained};
    assert_eq!(states, [Active, Former, Retained, Active]);
    assert_eq!(all[1].passages[1].kind, "TRANSFERRED_OUT");

    let again = desk.import("confirmations", &sheet).await;
    assert_eq!((again.applied_row_count, again.unchanged_row_count), (0, 4));
    let undone = desk.undo(&batch.name).await;
    assert_eq!(undone.refused_undo_count, 0);
    let all = desk.everybody().await;
    assert!(all.iter().all(|member| member.state() == Active));
    assert!(all.iter().all(|member| member.confirmed_on == Some(may)));
}

#[tokio::test]
async fn every_fault_of_a_filled_sheet_is_told() {
    let desk = stocked().await;
    let sheet = desk
        .filled(&[
            ("甲某", "确认,退会,,"),
            ("乙某", "已离开,,,"),
            ("丙某", "已离开,开除会籍,2999-01-01,"),
            ("丁某", "也许,,,"),
        ])
        .await;
    let mut text = String::from_utf8(sheet).unwrap();
    let first = desk.everybody().await[0].name.clone();
    text.push_str(
        "members/01a2047b-9c4e-7293-a98b-bc5bece54f7b,某某,,,确认,,,\n某某,某某,,,确认,,,\n",
    );
    text.push_str(&format!("{first},某人,,,,,,\n"));
    let batch = desk.validate("confirmations", text.as_bytes()).await;
    let faults = desk.faults(&batch.name).await;
    let mut found: Vec<(&str, &str)> =
        faults.iter().map(|fault| (fault.column.as_str(), fault.code.as_str())).collect();
    found.sort_unstable();
    let mut expected = [
        ("离会方式", "VALUE_INVALID"),
        ("核对结果", "NEEDS_COLUMN"),
        ("离会方式", "NEEDS_COLUMN"),
        ("离会日期", "MEMBER_DATE_INVALID"),
        ("核对结果", "UNKNOWN_CODE"),
        ("会员标识", "MEMBER_UNKNOWN"),
        ("会员标识", "MEMBER_UNKNOWN"),
        ("会员标识", "DUPLICATE_IN_FILE"),
        ("姓名", "MEMBER_NAME_DIFFERS"),
    ];
    expected.sort_unstable();
    assert_eq!(found, expected);
    let outside = Desk { scope: "110105", ..desk };
    let batch = outside.validate("confirmations", text.as_bytes()).await;
    let faults = outside.faults(&batch.name).await;
    assert!(faults.iter().filter(|fault| fault.code == "MEMBER_UNKNOWN").count() >= 6);
}
