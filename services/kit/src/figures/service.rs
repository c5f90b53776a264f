//! The `Metrics` service, which every package declares from shared messages: one implementation,
//! to which a service gives the meaning of its figures.

mod catalogue;
mod days;
mod place;
mod rates;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use tonic::{Request, Response, Status};
use unionhall_proto::common::v1::{
    BatchGetFiguresRequest, BatchGetFiguresResponse, ExplainRequest, ExplainResponse, Figure,
    GetFigureRequest, GetSeriesRequest, ListMetricsRequest, ListMetricsResponse,
    NotApplicableReason, Series, series::Point,
};

pub use self::{
    catalogue::{
        Catalogue, Definition, Explained, Kind, Node, RateDefinition, Sought, Stretch, Words,
    },
    days::Days,
    place::Territory,
};
use self::{
    days::Asked,
    place::{Place, Reading, Spot, Wanted, named},
};
use super::read::{self, Question};
use crate::{
    access::Caller,
    call::Call,
    civil::CivilDate,
    clock,
    db::fault,
    fault::{Fault, Outcome},
    ledger::Ledger,
    paging::{self, Binding, Pager, page_size},
    reasons,
    scoped::not_found,
};

/// Answers the calls of a `Metrics` service.
pub struct FigureDesk<C> {
    ledger: Ledger,
    pager: Pager,
    catalogue: C,
}

impl<C: Catalogue> FigureDesk<C> {
    /// The desk over these books.
    pub fn new(ledger: Ledger, pager: Pager, catalogue: C) -> Self {
        Self { ledger, pager, catalogue }
    }

    /// What each figure means. `PAGE_TOKEN_INVALID`.
    pub async fn list_metrics(
        &self,
        request: Request<ListMetricsRequest>,
    ) -> Result<Response<ListMetricsResponse>, Status> {
        let call = Call::open(request)?;
        let query = ListMetricsRequest::default();
        let asked = (call.message.page_size, call.message.page_token.as_str());
        let known = self.catalogue.definitions().iter().map(|known| (known.name, known));
        let (found, next_page_token) = self.named(call.binding(&query), asked, known)?;
        let metrics = found.into_iter().map(Definition::message).collect();
        Ok(Response::new(ListMetricsResponse { metrics, next_page_token }))
    }

    /// One figure. `NOT_FOUND`, `OUT_OF_SCOPE`.
    pub async fn get_figure(
        &self,
        request: Request<GetFigureRequest>,
    ) -> Result<Response<Figure>, Status> {
        let call = Call::open(request)?;
        let asked = &call.message;
        let days = Asked::read(asked.day.as_ref(), asked.from_day.as_ref(), self.today())?;
        let wanted = [Wanted::from(self.definition(&asked.metric)?)];
        let nodes = std::slice::from_ref(&asked.node);
        let mut figures = self.board(&call.caller, &wanted, nodes, days).await?;
        Ok(Response::new(figures.pop().ok_or_else(|| Fault::new(&reasons::INTERNAL))?))
    }

    /// Several figures of several nodes. `NOT_FOUND`, `OUT_OF_SCOPE`.
    pub async fn batch_get_figures(
        &self,
        request: Request<BatchGetFiguresRequest>,
    ) -> Result<Response<BatchGetFiguresResponse>, Status> {
        let call = Call::open(request)?;
        let asked = &call.message;
        let days = Asked::read(asked.day.as_ref(), asked.from_day.as_ref(), self.today())?;
        // Taken before reading: whatever was acknowledged before it is in the figures.
        let read_time = clock::timestamp(self.ledger.clock().now());
        let wanted = asked.metrics.iter().map(|name| self.definition(name).map(Wanted::from));
        let wanted: Vec<Wanted<'_>> = wanted.collect::<Outcome<_>>()?;
        let figures = self.board(&call.caller, &wanted, &asked.nodes, days).await?;
        Ok(Response::new(BatchGetFiguresResponse { figures, read_time: Some(read_time) }))
    }

