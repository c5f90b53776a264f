//! What the figures of unions mean.

use unionhall_kit::figures::{
    MetricId,
    service::{Definition, Kind, Words},
};

use crate::{
    reference::{ListId, ReferenceBook},
    rules::union::contribution::UnionMetric,
};

/// Every figure of unions. Those of a type or a level take their words from the code lists.
pub(super) fn definitions(lists: &ReferenceBook) -> impl Iterator<Item = Definition> {
    UnionMetric::all().map(|(metric, id, name)| definition(metric, id, name, lists))
}

fn definition(
    metric: UnionMetric,
    id: MetricId,
    name: &'static str,
    lists: &ReferenceBook,
) -> Definition {
    let (title, definition, source_row) = match metric {
        UnionMetric::OfType(kind) => listed(ListId::UnionType, kind.code(), lists),
        UnionMetric::OfLevel(level) => listed(ListId::UnionLevel, level.code(), lists),
        single => words(single),
    };
    Definition {
        id,
        name,
        title,
        definition,
        kind: Kind::Level,
        version: 1,
        areas_only: false,
        source_row,
    }
}

fn listed(list: ListId, code: &'static str, lists: &ReferenceBook) -> (Words, Words, &'static str) {
    // Lists of one edition are in force on every day, and a test holds their codes to the rules'.
    let found = lists.list(list).find(code);
    let zh = found.map_or(code, |code| code.name_zh.as_str());
    let en = found.map_or(code, |code| code.name_en.as_str());
    let (of_zh, of_en) = match list {
        ListId::UnionLevel => ("层级", "level"),
        _ => ("类型", "type"),
    };
    (
        Words::new(format!("工会数：{of_zh}为{zh}"), format!("Unions of the {of_en}: {en}")),
        Words::new(
            format!(
                "当日存在且组织{of_zh}为“{zh}”（{code}）的工会，按住所所在区域和隶属关系计数。"
            ),
            format!(
                "Unions that exist on the day and are of the {of_en} {code} ({en}), counted at the \
                 area of the seat and on the line of affiliation."
            ),
        ),
        "F029",
    )
}

fn words(metric: UnionMetric) -> (Words, Words, &'static str) {
    let words = |zh: &'static str, en: &'static str| Words::new(zh, en);
    match metric {
        UnionMetric::Integrated => (
            words("会站家一体化工会数", "Integrated unions"),
            words(
                "当日存在、并同时为工会服务站和职工之家的工会（F081）。",
                "Unions that exist on the day and are a service station and a workers' home as \
                 well (F081).",
            ),
            "F081",
        ),
        UnionMetric::DemonstrationUnits => (
            words("示范单位数", "Demonstration units"),
            words(
                "当日存在且被评为示范单位的工会（F054）。",
                "Unions that exist on the day and bear the mark of a demonstration unit (F054).",
            ),
            "F054",
        ),
        UnionMetric::OverdueTerms => (
            words("届期逾期工会数", "Unions with an overdue term"),
            words(
                "当日存在、本届任期（或截至当日已批准的延期）已届满而尚未换届的工会；延期批准前的逾期日照计；\
                 没有届次记录的工会不计。",
                "Unions that exist on the day and whose term, or its postponement approved by then, \
                 has run out without a new one: a late approval leaves the days before it counted; \
                 unions without a recorded term do not count.",
            ),
            "F041",
        ),
        UnionMetric::JointUnionCommunities => (
            words("建有联合工会的社区数", "Communities with a joint union"),
            words(
                "当日建有社区联合工会的社区，按所辖社区计数，一个社区只计一次（F051）。",
                "Communities that have a joint union on the day, counted at the community; one \
                 counts once (F051).",
            ),
            "F051",
        ),
        UnionMetric::WorkersUnionSubdistricts => (
            words("建有社区工作者工会的街道数", "Sub-districts with a community workers' union"),
            words(
                "当日建有社区工作者工会的街道，按所辖街道计数，一个街道只计一次（F049）。",
                "Sub-districts that have a union of community workers on the day, counted at the \
                 sub-district; one counts once (F049).",
            ),
            "F049",
        ),
        UnionMetric::Unions | UnionMetric::OfType(_) | UnionMetric::OfLevel(_) => (
            words("工会数", "Unions"),
            words(
                "当日存在的工会，按住所所在区域和隶属关系计数（F029 所称“工会组织”另含涵盖单位）。",
                "Unions that exist on the day, counted at the area of the seat and on the line of \
                 affiliation; the \"union organisations\" of F029 count covered units as well.",
            ),
            "F029",
        ),
    }
}
