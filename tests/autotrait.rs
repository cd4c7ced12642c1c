//! Types that can be sent, shared and kept, whatever becomes of their insides.

use std::panic::{RefUnwindSafe, UnwindSafe};

use google_news_link::batch::{
    BatchFull, Column, ColumnIter, Counts, Errors, Kinds, KindsIter, Parts, Rows, UrlLens,
};
use google_news_link::*;

fn is_plain<T: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + std::fmt::Debug + Clone>() {}
fn is_error<T: std::error::Error + Send + Sync + 'static>() {}
fn is_value<T: Eq + std::hash::Hash>() {}

#[test]
fn every_type_can_be_sent_shared_and_compared() {
    is_plain::<Decoder>();
    macro_rules! values {
        ($($type:ty),*) => {$( is_plain::<$type>(); is_value::<$type>(); )*};
    }
    values!(
        Target<'_>,
        Article<'_>,
        OpaqueArticle<'_>,
        KeyedArticle<'_>,
        Video,
        Topic,
        Story,
        Publication<'_>,
        Section<'_>,
        Edition<'_>,
        Share,
        Picture,
        Redirect<'_>,
        OpaqueRedirect<'_>,
        Link<'_>,
        Destination<'_>,
        Kind,
        Match<'_>,
        GooglePage,
        Error,
        ErrorKind,
        Field,
        ParseKindError,
        UnexpectedKind,
        BatchFull
    );
    is_plain::<Batch>();
    is_plain::<Column<'_>>();
    is_plain::<ColumnIter<'_>>();
    is_plain::<Kinds<'_>>();
    is_plain::<KindsIter<'_>>();
    is_plain::<Rows<'_>>();
    is_plain::<UrlLens<'_>>();
    is_plain::<Errors<'_>>();
    is_plain::<Params<'_>>();
    is_plain::<Find<'_>>();
    is_plain::<Counts>();
    is_plain::<Parts>();
    is_error::<Error>();
    is_error::<ErrorKind>();
    is_error::<ParseKindError>();
    is_error::<UnexpectedKind>();
    is_error::<BatchFull>();
}
