mod territory;

use std::collections::HashMap;

use sea_orm::DatabaseTransaction;
use tonic_types::StatusExt;
use unionhall_proto::{
    common::v1::{BatchGetRateFiguresRequest, ListRatesRequest, explain_response::Contribution},
    google::r#type::Date,
};

use super::*;
use crate::{
    db::Db,
    figures::{Delta, MetricId},
    ledger::testing::{Books, books, done, path, request},
    path::Line,
};

const LEVEL: MetricId = MetricId(1);
const FLOW: MetricId = MetricId(2);
const PART: MetricId = MetricId(3);

/// Figures over the areas of one district; each record behind them is worth one.
struct Sample(Vec<Definition>, Vec<RateDefinition>);

fn words() -> Words {
    Words::new("数", "count")
}

fn sample() -> Sample {
    let definition = |id, name, kind| Definition {
        id,
        name,
        title: words(),
        definition: words(),
        kind,
        version: 3,
        areas_only: false,
        source_row: "F180",
    };
    let rate = |name, numerator, denominator| RateDefinition {
        name,
        title: words(),
        definition: words(),
        numerator,
        denominator,
        areas_only: false,
        source_row: "F180",
    };
    let of_areas = |id, name, kind| Definition { areas_only: true, ..definition(id, name, kind) };
    let definitions = vec![
        definition(FLOW, "new_ones", Kind::Flow),
        definition(LEVEL, "all", Kind::Level),
        definition(PART, "part", Kind::Level),
        of_areas(LEVEL, "of_areas", Kind::Level),
        of_areas(FLOW, "new_in_areas", Kind::Flow),
    ];
    let rates = vec![
        rate("whole", "all", "all"),
        rate("share", "part", "all"),
        RateDefinition { areas_only: true, ..rate("share_of_areas", "part", "all") },
    ];
    Sample(definitions, rates)
}

#[tonic::async_trait]
impl Catalogue for Sample {
    fn definitions(&self) -> &[Definition] {
        &self.0
    }

    fn rates(&self) -> &[RateDefinition] {
        &self.1
    }

    async fn nodes(&self, _: &Db, names: &[String]) -> Outcome<HashMap<String, Node>> {
        let known =
            |name: &&String| matches!(name.as_str(), "areas/11" | "areas/110102" | "areas/110101");
        let node = |name: &String| {
            (name.clone(), Node::fixed(Line::Area, path(name.trim_start_matches("areas/"))))
        };
        let affiliated =
            names.iter().filter_map(|name| Some((name.clone(), territory::affiliated(name)?)));
        Ok(names.iter().filter(known).map(node).chain(affiliated).collect())
    }

    async fn territories(&self, _: &Db, names: &[String]) -> Outcome<HashMap<String, Territory>> {
        let held = |name: &String| Some((name.clone(), territory::territory(name)?));
        Ok(names.iter().filter_map(held).collect())
    }

    async fn explain(&self, _: &DatabaseTransaction, sought: &Sought<'_>) -> Outcome<Explained> {
        let from: u64 = sought.after.map_or(0, |key| key[0].parse().unwrap());
        let until = (from + sought.at_most).min(5);
        let record = |number: u64| Contribution {
            record: format!("employers/{number}"),
            value: 1,
            node: sought.node.last().unwrap().to_string(),
            ..Default::default()
        };
        Ok(Explained {
            contributions: (from..until).map(record).collect(),
            next: (until < 5).then(|| vec![until.to_string()]),
        })
    }
}

/// 2 on 1 January, 5 from 3 January on; 4 of another year lie before. A part of 2 from 2 January on.
async fn desk(books: &Books) -> FigureDesk<Sample> {
    let mut entry = books.fresh(None, "").await;
    for (node, day, delta) in
        [("110102", "2013-06-01", 4), ("110102", "2014-01-01", 2), ("110101", "2014-01-03", 3)]
    {
        for metric in [LEVEL, FLOW] {
            let (node, day) = (path(node), day.parse().unwrap());
            entry.figures([Delta { metric, line: Line::Area, node, day, delta }]);
        }
    }
    let (node, day) = (path("110102"), "2014-01-02".parse().unwrap());
    entry.figures([Delta { metric: PART, line: Line::Area, node, day, delta: 2 }]);
    entry.commit(done("x")).await.unwrap();
    FigureDesk::new(books.ledger.clone(), books.pager(1), sample())
}

