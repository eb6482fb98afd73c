//! An answer as the service sent it: fields that are newer than the SDK are in it, and not in the SDK's own value.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::Value;

/// Keeps the JSON body of the last answer of one call.
#[derive(Clone, Debug, Default)]
pub(super) struct RawAnswer(Arc<Mutex<Option<Value>>>);

impl RawAnswer {
    /// The body; `Null` where the answer was no JSON.
    pub(super) fn json(&self) -> Value {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.take().unwrap_or_default()
    }
}

impl Intercept for RawAnswer {
    fn name(&self) -> &'static str {
        "RawAnswer"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = body.and_then(|bytes| serde_json::from_slice(bytes).ok());
        Ok(())
    }
}