    /// How one figure developed. `NOT_FOUND`, `OUT_OF_SCOPE`.
    pub async fn get_series(
        &self,
        request: Request<GetSeriesRequest>,
    ) -> Result<Response<Series>, Status> {
        let Call { caller, message, .. } = Call::open(request)?;
        let (from, day) =
            days::span(message.from_day.as_ref(), message.day.as_ref(), self.today())?;
        let wanted = Wanted::from(self.definition(&message.metric)?);
        let place = self.place(&caller, &message.node, wanted, (from, day)).await?;
        let mut points: Vec<Point> = Vec::new();
        for reading in place.readings(wanted, (from, day)) {
            let stretch = self.stretch(wanted, &reading).await?;
            let news = |point: &Point| {
                let told =
                    |point: &Point| (point.value, point.counted_at.clone(), point.not_applicable);
                points.last().map(told) != Some(told(point))
            };
            let skipped = stretch.iter().take_while(|point| !news(point)).count();
            points.extend(stretch.into_iter().skip(skipped));
        }
        Ok(Response::new(Series { metric: message.metric, node: message.node, points }))
    }

    /// How the figure developed while it was read at one place.
    async fn stretch(&self, wanted: Wanted<'_>, reading: &Reading<'_>) -> Outcome<Vec<Point>> {
        let Some((line, path)) = reading.at else {
            let day = Some(reading.first.into());
            return Ok(vec![Point { day, not_applicable: true, ..Point::default() }]);
        };
        let (db, metric) = (self.ledger.db(), wanted.definition.id);
        let steps = read::series(db, metric, line, path, reading.first, reading.last).await?;
        let point = |(day, value): (CivilDate, i64)| Point {
            day: Some(day.into()),
            value,
            counted_at: reading.counted_at.clone(),
            not_applicable: false,
        };
        Ok(steps.into_iter().map(point).collect())
    }

    /// The records that make up a figure. `NOT_FOUND`, `OUT_OF_SCOPE`, `PAGE_TOKEN_INVALID`.
    pub async fn explain(
        &self,
        request: Request<ExplainRequest>,
    ) -> Result<Response<ExplainResponse>, Status> {
        let call = Call::open(request)?;
        let asked = &call.message;
        let definition = self.definition(&asked.metric)?;
        let days = Asked::read(asked.day.as_ref(), asked.from_day.as_ref(), self.today())?;
        let days = days.of(definition.kind);
        let wanted = Wanted::from(definition);
        let place = self.place(&call.caller, &asked.node, wanted, (days.day, days.day)).await?;
        let spot = place.spot(wanted, days.day);
        // With the days filled in: over midnight, the pages of one figure stay pages of one day.
        let query = ExplainRequest {
            day: Some(days.day.into()),
            from_day: days.from.map(Into::into),
            page_size: 0,
            page_token: String::new(),
            ..asked.clone()
        };
        let binding = call.binding(&query);
        let after = self.pager.place(&binding, &asked.page_token)?;
        let (value, explained) = match &spot.node {
            None => (0, Explained::default()),
            Some(node) => {
                let sought = Sought {
                    metric: definition.id,
                    node,
                    days,
                    scope: &call.caller.scope,
                    after: after.as_ref().map(|place| place.key.as_slice()),
                    at_most: page_size(asked.page_size),
                };
                self.evaluate(&sought).await?
            }
        };
        let next_page_token = match explained.next {
            Some(key) => self.pager.token(&binding, &paging::Place { phase: 0, key })?,
            None => String::new(),
        };
        Ok(Response::new(ExplainResponse {
            figure: Some(figure(definition, &place, &spot, (days, value))),
            contributions: explained.contributions,
            next_page_token,
        }))
    }

