//! Figures that count at areas alone, asked of a node of the line of affiliation.

use unionhall_proto::common::v1::NotApplicableReason;

use super::*;
use crate::{
    civil::Period,
    path::{Prefixes, Scope},
};

/// It has 110102 from 2 to 3 January as its own, and 110101 from 5 January on.
const HALL: &str = "unions/hall";
/// It has no area.
const SHOP: &str = "unions/shop";

pub(super) fn affiliated(name: &str) -> Option<Node> {
    let label = name.strip_prefix("unions/")?;
    let known = matches!(label, "hall" | "shop");
    known.then(|| Node::fixed(Line::Affiliation, path(&format!("u{label}"))))
}

pub(super) fn territory(name: &str) -> Option<Territory> {
    let day = |text: &str| text.parse::<CivilDate>().unwrap();
    let first = Period::new(day("2014-01-02"), Some(day("2014-01-04"))).unwrap();
    let areas = match name {
        HALL => vec![(first, path("110102")), (Period::since(day("2014-01-05")), path("110101"))],
        _ => Vec::new(),
    };
    Some(Territory::new(Some(path("110102001")), areas)).filter(|_| name == HALL)
}

/// A call of one who sees these areas and, below them, these unions.
fn seeing<T>(message: T, areas: &[&str], unions: &[&str]) -> Request<T> {
    let mut request = request(message, areas);
    let caller = request.extensions().get::<Caller>().unwrap().clone();
    let area = caller.scope.area.clone();
    let affiliation = Prefixes::normalised(unions.iter().map(|union| path(union)).collect());
    let scope = Scope { area, affiliation };
    let whole = Caller::internal(caller.client.clone(), &["*"], scope, caller.expires_at);
    request.extensions_mut().insert(whole);
    request
}

