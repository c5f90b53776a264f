//! What a handler starts with: who calls, until when, and what is asked.

use std::sync::Arc;

use unionhall_proto::Validate;
use uuid::Uuid;

use crate::{
    access::{Caller, MethodAccess},
    deadline::{Deadline, Longest},
    fault::{Fault, Outcome, Violation},
    ledger::Intent,
    paging::Binding,
    reasons,
    server::{DrainToken, RequestId},
};

/// One call that passed the authentication.
#[derive(Debug, Clone)]
pub struct Call<T> {
    /// Who calls.
    pub caller: Caller,
    /// When the caller stops waiting.
    pub deadline: Deadline,
    /// The method, with its permission and where its scope comes from.
    pub method: Arc<MethodAccess>,
    /// The id under which the call is found again. Its W3C trace context is the current span's.
    pub request_id: RequestId,
    /// Tells a stream that the server is stopping.
    pub drain: DrainToken,
    /// What is asked: a message, or the stream of them.
    pub message: T,
}

impl<T> Call<T> {
    /// Takes what the layers left with the request; the message is not looked at.
    ///
    /// `UNAUTHENTICATED` when the request never passed the authentication.
    pub fn accept(request: tonic::Request<T>) -> Outcome<Self> {
        let (_, mut extensions, message) = request.into_parts();
        let unauthenticated = || Fault::new(&reasons::UNAUTHENTICATED);
        Ok(Self {
            caller: extensions.remove().ok_or_else(unauthenticated)?,
            method: extensions.remove().ok_or_else(unauthenticated)?,
            deadline: extensions
                .remove()
                .unwrap_or_else(|| Deadline::after(Longest::default().unary)),
            request_id: extensions.remove().unwrap_or_default(),
            drain: extensions.remove().unwrap_or_default(),
            message,
        })
    }

    /// Takes the call and checks its message, in this order: whoever may not call learns nothing
    /// of what is wrong with the message.
    ///
    /// `UNAUTHENTICATED`, `INVALID_FIELD`.
    pub fn open(request: tonic::Request<T>) -> Outcome<Self>
    where
        T: Validate,
    {
        let mut call = Self::accept(request)?;
        validate(&mut call.message)?;
        Ok(call)
    }

    /// What the books must know of this call. `request_id` is the message's own field, which
    /// validation found empty or a UUID.
    pub fn intent(&self, request_id: &str) -> Intent<'_>
    where
        T: prost::Message,
    {
        Intent {
            client: self.caller.client.as_str(),
            method: &self.method.path,
            trace: self.request_id.as_str(),
            request_id: Uuid::parse_str(request_id).ok(),
            body: self.message.encode_to_vec(),
        }
    }

    /// What a page token of this call is bound to; `query` is the message without its page fields.
    pub fn binding(&self, query: &impl prost::Message) -> Binding {
        let (client, scope) = (self.caller.client.as_str(), &self.caller.scope);
        Binding::new(&self.method.path, client, scope, &query.encode_to_vec())
    }

    /// The call with another message in it.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Call<U> {
        Call {
            caller: self.caller,
            deadline: self.deadline,
            method: self.method,
            request_id: self.request_id,
            drain: self.drain,
            message: change(self.message),
        }
    }
}

/// Normalises and checks a message, for instance one out of a stream. `INVALID_FIELD`.
pub fn validate(message: &mut impl Validate) -> Outcome<()> {
    let violations = message.check();
    if violations.is_empty() {
        return Ok(());
    }
    let named = violations
        .into_iter()
        .map(|found| Violation { field: found.field, description: found.description });
    Err(Fault::new(&reasons::INVALID_FIELD).violations(named))
}

#[cfg(test)]
mod tests;
