//! The rate of a union is that of the area that it has as its own.

use unionhall_proto::common::v1::{GetFigureRequest, NotApplicableReason};

use super::*;
use crate::testing::{call_on_both_lines, call_within};

const SUBDISTRICT: &str = "110102012";

impl Hall {
    async fn federation(&self) -> Union {
        let union = Union {
            display_name: "某某街道总工会".to_owned(),
            union_type: "SUBDISTRICT_FEDERATION".to_owned(),
            union_form: "GENERAL_FEDERATION".to_owned(),
            union_level: "SUBDISTRICT".to_owned(),
            territory: format!("areas/{SUBDISTRICT}"),
            seat: Some(Address { area: format!("areas/{HOME}"), line: String::new() }),
            ..Default::default()
        };
        let effective_date = date("2015-03-01");
        let message =
            CreateUnionRequest { union: Some(union), effective_date, ..Default::default() };
        inner(self.unions.create_union(call(message)).await).unwrap()
    }
}

fn of(union: &str, day: &str) -> GetEstablishmentRateRequest {
    GetEstablishmentRateRequest { union: union.to_owned(), day: date(day), ..Default::default() }
}

#[tokio::test]
async fn a_federation_has_the_rate_of_its_sub_district_and_a_union_without_one_has_none() {
    let hall = hall().await;
    hall.employer(1, Some("2013-05-01")).await;
    hall.employer(2, None).await;
    let list = hall.listed("2014-12", "2014-12-31", &[1, 2, 3]).await;
    hall.activate(&list.name, "2015-01-01").await.unwrap();
    hall.settle().await;
    let federation = hall.federation().await;
    let ask = async |message| inner(hall.lists.get_establishment_rate(call(message)).await);

    let rate = ask(of(&federation.name, "2015-03-01")).await.unwrap();
    let area = hall.rate(SUBDISTRICT, "2015-03-01").await;
    assert_eq!((rate.numerator, rate.denominator, rate.basis_points), (1, 3, 3_333));
    assert_eq!(rate, EstablishmentRate { union: federation.name.clone(), ..area });
    assert_eq!((rate.area, rate.base_registers), (format!("areas/{SUBDISTRICT}"), vec![list.name]));
    // Before it was founded it had no area, and a joint union of several employers never has one.
    for (union, day) in [(&federation.name, "2015-02-28"), (&hall.joint.name, "2015-03-01")] {
        let none = ask(of(union, day)).await.unwrap();
        assert!(none.not_applicable && none.settled && none.area.is_empty(), "{none:?}");
        assert_eq!(none.not_applicable_reason(), NotApplicableReason::NoTerritory);
    }
    let nothing = hall.rate(NEIGHBOUR, "2015-03-01").await;
    assert_eq!(nothing.not_applicable_reason(), NotApplicableReason::NothingCounted);

    let both = GetEstablishmentRateRequest {
        area: format!("areas/{SUBDISTRICT}"),
        ..of(&federation.name, "2015-03-01")
    };
    assert_eq!(reason(ask(both).await), "INVALID_FIELD");
    assert_eq!(reason(ask(GetEstablishmentRateRequest::default()).await), "INVALID_FIELD");
    let absent = format!("unions/{}", uuid::Uuid::nil());
    assert_eq!(reason(ask(of(&absent, "2015-03-01")).await), "NOT_FOUND");
}

#[tokio::test]
async fn the_scope_of_a_unions_rate_is_that_of_its_area() {
    let hall = hall().await;
    let federation = hall.federation().await;
    let asked = || of(&federation.name, "2015-03-01");
    let ask = async |request| inner(hall.lists.get_establishment_rate(request).await);
    assert!(ask(call_within(SUBDISTRICT, asked())).await.is_ok(), "as that of the area");
    let narrow = ask(call_within(HOME, asked())).await;
    assert_eq!(reason(narrow), "OUT_OF_SCOPE", "it is seen there, and reaches further");
    let elsewhere = ask(call_within("110102010", asked())).await;
    assert_eq!(reason(elsewhere), "NOT_FOUND", "nobody there sees it");
    let line = federation.affiliation.as_str();
    let by_line = ask(call_on_both_lines("110102010", line, asked())).await;
    assert_eq!(reason(by_line), "OUT_OF_SCOPE", "the line of affiliation opens no area");
}

#[tokio::test]
async fn the_figures_behind_the_rate_are_told_of_a_union_too() {
    let hall = hall().await;
    hall.employer(1, Some("2013-05-01")).await;
    let list = hall.listed("2014-12", "2014-12-31", &[1, 2]).await;
    hall.activate(&list.name, "2015-01-01").await.unwrap();
    hall.settle().await;
    let federation = hall.federation().await;
    let figures = Figures::new(hall.desk.rig.register.clone());
    for (metric, value) in [("listed_covered_enterprises", 1), ("listed_enterprises", 2)] {
        let message = GetFigureRequest {
            metric: format!("metrics/{metric}"),
            node: federation.name.clone(),
            day: date("2015-03-01"),
            from_day: None,
        };
        let figure = inner(figures.get_figure(call(message)).await).unwrap();
        let told = (figure.value, figure.counted_at.as_str(), figure.definition_version);
        assert_eq!(told, (value, "areas/110102012", 2), "{metric}");
        let message = ExplainRequest {
            metric: format!("metrics/{metric}"),
            node: federation.name.clone(),
            day: date("2015-03-01"),
            ..Default::default()
        };
        let explained = inner(figures.explain(call(message)).await).unwrap();
        let sum: i64 = explained.contributions.iter().map(|one| one.value).sum();
        assert_eq!((sum, explained.figure.unwrap()), (value, figure), "{metric}");
        let home = format!("areas/{HOME}");
        assert!(explained.contributions.iter().all(|one| one.node == home), "{metric}");
    }
}