async fn told(desk: &FigureDesk<Sample>, node: &str, day: &str) -> Figure {
    let asked = GetFigureRequest { day: date(day), ..get("metrics/of_areas", node) };
    desk.get_figure(seeing(asked, &["11"], &["u"])).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_union_tells_the_figure_of_its_area_of_the_day() {
    let books = books().await;
    let desk = desk(&books).await;
    for (day, area, value) in [
        ("2014-01-02", "areas/110102", 6),
        ("2014-01-03", "areas/110102", 6),
        ("2014-01-05", "areas/110101", 3),
    ] {
        let figure = told(&desk, HALL, day).await;
        assert_eq!((figure.value, figure.counted_at.as_str()), (value, area), "{day}");
        assert_eq!((figure.node.as_str(), figure.not_applicable), (HALL, false));
        assert_eq!(told(&desk, area, day).await.value, value);
    }
    for (node, day) in [(HALL, "2014-01-01"), (HALL, "2014-01-04"), (SHOP, "2014-01-05")] {
        let figure = told(&desk, node, day).await;
        assert_eq!((figure.value, figure.counted_at.as_str()), (0, ""), "{node} {day}");
        let reason = figure.not_applicable_reason();
        assert_eq!(reason, NotApplicableReason::NoTerritory, "{node} {day}");
        assert!(figure.not_applicable);
    }
    let area = told(&desk, "areas/110102", "2014-01-02").await;
    assert_eq!((area.counted_at.as_str(), area.not_applicable), ("", false));
}

#[tokio::test]
async fn a_flow_is_that_of_the_last_days_area_over_the_whole_period() {
    let books = books().await;
    let desk = desk(&books).await;
    let asked = GetFigureRequest {
        from_day: date("2013-01-01"),
        day: date("2014-01-03"),
        ..get("metrics/new_in_areas", HALL)
    };
    let figure = desk.get_figure(seeing(asked, &["11"], &["u"])).await.unwrap().into_inner();
    assert_eq!((figure.value, figure.counted_at.as_str()), (6, "areas/110102"));
    assert_eq!(figure.from_day, date("2013-01-01"));
}

#[tokio::test]
async fn whoever_may_ask_the_area_may_ask_the_union_if_it_is_seen() {
    let books = books().await;
    let desk = desk(&books).await;
    let asked = async |metric: &str, areas: &[&str], unions: &[&str]| {
        let asked = GetFigureRequest { day: date("2014-01-02"), ..get(metric, HALL) };
        let told = desk.get_figure(seeing(asked, areas, unions)).await;
        told.map(|figure| figure.into_inner().value).map_err(|status| reason(&status))
    };
    let refused = |name: &str| Err(name.to_owned());
    assert_eq!(asked("metrics/of_areas", &["110102"], &[]).await, Ok(6), "by its seat");
    assert_eq!(asked("metrics/all", &["110102"], &[]).await, refused("NOT_FOUND"));
    assert_eq!(asked("metrics/of_areas", &["110102001"], &[]).await, refused("OUT_OF_SCOPE"));
    assert_eq!(asked("metrics/of_areas", &[], &["uhall"]).await, refused("OUT_OF_SCOPE"));
    assert_eq!(asked("metrics/of_areas", &["110101"], &["ushop"]).await, refused("NOT_FOUND"));
    // Where another figure of the board counts at the union itself, that must be seen as well.
    let board = BatchGetFiguresRequest {
        metrics: vec!["metrics/of_areas".into(), "metrics/all".into()],
        nodes: vec![HALL.into()],
        day: date("2014-01-02"),
        from_day: None,
    };
    let hidden = desk.batch_get_figures(seeing(board.clone(), &["11"], &[])).await;
    assert_eq!(reason(&hidden.unwrap_err()), "NOT_FOUND");
    let told = desk.batch_get_figures(seeing(board, &["11"], &["u"])).await.unwrap().into_inner();
    let cells: Vec<_> =
        told.figures.iter().map(|told| (told.value, told.counted_at.as_str())).collect();
    assert_eq!(cells, [(6, "areas/110102"), (0, "")]);
}

#[tokio::test]
async fn a_series_follows_the_area_and_needs_all_of_them() {
    let books = books().await;
    let desk = desk(&books).await;
    let message = GetSeriesRequest {
        metric: "metrics/of_areas".into(),
        node: HALL.into(),
        from_day: date("2013-12-31"),
        day: date("2014-01-06"),
    };
    let series = desk.get_series(seeing(message.clone(), &["11"], &[])).await.unwrap();
    let points = series.into_inner().points.into_iter();
    let points: Vec<_> = points
        .map(|one| (one.day.unwrap().day, one.value, one.counted_at, one.not_applicable))
        .collect();
    let nowhere = |day| (day, 0, String::new(), true);
    let expected = [
        nowhere(31),
        (2, 6, "areas/110102".to_owned(), false),
        nowhere(4),
        (5, 3, "areas/110101".to_owned(), false),
    ];
    assert_eq!(points, expected);
    let narrow = desk.get_series(seeing(message, &["110102"], &["u"])).await;
    assert_eq!(reason(&narrow.unwrap_err()), "OUT_OF_SCOPE", "110101 is not theirs");
}

#[tokio::test]
async fn an_explanation_is_that_of_the_area() {
    let books = books().await;
    let desk = desk(&books).await;
    let asked = |node: &str| ExplainRequest {
        metric: "metrics/of_areas".into(),
        node: node.to_owned(),
        day: date("2014-01-02"),
        ..Default::default()
    };
    let told = desk.explain(seeing(asked(HALL), &["11"], &["u"])).await.unwrap().into_inner();
    let figure = told.figure.unwrap();
    assert_eq!((figure.value, figure.counted_at.as_str()), (6, "areas/110102"));
    assert!(told.contributions.iter().all(|one| one.node == "110102"), "{:?}", told.contributions);
    let none = desk.explain(seeing(asked(SHOP), &["11"], &["u"])).await.unwrap().into_inner();
    assert!(none.contributions.is_empty() && none.figure.unwrap().not_applicable);
}

#[tokio::test]
async fn a_rate_of_areas_divides_both_at_the_area() {
    let books = books().await;
    let desk = desk(&books).await;
    let asked = BatchGetRateFiguresRequest {
        rates: vec!["rates/share_of_areas".into(), "rates/share".into()],
        nodes: vec![HALL.into(), SHOP.into(), "areas/110102".into()],
        day: date("2014-01-02"),
    };
    let told = desk.batch_get_rate_figures(seeing(asked, &["11"], &["u"])).await.unwrap();
    let told = told.into_inner().rate_figures.into_iter().map(|told| {
        let reason = told.not_applicable_reason();
        assert_eq!(told.not_applicable, reason != NotApplicableReason::Unspecified);
        (told.node, told.numerator, told.denominator, told.counted_at, reason)
    });
    use NotApplicableReason::{NoTerritory, NothingCounted, Unspecified};
    let row = |node: &str, pair: (i64, i64), at: &str, reason| {
        (node.to_owned(), pair.0, pair.1, at.to_owned(), reason)
    };
    let expected = [
        row(HALL, (2, 6), "areas/110102", Unspecified),
        row(HALL, (0, 0), "", NothingCounted),
        row(SHOP, (0, 0), "", NoTerritory),
        row(SHOP, (0, 0), "", NothingCounted),
        row("areas/110102", (2, 6), "", Unspecified),
        row("areas/110102", (2, 6), "", Unspecified),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
}
