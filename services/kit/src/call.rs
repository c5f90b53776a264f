//! What a handler starts with: who calls, until when, and what is asked.

use std::sync::Arc;

use unionhall_proto::Validate;

use crate::{
    access::{Caller, MethodAccess},
    deadline::{Deadline, Longest},
    fault::{Fault, Outcome, Violation},
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
