//! What the figures of the register mean. A definition whose rule changes gets the next version.

use unionhall_kit::figures::service::{Definition, Kind, Words};

use crate::rules::{contribution::Metric, quality::RuleSet};

/// Every figure; the one of quality bears the revision of its rules.
pub(super) fn of(rules: &RuleSet) -> Vec<Definition> {
    Metric::ALL.into_iter().map(|metric| definition(metric, rules)).collect()
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
            _ => 1,
        },
        source_row: match metric {
            Metric::Employers => "F027",
            Metric::Employees => "F028",
            Metric::ValidRecords => "F180",
            Metric::NewEmployers => "F007",
        },
    }
}

fn words(metric: Metric) -> (Words, Words) {
    let words = |zh, en| Words { zh, en };
    match metric {
        Metric::Employers => (
            words("单位数", "Employers"),
            words(
                "当日状态为在业的用人单位，按实际地址所在区域计数；建会率（F027）的分母由此而来。",
                "Employers that are active on the day, counted at the area of their actual address; \
                 the base of the union establishment rate (F027).",
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
                 新建企业建会常态化（F007）的对象。",
                "Employers that count for the first time within the period, both days included, \
                 at the area where they count first; what the formation of unions in new \
                 enterprises (F007) looks at.",
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_is_defined_in_both_languages() {
        let rules = RuleSet::shipped().unwrap();
        let definitions = of(rules);
        assert_eq!(definitions.len(), Metric::ALL.len());
        for definition in &definitions {
            for words in [definition.title, definition.definition] {
                assert!(!words.zh.is_ascii() && words.en.is_ascii(), "{}", definition.name);
            }
        }
        let valid = definitions.iter().find(|found| found.source_row == "F180").unwrap();
        assert_eq!(valid.version, rules.revision());
    }
}
