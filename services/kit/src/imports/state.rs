//! Where a batch stands.

use unionhall_proto::common::v1::import_batch::State as Contract;

/// The states; numbers as in the contract. A file that is still coming in, and a batch that was
/// given up, are shown to nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i16)]
pub(super) enum State {
    Uploaded = 1,
    Validating = 2,
    Validated = 3,
    Rejected = 4,
    Applying = 5,
    Applied = 6,
    Undoing = 7,
    Undone = 8,
}

impl State {
    pub(super) const ALL: [Self; 8] = [
        Self::Uploaded,
        Self::Validating,
        Self::Validated,
        Self::Rejected,
        Self::Applying,
        Self::Applied,
        Self::Undoing,
        Self::Undone,
    ];

    pub(super) fn code(self) -> i16 {
        self as i16
    }

    pub(super) fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether a job moves the batch on.
    pub(super) fn works(self) -> bool {
        matches!(self, Self::Validating | Self::Applying | Self::Undoing)
    }

    /// Whether the file has served its purpose.
    pub(super) fn reads_no_file(self) -> bool {
        matches!(self, Self::Rejected | Self::Applied | Self::Undone)
    }

    pub(super) fn contract(self) -> Contract {
        match self {
            Self::Uploaded => Contract::Uploaded,
            Self::Validating => Contract::Validating,
            Self::Validated => Contract::Validated,
            Self::Rejected => Contract::Rejected,
            Self::Applying => Contract::Applying,
            Self::Applied => Contract::Applied,
            Self::Undoing => Contract::Undoing,
            Self::Undone => Contract::Undone,
        }
    }

    /// As the contract writes it, without its prefix.
    pub(super) fn name(self) -> &'static str {
        self.contract().as_str_name().trim_start_matches("STATE_")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_contract() {
        for state in State::ALL {
            assert_eq!(i32::from(state.code()), state.contract() as i32);
            assert_eq!(State::from_code(state.code()), Some(state));
        }
        assert_eq!(State::from_code(0), None);
        assert_eq!(State::Validated.name(), "VALIDATED");
    }
}
