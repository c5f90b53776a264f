//! The member sheet.

use std::sync::Arc;

use unionhall_kit::{
    civil::CivilDate,
    sheet::{CodeEntry, CodeList, Column as SheetColumn, ColumnKind, Layout, Unwanted},
};

use super::ways::ways_out;
use crate::{
    columns::{Column, member as columns},
    imports::{kinds::NOT_COLLECTED, offered, places::Places},
    reference::{ListId, ReferenceBook},
    rules::person::not_collected,
};

/// The columns, with the code lists and the areas of `today`.
pub(super) fn layout(reference: &ReferenceBook, places: &Places, today: CivilDate) -> Layout {
    let column = |column: Column| {
        let made = SheetColumn::new(column.key, column.headers, kind(column));
        let made = match column {
            columns::NAME | columns::DOCUMENT_NUMBER | columns::UNION => made.required(),
            _ => made,
        };
        let made = match column {
            columns::DOCUMENT_NUMBER | columns::MOBILE => made.protected(),
            _ => made,
        };
        let made = match list(column) {
            Some(list) => made.offering(offered(reference.list(list))),
            None if column == columns::RESIDENCE => made.offering(places.offered(today)),
            None => made,
        };
        let (zh, en) = rule(column);
        made.rule(zh, en)
    };
    let columns: Vec<SheetColumn> = columns::ALL.map(column).into();
    Layout::new(columns::SHEET, columns).refusing(unwanted).of_persons()
}

/// Why a heading must not be there: the law gives no purpose for what it asks.
pub(in crate::imports) fn unwanted(heading: &str) -> Option<Unwanted> {
    let matter = not_collected::of_heading(heading)?;
    let places = vec![("matter", matter.en.to_owned()), ("matter_zh", matter.zh.to_owned())];
    Some(Unwanted { kind: &NOT_COLLECTED, places })
}

fn kind(column: Column) -> ColumnKind {
    match column {
        columns::DOCUMENT_NUMBER | columns::MOBILE => ColumnKind::Identifier,
        columns::DOCUMENT_VALIDITY => ColumnKind::DateOrText,
        columns::BIRTH_DATE
        | columns::JOINED_ON
        | columns::APPLIED_ON
        | columns::LEFT_ON
        | columns::EFFECTIVE_ON => ColumnKind::Date,
        columns::MIGRANT_WORKER | columns::CONFIRMED => ColumnKind::Code(Arc::new(yes_or_no())),
        columns::WAY_IN => ColumnKind::Code(Arc::new(ways_in())),
        columns::WAY_OUT => ColumnKind::Code(Arc::new(ways_out())),
        _ => ColumnKind::Text,
    }
}

pub(super) fn entry((code, zh, en): (&str, &str, &str)) -> CodeEntry {
    CodeEntry { code: code.to_owned(), zh: zh.to_owned(), en: en.to_owned() }
}

/// The code of yes.
pub(super) const YES: &str = "1";

fn yes_or_no() -> CodeList {
    CodeList::new([(YES, "是", "Yes"), ("0", "否", "No")].map(entry))
}

/// The ways in, by the codes of the contract.
pub(super) const ADMITTED: &str = "ADMITTED";
pub(in crate::imports) const TRANSFERRED: &str = "TRANSFERRED";
pub(super) const APPLIED: &str = "APPLIED";

fn ways_in() -> CodeList {
    CodeList::new(
        [
            (ADMITTED, "批准入会", "Admitted"),
            (TRANSFERRED, "转入", "Transferred in"),
            (APPLIED, "申请入会", "Applied"),
        ]
        .map(entry),
    )
}

/// The code list of a column.
pub(super) fn list(column: Column) -> Option<ListId> {
    match column {
        columns::DOCUMENT_TYPE => Some(ListId::DocumentType),
        columns::SEX => Some(ListId::Sex),
        columns::ETHNICITY => Some(ListId::Ethnicity),
        columns::EDUCATION => Some(ListId::Education),
        columns::EMPLOYMENT_STATUS => Some(ListId::EmploymentStatus),
        columns::WORKER_GROUP => Some(ListId::WorkerGroup),
        _ => None,
    }
}

fn rule(column: Column) -> (&'static str, &'static str) {
    match column {
        columns::DOCUMENT_TYPE => ("留空则为居民身份证", "empty means a resident identity card"),
        columns::DOCUMENT_NUMBER => (
            "一人一行；居民身份证可为18位或旧15位",
            "one row a person; of a resident identity card 18 characters, or the 15 digits of old",
        ),
        columns::DOCUMENT_VALIDITY => (
            "如 2034-08-08、2014.08.08-2034.08.08 或 长期",
            "for instance 2034-08-08, 2014.08.08-2034.08.08 or 长期 (long-term)",
        ),
        columns::SEX | columns::BIRTH_DATE => {
            ("证件号码已含此项的可留空", "may be empty where the number of the document tells it")
        }
        columns::EMPLOYER => (
            "统一社会信用代码、组织机构代码或单位全称",
            "credit code, organisation code or full name",
        ),
        columns::UNION => (
            "工会统一社会信用代码或全称；已有其他工会会籍的，应办理会籍转移",
            "credit code or full name of the union; whoever is a member of another one is transferred",
        ),
        columns::UNION_AREA => (
            "同名工会须填写其住所或所辖区域",
            "of unions with one name: the area of the seat or the territory",
        ),
        columns::WAY_IN => ("留空则为批准入会", "empty means admitted"),
        columns::JOINED_ON => (
            "新会员及重新入会必填：批准、转入或申请的日期",
            "needed for new members and those who come back: the day of admission, transfer or application",
        ),
        columns::WAY_OUT | columns::LEFT_ON => (
            "会籍已终止或保留的填写，方式与日期须一并填写",
            "where the membership ended or is retained; the way and the day together",
        ),
        columns::WAY_OUT_NOTE => (
            "开除会籍的决定（必填）或转往的工会",
            "the decision to expel (needed), or the union to which the person went",
        ),
        columns::FORMER_UNION => ("转入时填写，可留空", "of a transfer; may be empty"),
        columns::CONFIRMED => (
            "填“是”即确认全部信息无误，计入信息更新；有变更的自动计入",
            "yes confirms the record as a whole; a change counts as a confirmation by itself",
        ),
        columns::EFFECTIVE_ON => (
            "变更自此日起生效；留空则为今日（新会员为入会日期）",
            "what is new holds from this day on; empty means today, or the day of joining",
        ),
        _ => ("", ""),
    }
}
