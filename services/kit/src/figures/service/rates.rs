//! The rates of a `Metrics` service.

use tonic::{Request, Response, Status};
use unionhall_proto::common::v1::{
    BatchGetRateFiguresRequest, BatchGetRateFiguresResponse, Figure, ListRatesRequest,
    ListRatesResponse, NotApplicableReason, RateFigure,
};

use super::{Catalogue, FigureDesk, RateDefinition, days::Asked, place::Wanted};
use crate::{call::Call, clock, fault::Outcome, figures::rate::Rate, scoped::not_found};

impl<C: Catalogue> FigureDesk<C> {
    /// What each rate divides by what. `PAGE_TOKEN_INVALID`.
    pub async fn list_rates(
        &self,
        request: Request<ListRatesRequest>,
    ) -> Result<Response<ListRatesResponse>, Status> {
        let call = Call::open(request)?;
        let query = ListRatesRequest::default();
        let asked = (call.message.page_size, call.message.page_token.as_str());
        let known = self.catalogue.rates().iter().map(|known| (known.name, known));
        let (found, next_page_token) = self.named(call.binding(&query), asked, known)?;
        let rates = found.into_iter().map(RateDefinition::message).collect();
        Ok(Response::new(ListRatesResponse { rates, next_page_token }))
    }

    /// Several rates of several nodes. `NOT_FOUND`, `OUT_OF_SCOPE`.
    pub async fn batch_get_rate_figures(
        &self,
        request: Request<BatchGetRateFiguresRequest>,
    ) -> Result<Response<BatchGetRateFiguresResponse>, Status> {
        let call = Call::open(request)?;
        let asked = &call.message;
        let days = Asked::read(asked.day.as_ref(), None, self.today())?;
        let rates: Vec<&RateDefinition> =
            asked.rates.iter().map(|name| self.rate(name)).collect::<Outcome<_>>()?;
        let wanted: Vec<Wanted<'_>> =
            rates.iter().map(|rate| self.pair(rate)).collect::<Outcome<Vec<_>>>()?.concat();
        // Taken before reading: whatever was acknowledged before it is in the figures.
        let read_time = clock::timestamp(self.ledger.clock().now());
        let figures = self.board(&call.caller, &wanted, &asked.nodes, days).await?;
        let pairs = figures.chunks_exact(2);
        let rate_figures =
            rates.iter().cycle().zip(pairs).map(|(rate, pair)| told(rate, pair)).collect();
        let read_time = Some(read_time);
        Ok(Response::new(BatchGetRateFiguresResponse { rate_figures, read_time }))
    }

    /// The two figures of a rate.
    fn pair(&self, rate: &RateDefinition) -> Outcome<[Wanted<'_>; 2]> {
        let [numerator, denominator] = rate.figures();
        let pair = [self.definition(&numerator)?, self.definition(&denominator)?];
        // Both of one place: a part is never divided by a whole of somewhere else.
        let areas_only = rate.areas_only || pair.iter().any(|definition| definition.areas_only);
        Ok(pair.map(|definition| Wanted { definition, areas_only }))
    }

    fn rate(&self, resource: &str) -> Outcome<&RateDefinition> {
        let name = resource.strip_prefix("rates/").unwrap_or_default();
        let found = self.catalogue.rates().iter().find(|known| known.name == name);
        found.ok_or_else(|| not_found(resource))
    }
}

/// The rate of a numerator and a denominator of one node.
fn told(definition: &RateDefinition, pair: &[Figure]) -> RateFigure {
    let [numerator, denominator] = pair else { return RateFigure::default() };
    let rate = Rate { numerator: numerator.value, denominator: denominator.value };
    let reason = match numerator.not_applicable_reason() {
        NotApplicableReason::Unspecified if rate.not_applicable() => {
            NotApplicableReason::NothingCounted
        }
        reason => reason,
    };
    RateFigure {
        rate: definition.resource(),
        node: numerator.node.clone(),
        day: numerator.day,
        numerator: rate.numerator,
        denominator: rate.denominator,
        basis_points: rate.basis_points(),
        not_applicable: rate.not_applicable(),
        not_applicable_reason: reason.into(),
        counted_at: numerator.counted_at.clone(),
    }
}
