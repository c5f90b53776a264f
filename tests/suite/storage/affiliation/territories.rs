//! Figures of areas, asked of unions: on every day those of the area that the register shows as the
//! union's own, and none without one.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use unionhall_kit::civil::CivilDate;
use unionhall_proto::{
    common::v1::{
        BatchGetFiguresRequest, BatchGetRateFiguresRequest, Figure, NotApplicableReason, RateFigure,
    },
    registry::v1::{
        GetUnionRequest, metrics_server::Metrics, union::State, union_service_server::UnionService,
    },
};
use unionhall_registry::{api::metrics::Figures, store::unions::UnionRecord};

use super::hall::Hall;
use crate::storage::restructure::everywhere;

/// Days of a union that are looked at.
const DAYS: usize = 8;
/// Two that unions have too, which the rate of areas divides, and two that count at areas alone.
const METRICS: [&str; 4] = ["employees", "employed_members", "listed_enterprises", "new_employers"];
const RATE: &str = "rates/trade_union_density_of_all_employees";

/// Compares, and tells of how many days of a union that had an area.
pub(super) async fn agree<'a>(
    hall: &Hall,
    unions: impl Iterator<Item = &'a UnionRecord>,
) -> Result<usize> {
    let mut placed = 0;
    for union in unions {
        let mut days: BTreeSet<CivilDate> = union.facts.territories.days().collect();
        days.extend(union.facts.statuses.days());
        let before = days.iter().map(|day| day.previous()).collect::<Vec<_>>();
        days.extend(before);
        for day in days.into_iter().take(DAYS) {
            placed += usize::from(agrees(hall, &union.name(), day).await?);
        }
    }
    ensure!(placed > 0, "no union had an area");
    Ok(placed)
}

/// Whether the union has an area on the day, as the register shows it.
async fn agrees(hall: &Hall, union: &str, day: CivilDate) -> Result<bool> {
    let asked = GetUnionRequest { name: union.to_owned(), day: Some(day.into()) };
    let shown = hall.unions.get_union(everywhere(asked)).await?.into_inner();
    let area = Some(shown.territory).filter(|area| !area.is_empty());
    let Some(area) = area.filter(|_| shown.state == i32::from(State::Active)) else {
        let (figures, rates) = told(hall, union, &[], day).await?;
        let none = NotApplicableReason::NoTerritory;
        let (listed, rate) =
            (figures.get(2).context("a figure")?, rates.first().context("a rate")?);
        let right = listed.not_applicable_reason() == none && rate.not_applicable_reason() == none;
        ensure!(right && listed.value == 0, "{union} has no area on {day}: {listed:?}, {rate:?}");
        return Ok(false);
    };
    let (figures, rates) = told(hall, union, &[area.as_str()], day).await?;
    let (of_union, of_area) = figures.split_at(METRICS.len());
    for (one, other) in of_union.iter().zip(of_area).skip(2) {
        let same = Figure { node: area.clone(), counted_at: String::new(), ..one.clone() };
        ensure!(one.counted_at == area && same == *other, "{day}: {one:?}, not {other:?}");
    }
    let [one, other] = rates.as_slice() else { anyhow::bail!("{rates:?}") };
    let same = RateFigure { node: area.clone(), counted_at: String::new(), ..one.clone() };
    ensure!(one.counted_at == area && same == *other, "{day}: {one:?}, not {other:?}");
    let pair = (of_area.get(1).map(|one| one.value), of_area.first().map(|one| one.value));
    ensure!(pair == (Some(one.numerator), Some(one.denominator)), "{day}: {one:?}, not {pair:?}");
    Ok(true)
}

async fn told(
    hall: &Hall,
    union: &str,
    areas: &[&str],
    day: CivilDate,
) -> Result<(Vec<Figure>, Vec<RateFigure>)> {
    let nodes: Vec<String> =
        std::iter::once(&union).chain(areas).map(|at| (*at).to_owned()).collect();
    let desk = Figures::new(hall.register.clone());
    let board = BatchGetFiguresRequest {
        metrics: METRICS.map(|metric| format!("metrics/{metric}")).into(),
        nodes: nodes.clone(),
        day: Some(day.into()),
        from_day: None,
    };
    let figures = desk.batch_get_figures(everywhere(board)).await?.into_inner().figures;
    let rates = vec![RATE.to_owned()];
    let board = BatchGetRateFiguresRequest { rates, nodes, day: Some(day.into()) };
    let rates = desk.batch_get_rate_figures(everywhere(board)).await?.into_inner().rate_figures;
    Ok((figures, rates))
}
