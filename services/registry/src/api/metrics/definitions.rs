//! What the figures of the register mean. A definition whose rule changes gets the next version.

mod members;
mod unions;

use unionhall_kit::figures::service::{Definition, Kind, Words};

use crate::{
    reference::ReferenceBook,
    rules::{
        base_register::contribution::{LISTED_ENTERPRISES, LISTED_ENTERPRISES_NAME},
        contribution::Metric,
        quality::RuleSet,
    },
};

/// Every figure; the one of quality bears the revision of its rules.
pub(super) fn of(rules: &RuleSet, lists: &ReferenceBook) -> Vec<Definition> {
    let employers = Metric::ALL.into_iter().map(|metric| definition(metric, rules));
    let listed = [listed_enterprises()];
    let members = members::definitions(lists);
    employers.chain(unions::definitions(lists)).chain(listed).chain(members).collect()
}

fn listed_enterprises() -> Definition {
    Definition {
        id: LISTED_ENTERPRISES,
        name: LISTED_ENTERPRISES_NAME,
        title: Words::new("底册企业数", "Listed enterprises"),
        definition: Words::new(
            "当日所用底册（全国非公企业法人数据库，F024）列出的企业，计于底册所列区域；\
             企业建会率（F027）的分母。仅按区域统计：对工会取其当日所辖区域的数。",
            "Enterprises of the base register in use on the day (the national register of \
             non-public enterprises, F024), counted where they are listed; the denominator of the \
             union establishment rate (F027). Of areas alone: a union tells that of its territory \
             on the day.",
        ),
        kind: Kind::Level,
        version: 2,
        areas_only: true,
        source_row: "F027",
    }
}

fn definition(metric: Metric, rules: &RuleSet) -> Definition {
    let (title, definition) = words(metric);
    Definition {
        id: metric.id(),
        name: metric.name(),
        title,
        definition,
        kind: if metric.is_flow() { Kind::Flow } else { Kind::Level },
        version: match metric {
            Metric::ValidRecords => rules.revision(),
            Metric::NewEmployers | Metric::ListedCovered => 2,
            _ => 1,
        },
        // No union answers for an employer when it is new, or for one that is only listed.
        areas_only: matches!(metric, Metric::NewEmployers | Metric::ListedCovered),
        source_row: match metric {
            Metric::Employers => "F027",
            Metric::Employees => "F028",
            Metric::ValidRecords => "F180",
            Metric::NewEmployers => "F007",
            Metric::CoveredEmployers => "F011",
            Metric::CoveredByOwn | Metric::NewlyCoveredByOwn => "F031",
            Metric::CoveredByJoint | Metric::NewlyCoveredByJoint => "F032",
            Metric::CoveredEmployees => "F028",
            Metric::NewlyCovered => "F029",
            Metric::ListedCovered => "F027",
        },
    }
}

