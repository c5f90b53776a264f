//! How the small faults of the rules become the one error that leaves a service.

use unionhall_kit::fault::{Fault, Reason};

/// A decision against a request, with its public reason and the values that its texts name.
pub trait Refusal {
    /// The public reason.
    fn reason(&self) -> &'static Reason;

    /// The values of the `{key}` places in the reason's texts.
    fn places(&self) -> Vec<(&'static str, String)>;

    /// The fault that leaves the service; import reports take their texts from it too.
    fn to_fault(&self) -> Fault {
        self.places()
            .into_iter()
            .fold(Fault::new(self.reason()), |fault, (key, value)| fault.with(key, value))
    }
}
