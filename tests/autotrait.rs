//! Types that can be sent, shared and kept, whatever becomes of their insides.

use std::panic::{RefUnwindSafe, UnwindSafe};

use google_news_link::*;

fn is_plain<T: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + std::fmt::Debug + Clone>() {}
fn is_error<T: std::error::Error + Send + Sync + 'static>() {}
fn is_value<T: Eq + std::hash::Hash>() {}

#[test]
fn every_type_can_be_sent_shared_and_compared() {
    is_plain::<Decoder>();
    is_plain::<Link<'_>>();
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
        Kind,
        Error,
        ErrorKind
    );
    is_error::<Error>();
    is_error::<ParseKindError>();
}