fn date(text: &str) -> Option<Date> {
    Some(text.parse::<CivilDate>().unwrap().into())
}

fn get(metric: &str, node: &str) -> GetFigureRequest {
    GetFigureRequest { metric: metric.into(), node: node.into(), day: None, from_day: None }
}

fn reason(status: &Status) -> String {
    status.get_error_details().error_info().unwrap().reason.clone()
}

#[tokio::test]
async fn a_level_is_read_at_a_day_and_a_flow_over_a_period() {
    let books = books().await;
    let desk = desk(&books).await;
    let read = async |message| desk.get_figure(request(message, &["11"])).await.unwrap();
    let level = read(get("metrics/all", "areas/11")).await.into_inner();
    assert_eq!((level.value, level.day, level.from_day), (9, date("2014-02-27"), None));
    assert_eq!(level.definition_version, 3);
    let past = GetFigureRequest { day: date("2014-01-02"), ..get("metrics/all", "areas/11") };
    assert_eq!(read(past).await.into_inner().value, 6);
    let flow = read(get("metrics/new_ones", "areas/11")).await.into_inner();
    assert_eq!((flow.value, flow.from_day), (5, date("2014-01-01")));
    let days =
        GetFigureRequest { from_day: date("2014-01-02"), ..get("metrics/new_ones", "areas/11") };
    assert_eq!(read(days).await.into_inner().value, 3);
}

#[tokio::test]
async fn a_board_keeps_the_order_asked_and_says_when_it_was_read() {
    let books = books().await;
    let desk = desk(&books).await;
    let board = BatchGetFiguresRequest {
        metrics: vec!["metrics/new_ones".into(), "metrics/all".into()],
        nodes: vec!["areas/110102".into(), "areas/110101".into(), "areas/110102".into()],
        day: None,
        from_day: None,
    };
    let answer = desk.batch_get_figures(request(board, &["11"])).await.unwrap().into_inner();
    let cells: Vec<_> =
        answer.figures.iter().map(|f| (f.node.as_str(), f.metric.as_str(), f.value)).collect();
    let row = |node, new, all| [(node, "metrics/new_ones", new), (node, "metrics/all", all)];
    let expected =
        [row("areas/110102", 2, 6), row("areas/110101", 3, 3), row("areas/110102", 2, 6)].concat();
    assert_eq!(cells, expected);
    assert_eq!(answer.read_time.unwrap().seconds, 1_393_466_400);
}

#[tokio::test]
async fn a_figure_outside_the_scope_is_refused_before_it_is_looked_for() {
    let books = books().await;
    let desk = desk(&books).await;
    let refused = async |metric: &str, node: &str| {
        let refused = desk.get_figure(request(get(metric, node), &["110102"])).await.unwrap_err();
        reason(&refused)
    };
    assert_eq!(refused("metrics/all", "areas/11").await, "OUT_OF_SCOPE", "cut, never");
    assert_eq!(refused("metrics/all", "areas/110199").await, "OUT_OF_SCOPE", "absent");
    assert_eq!(refused("metrics/all", "areas/110102999").await, "NOT_FOUND");
    assert_eq!(refused("metrics/all", "unions/1").await, "NOT_FOUND");
    assert_eq!(refused("metrics/none", "areas/110102").await, "NOT_FOUND");
}

#[tokio::test]
async fn a_series_has_a_point_at_each_change() {
    let books = books().await;
    let desk = desk(&books).await;
    let message = GetSeriesRequest {
        metric: "metrics/all".into(),
        node: "areas/11".into(),
        from_day: date("2013-12-31"),
        day: None,
    };
    let series = desk.get_series(request(message, &["11"])).await.unwrap().into_inner();
    let points: Vec<_> = series.points.into_iter().map(|p| (p.day.unwrap(), p.value)).collect();
    let expected = [("2013-12-31", 4), ("2014-01-01", 6), ("2014-01-03", 9)];
    assert_eq!(points, expected.map(|(day, value)| (date(day).unwrap(), value)));
}

