//! Numbers for whoever watches the server, in the `OpenMetrics` text format.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use appkeep_service::Refusals;
use foldhash::fast::RandomState;
use http::{Method, StatusCode};
use parking_lot::RwLock;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabelSet, EncodeLabelValue, EncodeMetric, LabelValueEncoder, text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::state::Statistics;
use crate::under_way::{RequestUnderWay, Route};

/// From half a millisecond to ten seconds.
const SECONDS: [f64; 13] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The numbers of this server. Cheap to clone; every clone is the same one.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    /// Both, of what was asked before: every request looks here.
    of_request: Arc<RwLock<Known>>,
}

/// There are so many as there are routes, methods and statuses.
type Known = HashMap<RequestLabels, (Counter, Histogram), RandomState>;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: Route,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    method: &'static str,
    route: Route,
}

impl Metrics {
    pub(crate) fn new(statistics: Arc<dyn Fn() -> Statistics + Send + Sync>, refusals: Refusals) -> Self {
        let mut registry = Registry::with_prefix("appkeep");
        let requests = Family::<RequestLabels, Counter>::default();
        let durations: Family<_, _, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(SECONDS));
        registry.register("http_requests", "Requests that were answered", requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "How long requests took",
            Unit::Seconds,
            durations.clone(),
        );
        registry.register_collector(Box::new(DatabaseCollector(statistics)));
        registry.register_collector(Box::new(RefusalCollector(refusals)));
        Self { registry: Arc::new(registry), requests, durations, of_request: Arc::default() }
    }

    pub(crate) fn observe(&self, request: &RequestUnderWay, status: StatusCode, took: Duration) {
        let (method, route) = (method_label(&request.method), request.route.clone());
        let labels = RequestLabels { method, route, status: status.as_u16() };
        let of_request = self.of_request.read();
        if let Some((count, duration)) = of_request.get(&labels) {
            count.inc();
            duration.observe(took.as_secs_f64());
            return;
        }
        drop(of_request);
        self.observe_first(labels, took);
    }

    fn observe_first(&self, labels: RequestLabels, took: Duration) {
        let of_route = RouteLabels { method: labels.method, route: labels.route.clone() };
        let count = self.requests.get_or_create(&labels).clone();
        let duration = self.durations.get_or_create(&of_route).clone();
        count.inc();
        duration.observe(took.as_secs_f64());
        self.of_request.write().insert(labels, (count, duration));
    }

    pub(crate) fn encode(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl EncodeLabelValue for Route {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        EncodeLabelValue::encode(&self.as_str(), encoder)
    }
}

/// A caller can invent methods without end; a label has room for those known.
fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// Asks the database for its numbers when they are asked for.
struct DatabaseCollector(Arc<dyn Fn() -> Statistics + Send + Sync>);

impl fmt::Debug for DatabaseCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseCollector")
    }
}

impl Collector for DatabaseCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let now = (self.0)();
        statements(&mut encoder, now)?;
        counter(&mut encoder, "database_commits", "Commits; transactions can share one", now.batches)?;
        counter(&mut encoder, "database_transactions", "Transactions that were begun", now.transactions)?;
        counter(&mut encoder, "database_retries", "Transactions that ran once more", now.retries)?;
        let waiting = i64::try_from(now.queue_depth).unwrap_or(i64::MAX);
        gauge(
            &mut encoder,
            "database_queue_depth",
            "Transactions that wait or run",
            ConstGauge::new(waiting),
        )?;
        let took = ConstGauge::new(now.last_commit.as_secs_f64());
        gauge(&mut encoder, "database_last_commit_seconds", "How long the last commit took", took)?;
        let rows = i64::try_from(now.largest_transaction).unwrap_or(i64::MAX);
        gauge(
            &mut encoder,
            "database_largest_transaction_rows",
            "Rows that the largest transaction wrote",
            ConstGauge::new(rows),
        )
    }
}

/// How many were refused because of who they are, and of how many the history
/// does not tell.
#[derive(Debug)]
struct RefusalCollector(Refusals);

impl Collector for RefusalCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Self(refusals) = self;
        counter(&mut encoder, "refusals", "Requests refused because of who asked", refusals.told())?;
        let help = "Refusals that the audit trail does not tell of, because there were too many";
        counter(&mut encoder, "refusals_dropped", help, refusals.dropped())
    }
}

fn statements(encoder: &mut DescriptorEncoder<'_>, now: Statistics) -> fmt::Result {
    let help = "Statements run, by whom they were run for";
    let mut metric = encoder.encode_descriptor("database_statements", help, None, MetricType::Counter)?;
    for (source, count) in [("request", now.request_statements), ("background", now.background_statements)] {
        ConstCounter::new(count).encode(metric.encode_family(&[("source", source)])?)?;
    }
    Ok(())
}

fn counter(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, count: u64) -> fmt::Result {
    let counter = ConstCounter::new(count);
    counter.encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)
}

fn gauge(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    gauge: impl EncodeMetric,
) -> fmt::Result {
    gauge.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)
}
