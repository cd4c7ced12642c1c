use std::fmt;
use std::str::FromStr;

/// Declares the kinds with their names.
macro_rules! kinds {
    ($($kind:ident $name:literal)*) => {
        /// The kinds of [`Target`](crate::Target).
        ///
        /// # Examples
        ///
        /// ```
        /// use google_news_link::{Kind, decode};
        ///
        /// let kind = decode("CAAqBwgKMI7rigMwlq88")?.kind();
        /// assert_eq!(kind.as_str(), "publication");
        /// assert_eq!("publication".parse(), Ok(Kind::Publication));
        /// # Ok::<(), google_news_link::Error>(())
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[non_exhaustive]
        pub enum Kind {
            $(
                #[doc = concat!("[`Target::", stringify!($kind), "`](crate::Target::", stringify!($kind), "), `", $name, "`.")]
                $kind,
            )*
        }

        impl Kind {
            /// Every kind, in the order of their declaration.
            pub const ALL: &'static [Kind] = &[$( Kind::$kind ),*];

            pub(crate) const NAMES: &'static [&'static str] = &[$( $name ),*];

            /// Returns the kind's name, lower case with hyphens.
            pub fn as_str(self) -> &'static str {
                match self {
                    $( Kind::$kind => $name, )*
                }
            }
        }
    };
}

kinds! {
    Article "article"
    OpaqueArticle "opaque-article"
    KeyedArticle "keyed-article"
    Video "video"
    Topic "topic"
    Story "story"
    Publication "publication"
    Section "section"
    Share "share"
    Picture "picture"
    Redirect "redirect"
    OpaqueRedirect "opaque-redirect"
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The error of parsing a [`Kind`] from a string that is not the name of a kind, such as `Article` or `news`.
///
/// Its message lists the names. It does not repeat the string, which the caller has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[error("unknown kind of target, expected one of {}", Kind::NAMES.join(", "))]
#[non_exhaustive]
pub struct ParseKindError;

impl FromStr for Kind {
    type Err = ParseKindError;

    fn from_str(name: &str) -> Result<Self, ParseKindError> {
        Kind::ALL.iter().copied().find(|kind| kind.as_str() == name).ok_or(ParseKindError)
    }
}

/// The error of converting a [`Target`](super::Target) into a type of another kind, such as a video into an
/// [`Article`](super::Article).
///
/// It does not contain the target, which may borrow from a [`Decoder`](crate::Decoder), so that the error can be boxed.
/// To keep the target, use `match`, or a method such as [`Target::as_article`](super::Target::as_article), which
/// returns a reference.
///
/// # Examples
///
/// ```
/// use google_news_link::{Article, decode};
///
/// let error = Article::try_from(decode("CCAiC2JSMFZjT0NUb2hZmAEB")?).unwrap_err();
/// assert_eq!(error.to_string(), "expected article, found video");
/// # Ok::<(), google_news_link::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[error("expected {}, found {found}", names(expected))]
pub struct TryFromTargetError {
    pub(super) expected: &'static [Kind],
    pub(super) found: Kind,
}

impl TryFromTargetError {
    /// Returns the kinds of the type into which the target was converted: one, or two for an [`Edition`](super::Edition).
    pub fn expected(&self) -> &'static [Kind] {
        self.expected
    }

    /// Returns the kind of the target.
    pub fn found(&self) -> Kind {
        self.found
    }
}

/// Joins the names of kinds: `topic or publication`.
fn names(kinds: &[Kind]) -> String {
    kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(" or ")
}
