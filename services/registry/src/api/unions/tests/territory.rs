//! Figures of areas that are asked of a union: those of the area that it has as its own on the day.

use unionhall_proto::{
    common::v1::{
        BatchGetFiguresRequest, BatchGetRateFiguresRequest, Figure, NotApplicableReason, RateFigure,
    },
    registry::v1::{
        CreateEmployerRequest, Employer, MergeAreasRequest, Workforce,
        area_service_server::AreaService, employer_service_server::EmployerService,
        metrics_server::Metrics,
    },
};

use super::*;
use crate::{
    api::{areas::Areas, employers::Employers, metrics::Figures},
    jobs::structure::Carrier,
    testing::call_on_both_lines,
};

const SOURCE: &str = "110102010013";
const TARGET: &str = "110102010005";

impl Desk {
    async fn employer(&self, serial: u32, area: &str, since: &str) {
        let code = CreditCode::compose('9', '1', "110102", &format!("{serial:08}")).unwrap();
        let workforce =
            Workforce { counted_on: date(since), employee_count: 10, ..Default::default() };
        let employer = Employer {
            display_name: format!("北京某某第{serial}企业"),
            credit_code: code.to_string(),
            ownership: "57".to_owned(),
            actual_address: at(area),
            workforce: Some(workforce),
            ..Default::default()
        };
        let message = CreateEmployerRequest {
            employer: Some(employer),
            effective_date: date(since),
            ..Default::default()
        };
        let employers = Employers::over(self.rig.register.clone());
        inner(employers.create_employer(call(message)).await).unwrap();
    }

    /// The new employers of the year up to the day, of several nodes.
    async fn new_employers(&self, nodes: &[&str], day: &str) -> Vec<Figure> {
        let message = BatchGetFiguresRequest {
            metrics: vec!["metrics/new_employers".to_owned()],
            nodes: nodes.iter().map(|node| (*node).to_owned()).collect(),
            day: date(day),
            from_day: None,
        };
        let figures = Figures::new(self.rig.register.clone());
        inner(figures.batch_get_figures(call(message)).await).unwrap().figures
    }
}

#[tokio::test]
async fn a_union_whose_area_went_into_another_tells_the_area_of_the_day() {
    let desk = desk().await;
    let given = Union {
        display_name: "北京某某社区联合工会".to_owned(),
        union_type: "COMMUNITY_JOINT".to_owned(),
        union_level: "COMMUNITY".to_owned(),
        territory: format!("areas/{SOURCE}"),
        seat: at(SOURCE),
        ..federation()
    };
    let union = desk.create(given, "2010-01-01").await.unwrap().name;
    desk.employer(1, SOURCE, "2014-03-01").await;
    desk.employer(2, TARGET, "2014-03-02").await;
    desk.employer(3, TARGET, "2014-03-03").await;
    let areas = Areas::new(desk.rig.register.clone());
    let merge = MergeAreasRequest {
        name: format!("areas/{TARGET}"),
        sources: vec![format!("areas/{SOURCE}")],
        effective_date: date("2014-03-15"),
        ..Default::default()
    };
    inner(areas.merge_areas(call(merge)).await).unwrap();
    let carrier = Carrier::new(desk.rig.register.clone());
    while carrier.step().await.unwrap() {}

    let (source, target) = (format!("areas/{SOURCE}"), format!("areas/{TARGET}"));
    for (day, area, value) in [
        ("2014-02-28", &source, 0),
        ("2014-03-14", &source, 1),
        ("2014-03-15", &target, 2),
        ("2014-06-30", &target, 2),
    ] {
        let told = desk.new_employers(&[&union, area], day).await;
        let [of_union, of_area] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((of_union.value, &of_union.counted_at), (value, area), "{day}");
        let same = Figure { node: area.clone(), counted_at: String::new(), ..of_union.clone() };
        assert_eq!(*of_area, same, "{day}");
    }
    let unborn = desk.new_employers(&[&union], "2009-12-31").await;
    assert_eq!(unborn[0].not_applicable_reason(), NotApplicableReason::NoTerritory);
    desk.dissolve(&union, "2014-04-01").await.unwrap();
    let ended = desk.new_employers(&[&union], "2014-06-30").await;
    assert!(ended[0].not_applicable, "{ended:?}");
}

#[tokio::test]
async fn the_density_of_all_employees_of_a_federation_is_that_of_its_sub_district() {
    let desk = desk().await;
    let federation = desk.federation().await;
    let joint = desk.create(joint(1, &federation.name), "2010-01-01").await.unwrap();
    desk.employer(1, HOME, "2014-03-01").await;
    desk.employer(2, NEIGHBOUR, "2014-03-01").await;
    let rates = ["trade_union_density_of_all_employees", "trade_union_density"];
    let message = BatchGetRateFiguresRequest {
        rates: rates.map(|name| format!("rates/{name}")).into(),
        nodes: vec![federation.name.clone(), joint.name.clone()],
        day: date("2014-06-30"),
    };
    let figures = Figures::new(desk.rig.register.clone());
    let asked = call_on_both_lines("11", &federation.affiliation, message);
    let told = inner(figures.batch_get_rate_figures(asked).await).unwrap().rate_figures;
    let shown = |told: &RateFigure| (told.denominator, told.counted_at.clone());
    let expected = [
        (10, "areas/110102012".to_owned()),
        // No union covers the employer.
        (0, String::new()),
        (0, String::new()),
        (0, String::new()),
    ];
    assert_eq!(told.iter().map(shown).collect::<Vec<_>>(), expected);
    use NotApplicableReason::{NoTerritory, NothingCounted, Unspecified};
    let reasons: Vec<_> = told.iter().map(RateFigure::not_applicable_reason).collect();
    assert_eq!(reasons, [Unspecified, NothingCounted, NoTerritory, NothingCounted]);
}
