use chrono::DateTime;
use tonic::Status;
use tonic_types::StatusExt;
use tower::{ServiceExt, service_fn};

use super::*;
use crate::path::Scope;

/// Remembers every denial.
#[derive(Default)]
struct Book(parking_lot::Mutex<Vec<Denial>>);

impl DenialSink for Book {
    fn denied(&self, denial: Denial) {
        self.0.lock().push(denial);
    }
}

fn client(id: &str) -> ClientId {
    ClientId::parse(id).unwrap()
}

fn share(rate: u32, burst: u32) -> Share {
    Share { rate: NonZeroU32::new(rate).unwrap(), burst: NonZeroU32::new(burst).unwrap() }
}

/// How many of `calls` are let through.
fn passed(shares: &Shares, id: &str, share: Share, calls: usize) -> usize {
    (0..calls).filter(|_| shares.take(&client(id), share).is_ok()).count()
}

#[tokio::test(start_paused = true)]
async fn a_client_has_its_burst_and_then_its_rate() {
    let shares = Shares::default();
    let share = share(2, 5);
    assert_eq!(passed(&shares, "tax-office", share, 20), 5);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(passed(&shares, "tax-office", share, 20), 2);
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(passed(&shares, "tax-office", share, 20), 5);
}

#[tokio::test(start_paused = true)]
async fn one_client_does_not_use_up_the_share_of_another() {
    let shares = Shares::default();
    assert_eq!(passed(&shares, "tax-office", share(1, 3), 9), 3);
    assert_eq!(passed(&shares, "health-office", share(1, 3), 9), 3);
}

#[tokio::test(start_paused = true)]
async fn a_new_policy_applies_at_once() {
    let shares = Shares::default();
    assert_eq!(passed(&shares, "tax-office", share(1, 1), 3), 1);
    assert_eq!(passed(&shares, "tax-office", share(1, 4), 9), 4);
    assert_eq!(passed(&shares, "tax-office", share(1, 4), 9), 0);
}

#[tokio::test(start_paused = true)]
async fn the_refusal_says_how_long_to_wait() {
    let handler = service_fn(|_: Request<()>| {
        std::future::ready(Ok::<_, Infallible>(Response::new(Body::empty())))
    });
    let book = Arc::new(Book::default());
    let service = RateLimitLayer::new(book.clone()).layer(handler);
    let mut caller =
        Caller::internal(client("tax-office"), &["*"], Scope::default(), DateTime::UNIX_EPOCH);
    caller.share = share(4, 1);
    let call = || {
        let mut request = Request::new(());
        request.extensions_mut().insert(caller.clone());
        service.clone().oneshot(request)
    };
    assert!(call().await.unwrap().headers().get("grpc-status").is_none());
    let refused = call().await.unwrap();
    let status = Status::from_header_map(refused.headers()).unwrap();
    assert_eq!(status.code(), tonic::Code::ResourceExhausted);
    let denied = Denial::of(Some(&client("tax-office")), None, "RATE_LIMITED");
    assert_eq!(*book.0.lock(), [denied]);
    let wait = status.get_details_retry_info().unwrap().retry_delay.unwrap();
    assert_eq!(wait, Duration::from_millis(250));
    tokio::time::advance(wait).await;
    assert!(call().await.unwrap().headers().get("grpc-status").is_none());
    for _ in 0..9 {
        let answer = service.clone().oneshot(Request::new(())).await.unwrap();
        assert!(answer.headers().get("grpc-status").is_none(), "no caller, no share");
    }
}
