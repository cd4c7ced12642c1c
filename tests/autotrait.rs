//! Tests that public types can be sent and shared between threads, cloned and compared.

use std::fmt::Debug;
use std::hash::Hash;
use std::panic::{RefUnwindSafe, UnwindSafe};

#[cfg(feature = "vector-levels")]
use google_news_link::batch::VectorLevel;
use google_news_link::batch::{
    BatchFull, BatchIter, Batches, BlockReader, Column, ColumnIter, Counts, Errors, Kinds, KindsIter, Parts,
    StringBuffers, UrlLens, UrlLensIter, Validity,
};
use google_news_link::*;

fn is_shareable<T: Send + Sync + Unpin + Debug>() {}
fn is_cloneable<T: UnwindSafe + RefUnwindSafe + Clone>() {}
fn is_value<T: Eq + Hash>() {}
fn is_comparable<T: Eq>() {}
fn is_error<T: std::error::Error + Send + Sync + 'static>() {}

/// Asserts that types have all of the properties before the colon.
macro_rules! assert_properties {
    ($($($property:ident)*: $($type:ty),*;)*) => {$(
        assert_properties!(@ [$($property)*] [$($type),*]);
    )*};
    (@ $properties:tt [$($type:ty),*]) => {$( assert_properties!(@@ $type, $properties); )*};
    (@@ $type:ty, [$($property:ident)*]) => {$( $property::<$type>(); )*};
}

#[test]
fn every_type_can_be_sent_and_shared() {
    assert_properties! {
        is_shareable is_cloneable is_value: Target<'_>, Article<'_>, OpaqueArticle<'_>, KeyedArticle<'_>, Video, Topic, Story,
            Publication<'_>, Section<'_>, Edition<'_>, Share, Picture, Redirect<'_>, OpaqueRedirect<'_>, Link<'_>, Destination<'_>,
            Kind, Match<'_>, GooglePage, Field, Counts;
        is_shareable is_cloneable is_value is_error: Error, ErrorKind, ParseKindError, TryFromTargetError, BatchFull;
        is_shareable is_cloneable is_comparable: Batch, Parts, StringBuffers, Validity;
        is_shareable is_cloneable: Decoder, Column<'_>, ColumnIter<'_>, Kinds<'_>, KindsIter<'_>, BatchIter<'_>, UrlLens<'_>, UrlLensIter<'_>, Errors<'_>,
            Params<'_>, Find<'_>;
        is_shareable: Rewriter<&[u8]>, BatchReader<&[u8]>, BlockReader<&[u8]>, Batches<'_, &[u8]>;
    }
    #[cfg(feature = "vector-levels")]
    assert_properties!(is_shareable is_cloneable is_value: VectorLevel;);
}

#[test]
fn every_exported_type_is_asserted() {
    let exports = concat!(include_str!("../src/lib.rs"), include_str!("../src/batch.rs"));
    let (_, asserted) = include_str!("autotrait.rs").split_once("assert_properties! {").unwrap();
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    let words = |text: &'static str| text.split(move |char| !is_word(char)).filter(|word| !word.is_empty());
    let mut count = 0;
    for statement in exports.split("\npub use ").skip(1) {
        let (statement, _) = statement.split_once(';').unwrap();
        for name in words(statement).filter(|name| name.starts_with(char::is_uppercase)) {
            assert!(words(asserted).any(|word| word == name), "{name}");
            count += 1;
        }
    }
    assert!(count > 0);
}