    /// A page of what is known by name. `PAGE_TOKEN_INVALID`.
    fn named<'a, T>(
        &self,
        binding: Binding,
        (size, token): (i32, &str),
        known: impl Iterator<Item = (&'static str, &'a T)>,
    ) -> Outcome<(Vec<&'a T>, String)> {
        let after = self.pager.place(&binding, token)?;
        let after = after.and_then(|place| place.key.into_iter().next()).unwrap_or_default();
        let known: BTreeMap<&str, &T> = known.filter(|(name, _)| *name > after.as_str()).collect();
        let size = usize::try_from(page_size(size)).unwrap_or(usize::MAX);
        let last = known.keys().nth(size.saturating_sub(1)).filter(|_| known.len() > size);
        let token = match last {
            Some(name) => {
                let place = paging::Place { phase: 0, key: vec![(*name).to_owned()] };
                self.pager.token(&binding, &place)?
            }
            None => String::new(),
        };
        Ok((known.into_values().take(size).collect(), token))
    }

    /// The figure and the records behind it, from one state of the database.
    async fn evaluate(&self, sought: &Sought<'_>) -> Outcome<(i64, Explained)> {
        let state = self.ledger.db().begin_read().await?;
        let asked = questions(sought.metric, sought.node, sought.days);
        let questions: Vec<Question> = asked.iter().map(|(_, question)| question.clone()).collect();
        let mut values = read::values_in(&state, &questions).await?.into_iter();
        let value = sum(&asked, &mut values);
        let explained = self.catalogue.explain(&state, sought).await?;
        state.rollback().await.map_err(fault::of)?;
        Ok((value, explained))
    }

    /// Nodes in the order asked, within a node the figures in the order asked.
    async fn board(
        &self,
        caller: &Caller,
        wanted: &[Wanted<'_>],
        nodes: &[String],
        asked: Asked,
    ) -> Outcome<Vec<Figure>> {
        let places = self.places(caller, nodes, wanted, (asked.day, asked.day)).await?;
        let cells = places.iter().flat_map(|place| wanted.iter().map(move |one| (place, *one)));
        let mut questioned = Vec::with_capacity(places.len() * wanted.len());
        for (place, one) in cells {
            let (spot, days) = (place.spot(one, asked.day), asked.of(one.definition.kind));
            let node = spot.node.as_deref();
            let asks = node.map(|node| questions(one.definition.id, node, days));
            questioned.push((place, one, spot, asks.unwrap_or_default()));
        }
        let asks = questioned.iter().flat_map(|cell| &cell.3).map(|(_, question)| question.clone());
        let asks: Vec<Question> = asks.collect();
        let mut values = read::values(self.ledger.db(), &asks).await?.into_iter();
        let told = |(place, one, spot, asks): &(&Place, Wanted<'_>, Spot<'_>, Vec<_>)| {
            let told = (asked.of(one.definition.kind), sum(asks, &mut values));
            figure(one.definition, place, spot, told)
        };
        Ok(questioned.iter().map(told).collect())
    }

    fn definition(&self, resource: &str) -> Outcome<&Definition> {
        let name = resource.strip_prefix("metrics/").unwrap_or_default();
        let found = self.catalogue.definitions().iter().find(|known| known.name == name);
        found.ok_or_else(|| not_found(resource))
    }

    fn today(&self) -> CivilDate {
        self.ledger.clock().today()
    }
}

/// What is asked for a figure, each with its sign. A day on which the node was not known is not
/// asked for, and counts nothing.
fn questions(metric: super::MetricId, node: &Node, days: Days) -> Vec<(i64, Question)> {
    let stretches = node.stretches(days);
    stretches.iter().flat_map(|stretch| stretch.questions(metric, node.line)).collect()
}

/// The figure to which the answers sum up.
fn sum(asked: &[(i64, Question)], values: &mut impl Iterator<Item = i64>) -> i64 {
    asked.iter().zip(values).map(|((sign, _), value)| sign * value).sum()
}

fn figure(
    definition: &Definition,
    place: &Place,
    spot: &Spot<'_>,
    (days, value): (Days, i64),
) -> Figure {
    let not_applicable = spot.node.is_none();
    let reason = match not_applicable {
        true => NotApplicableReason::NoTerritory,
        false => NotApplicableReason::Unspecified,
    };
    Figure {
        metric: definition.resource(),
        node: place.name.clone(),
        day: Some(days.day.into()),
        from_day: days.from.map(Into::into),
        value,
        definition_version: definition.version,
        counted_at: named(spot.counted_at.as_ref()),
        not_applicable,
        not_applicable_reason: reason.into(),
    }
}