fn words(metric: Metric) -> (Words, Words) {
    let words = |zh: &'static str, en: &'static str| Words::new(zh, en);
    match metric {
        Metric::Employers => (
            words("单位数", "Employers"),
            words(
                "当日状态为在业的用人单位，按实际地址所在区域计数；建会率（F027）的分母另见底册企业数。",
                "Employers that are active on the day, counted at the area of their actual address; \
                 the establishment rate (F027) has its own base, `listed_enterprises`.",
            ),
        ),
        Metric::Employees => (
            words("职工数", "Employees"),
            words(
                "当日在业单位的职工人数，取当日及以前最近一次填报的人数；\
                 职工入会率（F028）的分母由此而来。",
                "Employees of the employers that are active on the day, by the last headcount on \
                 or before it; the base of the trade union density (F028).",
            ),
        ),
        Metric::ValidRecords => (
            words("合格单位信息数", "Valid employer records"),
            words(
                "当日在业单位中，按当日适用的质量规则没有强制性规则不合格的单位信息；\
                 单位信息合格率（F180）的分子，分母为单位数。",
                "Records of active employers that fail no mandatory quality rule in force on the \
                 day; the numerator of the validity rate of employer records (F180), whose \
                 denominator is the figure `employers`.",
            ),
        ),
        Metric::NewEmployers => (
            words("新增单位数", "New employers"),
            words(
                "期间内首次计入单位数的用人单位（首尾两日均含），在首次计入的区域计数；\
                 新建企业建会常态化（F007）的对象。仅按区域统计：对工会取其期末日所辖区域的数。",
                "Employers that count for the first time within the period, both days included, \
                 at the area where they count first; what the formation of unions in new \
                 enterprises (F007) looks at. Of areas alone: a union tells that of its territory \
                 on the last day.",
            ),
        ),
        Metric::CoveredEmployers => (
            words("建会单位数", "Covered employers"),
            words(
                "当日在业且有工会覆盖（独立建会或联合工会涵盖）的用人单位（F011）；另按覆盖工会的隶属关系计数。",
                "Employers that are active and covered by a union on the day, their own or a joint \
                 one (F011); counted at that union on the line of affiliation as well.",
            ),
        ),
        Metric::CoveredByOwn => (
            words("独立建会单位数", "Employers with their own union"),
            words(
                "建会单位中由本单位工会覆盖的（F031）。",
                "Covered employers whose union is their own (F031).",
            ),
        ),
        Metric::CoveredByJoint => (
            words("联合工会涵盖单位数", "Employers covered by a joint union"),
            words(
                "建会单位中由联合、社区联合、行业或园区工会涵盖的（F032）。",
                "Covered employers whose union is a joint one: joint, community, industry or park \
                 (F032).",
            ),
        ),
        Metric::CoveredEmployees => (
            words("建会单位职工数", "Employees of covered employers"),
            words(
                "建会单位的职工人数，取当日及以前最近一次填报的人数；建会单位口径入会率（F028）的分母。",
                "Employees of covered employers, by the last headcount on or before the day; the \
                 denominator of the density over units that have a union (F028).",
            ),
        ),
        Metric::NewlyCovered => (
            words("新增工会组织数", "New union organisations"),
            words(
                "期间内由未覆盖转为覆盖的次数（首尾两日均含），按当日实际地址计数；\
                 等于独立建会与联合工会涵盖两项之和（F029、F033）。",
                "How often employers passed from uncovered to covered within the period, both days \
                 included, at the actual address of the day; the sum of those by their own and by a \
                 joint union (F029, F033).",
            ),
        ),
        Metric::NewlyCoveredByOwn => (
            words("新增独立建会数", "Newly covered by their own union"),
            words(
                "新增工会组织中由本单位工会覆盖的（F031）。",
                "New union organisations in which the union is the employer's own (F031).",
            ),
        ),
        Metric::NewlyCoveredByJoint => (
            words("新增联合工会涵盖数", "Newly covered by a joint union"),
            words(
                "新增工会组织中由联合工会涵盖的（F032）。",
                "New union organisations in which a joint union covers the employer (F032).",
            ),
        ),
        Metric::ListedCovered => (
            words("底册内建会企业数", "Listed enterprises with a union"),
            words(
                "当日所用底册列出的非公企业中，登记在册、在业且有工会覆盖的，计于底册所列区域；\
                 企业建会率（F027）的分子。仅按区域统计：对工会取其当日所辖区域的数。",
                "Enterprises of the base register in use on the day that the register knows as \
                 active and covered by a union, counted where they are listed; the numerator of \
                 the union establishment rate (F027). Of areas alone: a union tells that of its \
                 territory on the day.",
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::rules::{member::metric::MemberMetric, union::contribution::UnionMetric};

    #[test]
    fn every_figure_is_defined_in_both_languages() {
        let rules = RuleSet::shipped().unwrap();
        let definitions = of(rules, ReferenceBook::shipped().unwrap());
        let kept = Metric::ALL.len() + UnionMetric::all().count() + MemberMetric::all().count();
        assert_eq!(definitions.len(), kept + 1);
        let ids: BTreeSet<_> = definitions.iter().map(|definition| definition.id).collect();
        assert_eq!(ids.len(), definitions.len(), "a number of its own each");
        for definition in &definitions {
            for words in [&definition.title, &definition.definition] {
                assert!(!words.zh.is_ascii() && words.en.is_ascii(), "{}", definition.name);
            }
        }
        let valid = definitions.iter().find(|found| found.source_row == "F180").unwrap();
        assert_eq!(valid.version, rules.revision());
    }
}
