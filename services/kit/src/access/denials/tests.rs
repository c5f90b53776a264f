use std::fmt::{Debug, Write};

use chrono::TimeDelta;
use tracing::{Event, Subscriber, field::Field};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use super::*;
use crate::{clock::ManualClock, config::TelemetryConfig, telemetry::Telemetry};

const GET: &str = "/unionhall.registry.v1.EmployerService/GetEmployer";

fn clock() -> Arc<ManualClock> {
    ManualClock::at("2014-02-27T02:00:30Z".parse().unwrap())
}

fn denial(client: &str, reason: &'static str) -> Denial {
    let client = Some(ClientId::parse(client).unwrap());
    Denial { client, method: GET.to_owned(), reason: reason.into() }
}

#[test]
fn the_like_of_one_minute_are_one_count() {
    let clock = clock();
    let denials = Denials::new(clock.clone());
    for reason in ["OUT_OF_SCOPE", "OUT_OF_SCOPE", "PERMISSION_DENIED"] {
        denials.denied(denial("tax-office", reason));
    }
    clock.advance(TimeDelta::seconds(30));
    denials.denied(denial("tax-office", "OUT_OF_SCOPE"));
    let counted = denials.take();
    assert_eq!(counted.values().copied().collect::<Vec<_>>(), [2, 1, 1]);
    assert!(denials.take().is_empty());
    denials.denied(denial("tax-office", "OUT_OF_SCOPE"));
    denials.give_back(counted);
    assert_eq!(denials.take().values().copied().collect::<Vec<_>>(), [2, 1, 2]);
}

#[test]
fn a_flood_of_callers_is_counted_together() {
    let denials = Denials::new(clock());
    for number in 0..3_000 {
        denials.denied(denial(&format!("client-{number}"), "OUT_OF_SCOPE"));
    }
    let counted = denials.take();
    assert!(counted.len() <= KINDS + 1, "{}", counted.len());
    assert_eq!(counted.values().sum::<u64>(), 3_000);
}

/// Keeps each line of the log as `field=value` pairs.
struct Lines(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = String::new();
        event.record(&mut |field: &Field, value: &dyn Debug| {
            write!(line, "{field}={value:?} ").unwrap();
        });
        self.0.lock().push(line);
    }
}

#[tokio::test]
async fn a_process_without_books_says_them_in_its_log_and_its_metrics() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let log = tracing_subscriber::registry().with(Lines(Arc::clone(&lines)));
    // A single log would be asked once, by whichever thread comes first, whether it listens.
    let _other = tracing::Dispatch::new(tracing_subscriber::registry());
    let _heard = tracing::subscriber::set_default(log);
    let telemetry = Telemetry::build(&TelemetryConfig::default(), "test").unwrap();
    let denials = Arc::new(Denials::measured(clock(), &telemetry.meter()));
    denials.denied(denial("tax-office", "RATE_LIMITED"));
    denials.denied(denial("tax-office", "RATE_LIMITED"));
    denials.denied(Denial::of(None, None, "UNAUTHENTICATED"));
    let stop = CancellationToken::new();
    stop.cancel();
    Arc::clone(&denials).keep_logged(stop).await;
    // The metrics log too, so the lines are not held while they work.
    let lines = lines.lock().clone();
    let told = |words: &[&str]| lines.iter().any(|line| words.iter().all(|it| line.contains(it)));
    let minute = "2014-02-27T02:00:00Z";
    assert!(told(&["tax-office", GET, "RATE_LIMITED", minute, "count=2"]), "{lines:?}");
    assert!(told(&["client=\"\"", "unknown", "UNAUTHENTICATED", "count=1"]), "{lines:?}");
    let metrics = telemetry.render().unwrap();
    let line = metrics.lines().find(|line| line.contains("RATE_LIMITED")).unwrap();
    assert!(line.starts_with("access_denied_total{") && line.ends_with(" 2"), "{line}");
    assert!(!metrics.contains("tax-office"), "a metric's labels are few");
}
