//! What the figures of members mean.

use unionhall_kit::figures::{
    MetricId,
    service::{Definition, Kind, Words},
};

use crate::{
    reference::{ListId, ReferenceBook},
    rules::member::{confirmation::Span, metric::MemberMetric as M},
};

/// Every figure of members. Those of a worker group take their words from the code list.
pub(super) fn definitions(lists: &ReferenceBook) -> impl Iterator<Item = Definition> {
    M::all().map(|(metric, id, name)| definition(metric, id, name, lists))
}

fn definition(metric: M, id: MetricId, name: &'static str, lists: &ReferenceBook) -> Definition {
    let (title, definition, source_row) = match metric {
        M::OfGroup(group) => of_group(group.code(), lists),
        M::Confirmed(span) => confirmed(span),
        level if !metric.is_flow() => levels(level),
        flow => flows(flow),
    };
    let kind = if metric.is_flow() { Kind::Flow } else { Kind::Level };
    Definition { id, name, title, definition, kind, version: 1, areas_only: false, source_row }
}

fn words(zh: impl Into<String>, en: impl Into<String>) -> Words {
    Words::new(zh.into(), en.into())
}

fn of_group(code: &'static str, lists: &ReferenceBook) -> (Words, Words, &'static str) {
    // A test holds the codes of the list to the rules'.
    let found = lists.list(ListId::WorkerGroup).find(code);
    let zh = found.map_or(code, |code| code.name_zh.as_str());
    let en = found.map_or(code, |code| code.name_en.as_str());
    (
        words(format!("会员数：{zh}"), format!("Members of the group: {en}")),
        words(
            format!("当日会员中职工群体为“{zh}”（{code}）的人数。"),
            format!("Members on the day whose worker group is {code} ({en})."),
        ),
        "F030",
    )
}

fn confirmed(span: Span) -> (Words, Words, &'static str) {
    let (zh, en) = match span {
        Span::Month => ("当月", "calendar month"),
        Span::Quarter => ("当季", "calendar quarter"),
        Span::Year => ("当年", "calendar year"),
    };
    (
        words(format!("{zh}已更新会员数"), format!("Members confirmed in the {en}")),
        words(
            format!(
                "当日会员中，其信息自{zh}首日至当日已核实或变更的人数；会员信息动态更新率（F181）\
                 的分子，分母为会员数。"
            ),
            format!(
                "Members on the day whose record was confirmed or changed from the first day of the \
                 {en} up to the day; the numerator of the currency rate of member records (F181), \
                 whose denominator is the figure `members`."
            ),
        ),
        "F181",
    )
}

fn levels(metric: M) -> (Words, Words, &'static str) {
    let where_zh = "按在业用人单位实际地址计数，无单位的按工会住所；并按工会隶属关系计数。";
    let where_en = "counted at the actual address of the employer while that is active, else at the \
                    seat of the union; on the line of affiliation at the union.";
    let told = |zh: &str, en: &str| words(format!("{zh}{where_zh}"), format!("{en} {where_en}"));
    match metric {
        M::Retained => (
            words("保留会籍人数", "Retained memberships"),
            told(
                "当日保留会籍的人数，不计入会员数，",
                "Persons whose membership is retained on the day; not among the members;",
            ),
            "F028",
        ),
        M::Women => (
            words("女会员数", "Women members"),
            told("当日女会员的人数，", "Members on the day who are women,"),
            "F028",
        ),
        M::Migrants => (
            words("农民工会员数", "Migrant workers"),
            told("当日为农民工的会员人数，", "Members on the day who are migrant workers,"),
            "F028",
        ),
        M::Employed => (
            words("在业单位会员数", "Members of active employers"),
            words(
                "当日会员中，其用人单位在业的人数；以全部职工数（employees）为分母的入会率的分子。",
                "Members on the day whose employer is active; the numerator of the density over all \
                 employees, whose denominator is the figure `employees`.",
            ),
            "F028",
        ),
        M::EmployedInCovered => (
            words("建会单位会员数", "Members of covered employers"),
            words(
                "当日会员中，其用人单位在业且已建会的人数；职工入会率（F028）的分子，\
                 分母为建会单位职工数（covered_employees）。",
                "Members on the day whose employer is active and covered by a union; the numerator of \
                 the trade union density (F028), whose denominator is the figure `covered_employees`.",
            ),
            "F028",
        ),
        _ => (
            words("会员数", "Members"),
            told(
                "当日会籍有效（不含保留会籍）的人数，",
                "Persons with an active membership on the day, retained ones aside,",
            ),
            "F028",
        ),
    }
}

fn flows(metric: M) -> (Words, Words, &'static str) {
    let (title_zh, title_en, zh, en) = match metric {
        M::Joined => (
            "新增会员合计",
            "Joined",
            "会籍在某工会开始（各种方式）",
            "active memberships that began at a union, by whatever way",
        ),
        M::New => {
            ("发展会员数", "New members", "首次批准入会", "persons admitted for the first time")
        }
        M::Readmitted => {
            ("重新入会人数", "Readmitted", "重新批准入会", "persons admitted once more")
        }
        M::TransferredIn => (
            "转入会员数",
            "Transferred in",
            "自未登记工会转入",
            "members who came from unions that the register does not know",
        ),
        M::MovedIn => (
            "区内转入会员数",
            "Moved in",
            "自登记的其他工会转入或随工会变更",
            "members who came from another union of the register, or with it",
        ),
        M::Resumed => (
            "恢复会籍人数",
            "Resumed",
            "保留会籍后恢复",
            "retained memberships that became active again",
        ),
        M::Left => (
            "减少会员合计",
            "Left",
            "会籍在某工会终止（各种方式）",
            "active memberships that ended at a union, by whatever way",
        ),
        M::MovedOut => (
            "区内转出会员数",
            "Moved out",
            "转往登记的其他工会或随工会变更",
            "members who passed to another union of the register, or with it",
        ),
        M::TransferredOut => (
            "转出会员数",
            "Transferred out",
            "转往未登记的工会",
            "members who left for unions that the register does not know",
        ),
        M::Withdrawn => ("退会人数", "Withdrawn", "退会", "members who withdrew"),
        M::DeemedWithdrawn => (
            "自动退会人数",
            "Deemed withdrawn",
            "自动退会",
            "members who count as withdrawn after six months without dues",
        ),
        M::Expelled => ("开除会籍人数", "Expelled", "开除会籍", "members who were expelled"),
        M::Deceased => ("死亡会员数", "Deceased", "死亡", "members who died"),
        M::NewlyRetained => (
            "新保留会籍人数",
            "Newly retained",
            "转为保留会籍",
            "active memberships that became retained",
        ),
        _ => (
            "保留会籍终止人数",
            "Retained memberships ended",
            "保留会籍终止",
            "retained memberships that ended",
        ),
    };
    let source = if metric == M::New { "F030" } else { "F028" };
    (
        words(title_zh, title_en),
        words(
            format!(
                "期间内（首尾两日均含）{zh}的人次，在发生之日所在的单位或工会计数。\
                 会员数的变化等于新增会员合计减减少会员合计，单位或工会迁移所致的除外。"
            ),
            format!(
                "Within the period, both days included: {en}; counted where the member counted on that \
                 day. The change of `members` is `joined_members` less `left_members`, moves of \
                 employers and unions aside."
            ),
        ),
        source,
    )
}
