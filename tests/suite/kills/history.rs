//! What writers asked for, and what the feed says that the register did.

use uuid::Uuid;

/// What a write does. Its operation's number is in it, so that its effect can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Enters the employer of the number.
    Create,
    /// Gives it the telephone of the number.
    Phone,
    /// Records the headcount of the number.
    Headcount,
    /// Moves it to the address of the number.
    Move,
    /// Closes it.
    Close,
    /// Puts it under a union; at most one a time for each.
    Cover,
    /// Takes it out of its union; at most once for each.
    Uncover,
    /// Enters the union of the number.
    Found,
    /// Gives a union a mark with the note of the number.
    Mark,
}

impl Deed {
    /// Every one.
    pub(crate) const ALL: [Self; 9] = [
        Self::Create,
        Self::Phone,
        Self::Headcount,
        Self::Move,
        Self::Close,
        Self::Cover,
        Self::Uncover,
        Self::Found,
        Self::Mark,
    ];
}

/// What is known of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The answer never came, or told nothing.
    Unknown,
    /// Refused for this reason: it must have no effect.
    Refused(String),
    /// Acknowledged with the record at this version. A repetition may show a later one.
    Acknowledged { record: String, version: i64, repeated: bool },
}

/// One write, under one request id however often it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) request_id: Uuid,
    pub(crate) number: u32,
    pub(crate) deed: Deed,
    /// The record that it changes; nothing for [`Deed::Create`] and [`Deed::Found`].
    pub(crate) target: String,
    /// The union that is to cover it; nothing but for [`Deed::Cover`].
    pub(crate) union: String,
    pub(crate) outcome: Outcome,
}

/// A version of a record, as the feed gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) position: i64,
    pub(crate) transaction: i64,
    pub(crate) record: String,
    pub(crate) version: i64,
    /// The area that the feed names with it, without `areas/`.
    pub(crate) area: String,
    /// Whether it only tells that the record left the area.
    pub(crate) left: bool,
    /// The employer or the union; nothing for records of another kind, and where it left.
    pub(crate) face: Option<Face>,
}

/// What the writes change in a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Face {
    /// The credit code of an employer, the name of a union.
    pub(crate) identity: String,
    pub(crate) phone: String,
    pub(crate) employees: i32,
    pub(crate) address: String,
    pub(crate) closed: bool,
    /// The union that covers it.
    pub(crate) union: String,
    /// What its mark says.
    pub(crate) note: String,
}
