//! A bounded session with AWS: clients, at most so many calls at once, one deadline over all of them, a progress line.

use std::fmt::Debug;
use std::future::Future;
use std::sync::Mutex;
use std::time::Duration;

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::fault::{Fault, classify};
use super::operations::{Listing, Operation};
use super::reads::Reads;
use crate::model::known::{ReasonCode, Unread};

/// Calls in flight at once: the control plane allows 25 list and 150 get calls a second.
const SIDE_BY_SIDE: usize = 24;
/// Longest that one operation may take, retries included: longer than all waits between them.
pub const PER_CALL: Duration = Duration::from_secs(20);
/// Longest that one attempt may take.
const PER_ATTEMPT: Duration = Duration::from_secs(5);
/// Attempts of one call.
const ATTEMPTS: u32 = 6;
/// The longest wait before the second attempt; every wait is at most twice the one before and is drawn at random below that.
/// Over six attempts that is under eight seconds, so that a throttled call is answered and not given up.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(4);
/// Longest that all of them may take.
pub const OVERALL: Duration = Duration::from_secs(60);

/// The clients of the services that are read.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Clients {
    pub sts: aws_sdk_sts::Client,
    pub iam: aws_sdk_iam::Client,
    pub agentcore: aws_sdk_bedrockagentcorecontrol::Client,
    pub reads: Reads,
}

impl Clients {
    /// Clients over one configuration, with bounded retries. The adaptive mode is not for this: its limiter makes every call of a
    /// client wait once a single one was throttled, for longer than the whole audit may take.
    pub fn new(config: &SdkConfig) -> Self {
        let timeouts = TimeoutConfig::builder()
            .operation_timeout(PER_CALL)
            .operation_attempt_timeout(PER_ATTEMPT)
            .connect_timeout(Duration::from_secs(3))
            .build();
        let config = config
            .to_builder()
            .timeout_config(timeouts)
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(ATTEMPTS)
                    .with_initial_backoff(FIRST_WAIT)
                    .with_max_backoff(LONGEST_WAIT),
            )
            .build();
        Self {
            sts: aws_sdk_sts::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            agentcore: aws_sdk_bedrockagentcorecontrol::Client::new(&config),
            reads: Reads::new(&config),
        }
    }
}

/// A session: everything that a collector needs to call AWS.
#[derive(Debug)]
pub struct Session {
    /// The clients.
    pub clients: Clients,
    permits: Semaphore,
    limit: Duration,
    deadline: Instant,
    progress: ProgressBar,
    /// Actions in flight, so that the progress line names one that is really waited for.
    waiting: Mutex<Vec<String>>,
}

impl Session {
    /// A session that ends [`OVERALL`] from now. The progress line is drawn on standard error when that is a terminal.
    pub fn new(clients: Clients, progress: bool) -> Self {
        let bar = if progress {
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
        } else {
            ProgressBar::hidden()
        };
        // The number of calls is not known before the last: what moves is the spinner, and the words say what is waited for.
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({pos} calls, {elapsed})")
        {
            bar.set_style(style);
        }
        if progress {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        bar.set_message("reading AWS");
        Self {
            clients,
            permits: Semaphore::new(SIDE_BY_SIDE),
            limit: OVERALL,
            deadline: Instant::now() + OVERALL,
            progress: bar,
            waiting: Mutex::new(Vec::new()),
        }
    }

    /// The session with less time: it ends `limit` from now.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self.deadline = Instant::now() + limit;
        self
    }

    /// Awaits a call, or all pages of a listing, within the bounds; `action` is the IAM action that authorises it.
    ///
    /// # Errors
    /// The classified [`Fault`].
    pub async fn call<T, E: ProvideErrorMetadata>(
        &self,
        action: &str,
        future: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, Fault> {
        let bounded = tokio::time::timeout_at(self.deadline, async {
            let _permit = self.permits.acquire().await;
            self.waits_for(action, true);
            future.await
        });
        let result = bounded.await;
        self.waits_for(action, false);
        self.progress.inc(1);
        match result {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(classify(action, &error)),
            Err(_) => Err(Fault::Unread(Unread::new(
                ReasonCode::Unreachable,
                format!(
                    "{action} was not answered within the {} s that reading AWS may take",
                    self.limit.as_secs()
                ),
            ))),
        }
    }

    /// Asks one operation within the bounds.
    ///
    /// # Errors
    /// The classified [`Fault`].
    pub async fn read<T>(&self, operation: &'static Operation, input: &Value) -> Result<T, Fault>
    where
        T: DeserializeOwned + Debug + Send + Sync + 'static,
    {
        let answer = self.clients.reads.one(operation, input);
        self.call(operation.action, answer).await
    }

    /// Asks for all pages of a listing within the bounds.
    ///
    /// # Errors
    /// The classified [`Fault`].
    pub async fn list<T>(&self, listing: &'static Listing, input: &Value) -> Result<Vec<T>, Fault>
    where
        T: DeserializeOwned + Debug + Send + Sync + 'static,
    {
        let pages = self.clients.reads.all(listing, input);
        self.call(listing.operation.action, pages).await
    }

    /// Notes that an action was sent or answered, and shows the one that is waited for longest.
    fn waits_for(&self, action: &str, sent: bool) {
        let Ok(mut waiting) = self.waiting.lock() else {
            return;
        };
        if sent {
            waiting.push(action.to_owned());
        } else if let Some(index) = waiting.iter().position(|other| other == action) {
            waiting.remove(index);
        }
        if let Some(first) = waiting.first() {
            self.progress.set_message(format!("reading AWS: {first}"));
        }
    }

    /// Clears the progress line.
    pub fn finish(&self) {
        self.progress.finish_and_clear();
    }
}
