//! The union sheet.

use unionhall_kit::{
    civil::CivilDate,
    sheet::{Column as SheetColumn, ColumnKind, Layout},
};

use crate::{
    columns::{Column, union as columns},
    imports::{offered, places::Places},
    reference::{ListId, ReferenceBook},
};

/// The columns, with the code lists and the areas of `today`.
pub(super) fn layout(reference: &ReferenceBook, places: &Places, today: CivilDate) -> Layout {
    let column = |column: Column| {
        let made = SheetColumn::new(column.key, column.headers, kind(column));
        let made = if column == columns::NAME { made.required() } else { made };
        let made = if column == columns::MOBILE { made.protected() } else { made };
        let made = match list(column) {
            Some(list) => made.offering(offered(reference.list(list))),
            None if [columns::SEAT_AREA, columns::OFFICE_AREA].contains(&column) => {
                made.offering(places.offered(today))
            }
            None => made,
        };
        let (zh, en) = rule(column);
        made.rule(zh, en)
    };
    // The mobile numbers of those who answer the telephone stand beside open columns.
    Layout::new(columns::SHEET, columns::ALL.map(column).into()).of_persons()
}

fn kind(column: Column) -> ColumnKind {
    match column {
        columns::CODE | columns::EMPLOYER | columns::PHONE | columns::MOBILE => {
            ColumnKind::Identifier
        }
        columns::TERM_NUMBER | columns::TERM_YEARS => ColumnKind::Count,
        columns::ESTABLISHED_ON
        | columns::TERM_BEGINS_ON
        | columns::TERM_POSTPONED_TO
        | columns::SERVICE_STATION_ON
        | columns::WORKERS_HOME_ON
        | columns::DEMONSTRATION_UNIT_ON
        | columns::MILESTONE_ON
        | columns::AWARD_ON
        | columns::EFFECTIVE_ON => ColumnKind::Date,
        _ => ColumnKind::Text,
    }
}

/// The code list of a column.
pub(super) fn list(column: Column) -> Option<ListId> {
    match column {
        columns::TYPE => Some(ListId::UnionType),
        columns::FORM => Some(ListId::UnionForm),
        columns::LEVEL => Some(ListId::UnionLevel),
        _ => None,
    }
}

fn rule(column: Column) -> (&'static str, &'static str) {
    match column {
        columns::CODE => {
            ("18位，以81或89开头；可留空", "18 characters from 81 or 89 on; may be empty")
        }
        columns::TYPE | columns::FORM | columns::LEVEL | columns::SEAT_AREA => {
            ("新工会必填", "needed for a new union")
        }
        columns::EMPLOYER => (
            "仅独立基层工会填写：单位的统一社会信用代码或组织机构代码",
            "for a single-employer union only: the credit or organisation code of the employer",
        ),
        columns::SUPERIOR => (
            "上级工会的统一社会信用代码或全称；可为本表前面的行",
            "credit code or full name of the union above, which may be in a row before",
        ),
        columns::TERRITORY => (
            "社区联合工会、社区工作者工会及各级总工会填写：标识、代码或名称",
            "for unions of which an area has one: label, official code or name of the area",
        ),
        columns::APPROVAL_BODY => {
            ("与批复文号一并填写", "to be filled in together with the approval number")
        }
        columns::TERM_NUMBER => (
            "与任期年数一并填写；起始日期留空则为建会日期",
            "together with the years; without a first day, that of the establishment",
        ),
        columns::OFFICE_AREA => {
            ("办公地点与住所不同时填写", "where the union works elsewhere than at its seat")
        }
        columns::TERM_POSTPONED_TO => (
            "经批准延期换届的填写，晚于本届届满之日",
            "where the re-election was put off with approval: after the end of the term",
        ),
        columns::SERVICE_STATION_NOTE
        | columns::WORKERS_HOME_NOTE
        | columns::DEMONSTRATION_UNIT_NOTE
        | columns::MILESTONE_NOTE
        | columns::AWARD_NOTE => (
            "与前一列日期一并填写，最多200字",
            "together with the day before it; at most 200 characters",
        ),
        columns::EFFECTIVE_ON => (
            "该行信息自此日起生效；留空则为建会日期（新工会）或今日",
            "the row holds from this day on; empty means the day of establishment, or today",
        ),
        _ => ("", ""),
    }
}