#[tokio::test]
async fn explanations_and_definitions_come_in_pages() {
    let books = books().await;
    let desk = desk(&books).await;
    let mut message = ExplainRequest {
        metric: "metrics/all".into(),
        node: "areas/110102".into(),
        page_size: 2,
        ..Default::default()
    };
    let mut records = Vec::new();
    loop {
        let page = desk.explain(request(message.clone(), &["11"])).await.unwrap().into_inner();
        assert_eq!(page.figure.unwrap().value, 6);
        records.extend(page.contributions.into_iter().map(|found| found.record));
        message.page_token = page.next_page_token;
        if message.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(records, (0..5).map(|n| format!("employers/{n}")).collect::<Vec<_>>());

    let first = ListMetricsRequest { page_size: 1, page_token: String::new() };
    let first = desk.list_metrics(request(first, &[])).await.unwrap().into_inner();
    assert_eq!(first.metrics[0].name, "metrics/all");
    let second = ListMetricsRequest { page_size: 50, page_token: first.next_page_token };
    let second = desk.list_metrics(request(second, &[])).await.unwrap().into_inner();
    assert_eq!(second.metrics[1].name, "metrics/new_ones");
    assert_eq!((second.metrics.len(), second.next_page_token.as_str()), (4, ""));
    let of_areas: Vec<_> = second.metrics.iter().filter(|metric| metric.areas_only).collect();
    assert_eq!(of_areas.len(), 2);
}

#[tokio::test]
async fn a_rate_is_told_with_what_it_divides() {
    let books = books().await;
    let desk = desk(&books).await;
    let asked = |day| BatchGetRateFiguresRequest {
        rates: vec!["rates/share".into(), "rates/whole".into()],
        nodes: vec!["areas/110102".into(), "areas/110101".into()],
        day: date(day),
    };
    let board = async |day| {
        let answer = desk.batch_get_rate_figures(request(asked(day), &["11"])).await.unwrap();
        let told = answer.into_inner().rate_figures.into_iter().map(|told| {
            assert_eq!(told.day, date(day));
            assert_eq!(told.not_applicable, told.denominator == 0);
            (told.node, told.rate, told.numerator, told.denominator, told.basis_points)
        });
        told.collect::<Vec<_>>()
    };
    let row = |node: &str, rate: &str, numerator, denominator, shown| {
        let (node, rate) = (format!("areas/{node}"), format!("rates/{rate}"));
        (node, rate, numerator, denominator, shown)
    };
    let expected = vec![
        row("110102", "share", 2, 6, 3_333),
        row("110102", "whole", 6, 6, 10_000),
        row("110101", "share", 0, 0, 0),
        row("110101", "whole", 0, 0, 0),
    ];
    assert_eq!(board("2014-01-02").await, expected);
    assert_eq!(board("2014-01-01").await[0], row("110102", "share", 0, 6, 0));

    let narrow = desk.batch_get_rate_figures(request(asked("2014-01-02"), &["110102"])).await;
    assert_eq!(reason(&narrow.unwrap_err()), "OUT_OF_SCOPE");
    let unknown =
        BatchGetRateFiguresRequest { rates: vec!["rates/none".into()], ..asked("2014-01-02") };
    let unknown = desk.batch_get_rate_figures(request(unknown, &["11"])).await;
    assert_eq!(reason(&unknown.unwrap_err()), "NOT_FOUND");
}

#[tokio::test]
async fn the_rates_come_in_pages() {
    let books = books().await;
    let desk = desk(&books).await;
    let page = async |page_token| {
        let asked = ListRatesRequest { page_size: 1, page_token };
        desk.list_rates(request(asked, &[])).await.unwrap().into_inner()
    };
    let first = page(String::new()).await;
    assert_eq!(first.rates[0].name, "rates/share");
    assert_eq!(first.rates[0].numerator, "metrics/part");
    let second = page(first.next_page_token).await;
    assert_eq!(second.rates[0].name, "rates/share_of_areas");
    let third = page(second.next_page_token).await;
    assert_eq!(third.rates[0].name, "rates/whole");
    assert_eq!((third.rates.len(), third.next_page_token.as_str()), (1, ""));
}

#[tokio::test]
async fn the_pages_of_one_explanation_are_of_one_day() {
    let books = books().await;
    let desk = desk(&books).await;
    let message = ExplainRequest {
        metric: "metrics/all".into(),
        node: "areas/110102".into(),
        page_size: 2,
        ..Default::default()
    };
    let page = desk.explain(request(message.clone(), &["11"])).await.unwrap().into_inner();
    books.clock.advance(chrono::TimeDelta::days(1));
    let next = ExplainRequest { page_token: page.next_page_token, ..message };
    let refused = desk.explain(request(next, &["11"])).await.unwrap_err();
    assert_eq!(reason(&refused), "PAGE_TOKEN_INVALID");
}
