use crate::message::Fields;

/// The message of an ID that has fields that this version does not know, kept to return the ID byte for byte. It is
/// `None` for nearly every ID, because the message can be encoded from the known fields.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
// A boxed slice takes two words in each target, a box of it one.
pub(crate) struct Original(Option<Box<Box<[u8]>>>);

impl Original {
    /// Keeps the message of `fields` if it has unknown fields, or if its parent or the message that its key encodes does:
    /// `nested_has_unknown_fields`.
    pub(super) fn of(fields: &Fields<'_>, nested_has_unknown_fields: bool) -> Self {
        let has_unknown_fields = fields.has_unknown_fields || nested_has_unknown_fields;
        Original(has_unknown_fields.then(|| Box::new(fields.as_bytes().into())))
    }

    pub(super) fn message(&self) -> Option<&[u8]> {
        self.0.as_ref().map(|message| &***message)
    }
}
