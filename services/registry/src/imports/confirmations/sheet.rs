//! The confirmation sheet: its columns, and its rows as they are given out.

use std::sync::Arc;

use unionhall_kit::sheet::{CodeEntry, CodeList, Column as SheetColumn, ColumnKind, Layout};

use crate::{
    columns::{Column, confirmation as columns},
    imports::members::ways::ways_out,
    store::members::MemberRecord,
};

/// The results, as rows are read.
pub(super) const CONFIRMED: &str = "CONFIRMED";
pub(super) const LEFT: &str = "LEFT";

/// The columns.
pub(crate) fn layout() -> Layout {
    let column = |column: Column| {
        let made = SheetColumn::new(column.key, column.headers, kind(column));
        let made = match column {
            columns::MEMBER | columns::NAME => made.required(),
            columns::DOCUMENT => made.protected(),
            _ => made,
        };
        let (zh, en) = rule(column);
        made.rule(zh, en)
    };
    Layout::new(columns::SHEET, columns::ALL.map(column).into()).of_persons()
}

/// What the sheet says of a member before it is filled in, column by column.
pub(crate) fn row(record: &MemberRecord) -> Vec<String> {
    let facts = &record.facts;
    let name = facts.names.rows().last().map(|row| row.value.as_str().to_owned());
    let document = facts.documents.values().find_map(|history| history.rows().last());
    let cell = |column: Column| match column {
        columns::MEMBER => record.name(),
        columns::NAME => name.clone().unwrap_or_default(),
        columns::DOCUMENT => {
            document.map(|row| row.value.number.masked.clone()).unwrap_or_default()
        }
        columns::CONFIRMED_ON => {
            facts.confirmations.last().map(|day| day.to_string()).unwrap_or_default()
        }
        _ => String::new(),
    };
    columns::ALL.map(cell).into()
}

fn kind(column: Column) -> ColumnKind {
    match column {
        columns::MEMBER => ColumnKind::Identifier,
        columns::LEFT_ON => ColumnKind::Date,
        columns::RESULT => ColumnKind::Code(Arc::new(results())),
        columns::WAY_OUT => ColumnKind::Code(Arc::new(ways_out())),
        // Nobody reads the last confirmation back.
        columns::CONFIRMED_ON => ColumnKind::DateOrText,
        _ => ColumnKind::Text,
    }
}

fn results() -> CodeList {
    let entry = |(code, zh, en): (&str, &str, &str)| CodeEntry {
        code: code.to_owned(),
        zh: zh.to_owned(),
        en: en.to_owned(),
    };
    CodeList::new([(CONFIRMED, "确认", "Confirmed"), (LEFT, "已离开", "Left")].map(entry))
}

fn rule(column: Column) -> (&'static str, &'static str) {
    match column {
        columns::MEMBER => ("由系统生成，请勿修改", "given by the register; leave it as it is"),
        columns::RESULT => ("未核对的留空", "empty where nobody looked yet"),
        columns::WAY_OUT => {
            ("仅“已离开”填写；留空则为转出", "for those who left only; empty means transferred out")
        }
        columns::LEFT_ON => ("“已离开”必填", "needed for those who left"),
        columns::WAY_OUT_NOTE => (
            "开除会籍的决定（必填）或转往的工会",
            "the decision to expel (needed), or the union to which the person went",
        ),
        _ => ("", ""),
    }
}
