//! Rates of members, by area and by union.

use unionhall_proto::{
    common::v1::BatchGetRateFiguresRequest,
    registry::v1::{
        Employer, GetUnionRequest, UpdateEmployerRequest, Workforce,
        employer_service_server::EmployerService, metrics_server::Metrics,
    },
};

use super::*;
use crate::{
    api::{employers::Employers, metrics::Figures},
    testing::call_on_both_lines,
};

const RATES: [&str; 5] = [
    "trade_union_density",
    "trade_union_density_of_all_employees",
    "member_info_currency_rate_in_month",
    "member_info_currency_rate_in_quarter",
    "member_info_currency_rate_in_year",
];

/// A desk, and the line of affiliation that the caller may ask about.
struct Rates {
    desk: Desk,
    line: String,
}

impl Desk {
    async fn staff(&self, employer: &str, count: i32) {
        let workforce = Workforce {
            counted_on: date("2013-01-01"),
            employee_count: count,
            ..Default::default()
        };
        let message = UpdateEmployerRequest {
            employer: Some(Employer {
                name: employer.to_owned(),
                workforce: Some(workforce),
                ..Default::default()
            }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["workforce".to_owned()] }),
            effective_date: date("2013-01-01"),
            ..Default::default()
        };
        let employers = Employers::over(self.rig.register.clone());
        inner(employers.update_employer(call(message)).await).unwrap();
    }
}

impl Rates {
    /// Numerator and denominator of each rate; `None` where it is not applicable.
    async fn of(&self, node: &str, day: &str) -> [Option<(i64, i64)>; 5] {
        self.desk.books().await.agree().await;
        let message = BatchGetRateFiguresRequest {
            rates: RATES.map(|name| format!("rates/{name}")).into(),
            nodes: vec![node.to_owned()],
            day: date(day),
        };
        let asked = call_on_both_lines("11", &self.line, message);
        let figures = Figures::new(self.desk.rig.register.clone());
        let told = inner(figures.batch_get_rate_figures(asked).await).unwrap().rate_figures;
        let shown = told.into_iter().map(|told| {
            assert_eq!(told.not_applicable, told.denominator == 0);
            (!told.not_applicable).then_some((told.numerator, told.denominator))
        });
        shown.collect::<Vec<_>>().try_into().unwrap()
    }
}

#[tokio::test]
async fn each_rate_divides_what_it_names() {
    let desk = desk().await;
    let union = desk.union("第一", HOME).await;
    let (covered, other) = (desk.employer(1, HOME).await, desk.employer(2, HOME).await);
    desk.staff(&covered, 8).await;
    desk.staff(&other, 12).await;
    desk.cover(&covered, &union).await;
    let renewed = desk.admitted(0, &union, &covered).await;
    desk.admitted(1, &union, &covered).await;
    // One works where no union is, one nowhere.
    desk.admitted(2, &union, &other).await;
    desk.admitted(3, &union, "").await;
    // All were entered on the day of the desk; one record is confirmed again in each quarter.
    for (on, group) in [("2014-08-05", "COURIER"), ("2014-10-20", "SECURITY_GUARD")] {
        desk.rig.clock.set(format!("{on}T02:00:00Z").parse().unwrap());
        let change =
            Member { name: renewed.clone(), worker_group: group.to_owned(), ..Default::default() };
        desk.update(change, &["worker_group"], on).await.unwrap();
    }

    let asked = GetUnionRequest { name: union.clone(), ..Default::default() };
    let line = inner(desk.unions.get_union(call(asked)).await).unwrap().affiliation;
    let rates = Rates { desk, line };
    let area = format!("areas/{HOME}");
    let (density, of_all) = (Some((2, 8)), Some((3, 20)));
    let (none, one, all) = (Some((0, 4)), Some((1, 4)), Some((4, 4)));
    for (day, currency) in [
        ("2014-06-30", [none, none, none]),
        ("2014-07-01", [all, all, all]),
        ("2014-08-04", [none, all, all]),
        ("2014-08-05", [one, all, all]),
        ("2014-10-19", [none, none, all]),
        ("2014-10-20", [one, one, all]),
    ] {
        let [month, quarter, year] = currency;
        let expected = [density, of_all, month, quarter, year];
        assert_eq!(rates.of(&area, day).await, expected, "{day}");
        // An employer without a union answers to none: nobody knows all employees there.
        let expected = [density, None, month, quarter, year];
        assert_eq!(rates.of(&union, day).await, expected, "{day}");
    }
    let expected = [Some((0, 8)), Some((0, 20)), None, None, None];
    assert_eq!(rates.of(&area, "2013-05-31").await, expected);
}
