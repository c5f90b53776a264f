//! How far the text of a rule's days is at hand.

use super::union::kind::codes;

codes! {
    /// How far the text of a rule's days is at hand.
    Standing {
        /// It is.
        Stated = "STATED",
        /// From general knowledge, to be compared with the text of the day.
        Assumed = "ASSUMED",
        /// It is not; the rule decides nothing.
        Unknown = "UNKNOWN",
    }
}
