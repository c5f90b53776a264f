//! What the rates of the register divide by what. The establishment rate (F027) is told apart, with the
//! edition of the base register by which it was counted.

use unionhall_kit::figures::service::{RateDefinition, Words};

/// Every rate.
pub(super) fn all() -> Vec<RateDefinition> {
    let rate = |name, (numerator, denominator), source_row, (title, definition)| RateDefinition {
        name,
        title,
        definition,
        numerator,
        denominator,
        areas_only: false,
        source_row,
    };
    let mut rates = vec![
        rate(
            "trade_union_density",
            ("members_in_covered_employers", "covered_employees"),
            "F028",
            density(),
        ),
        RateDefinition {
            // An employer that no union covers has employees, and answers to no union.
            areas_only: true,
            ..rate(
                "trade_union_density_of_all_employees",
                ("employed_members", "employees"),
                "F028",
                density_of_all(),
            )
        },
        rate(
            "employer_record_validity_rate",
            ("valid_records", "employers"),
            "F180",
            valid_records(),
        ),
    ];
    let currency = [
        ("month", "member_info_currency_rate_in_month", "members_confirmed_in_month", "当月"),
        ("quarter", "member_info_currency_rate_in_quarter", "members_confirmed_in_quarter", "当季"),
        ("year", "member_info_currency_rate_in_year", "members_confirmed_in_year", "当年"),
    ];
    rates.extend(currency.into_iter().map(|(span, name, confirmed, zh)| {
        rate(name, (confirmed, "members"), "F181", currency_of(span, zh))
    }));
    rates
}

fn density() -> (Words, Words) {
    (
        Words::new("职工入会率（建会单位口径）", "Trade union density of covered employers"),
        Words::new(
            "建会单位会员数除以建会单位职工数（F028）；按工会统计时，分子为隶属其下的会员，\
             分母为其下工会所覆盖单位的职工。",
            "Members of covered employers over the employees of covered employers (F028); of a union: \
             the members who belong below it over the employees of the employers covered below it.",
        ),
    )
}

fn density_of_all() -> (Words, Words) {
    (
        Words::new("职工入会率（全部职工口径）", "Trade union density of all employees"),
        Words::new(
            "在业单位会员数除以在业单位职工数；仅按区域统计：对工会取其当日所辖区域的比率，\
             按隶属统计的见职工入会率（建会单位口径）。",
            "Members of active employers over the employees of active employers; of areas alone: a \
             union tells that of its territory on the day. By affiliation there is the density of \
             covered employers.",
        ),
    )
}

fn valid_records() -> (Words, Words) {
    (
        Words::new("单位信息合格率", "Validity rate of employer records"),
        Words::new(
            "合格单位信息数除以单位数（F180）。",
            "Valid employer records over employers (F180).",
        ),
    )
}

fn currency_of(span: &str, zh: &str) -> (Words, Words) {
    (
        Words::new(
            format!("会员信息动态更新率（{zh}）"),
            format!("Currency rate of member records in the {span}"),
        ),
        Words::new(
            format!("{zh}首日至当日已核实或变更信息的会员数除以会员数（F181）。"),
            format!(
                "Members whose record was confirmed or changed from the first day of the calendar \
                 {span} up to the day, over the members (F181)."
            ),
        ),
    )
}

#[cfg(test)]
mod tests {
    use unionhall_kit::figures::service::Kind;

    use super::*;
    use crate::{api::metrics::definitions, reference::ReferenceBook, rules::quality::RuleSet};

    #[test]
    fn a_rate_divides_levels_that_are_defined() {
        let lists = ReferenceBook::shipped().unwrap();
        let metrics = definitions::of(RuleSet::shipped().unwrap(), lists);
        let levels: Vec<&str> = metrics
            .iter()
            .filter(|metric| metric.kind == Kind::Level)
            .map(|metric| metric.name)
            .collect();
        for rate in all() {
            assert!(levels.contains(&rate.numerator), "{rate:?}");
            assert!(levels.contains(&rate.denominator), "{rate:?}");
            let of_areas = metrics.iter().filter(|metric| metric.areas_only);
            let mixed = of_areas.filter(|metric| rate.figures().contains(&metric.resource()));
            assert!(rate.areas_only || mixed.count() == 0, "{rate:?}");
        }
    }
}
