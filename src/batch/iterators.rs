/// Declares iterators over the rows `0..len`. Each has a function that returns the item of a row, which is guaranteed
/// to exist.
macro_rules! iterators {
    ($($(#[$doc:meta])* $name:ident<'a>($source:ty) -> $item:ty = $get:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        #[must_use = "iterators are lazy and do nothing unless consumed"]
        pub struct $name<'a> {
            source: $source,
            rows: std::ops::Range<usize>,
        }

        impl<'a> $name<'a> {
            pub(super) fn new(source: $source) -> Self {
                $name { source, rows: 0..source.len() }
            }
        }

        impl<'a> Iterator for $name<'a> {
            type Item = $item;

            fn next(&mut self) -> Option<$item> {
                let get: fn($source, usize) -> Option<$item> = $get;
                get(self.source, self.rows.next()?)
            }

            fn nth(&mut self, n: usize) -> Option<$item> {
                let get: fn($source, usize) -> Option<$item> = $get;
                get(self.source, self.rows.nth(n)?)
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                self.rows.size_hint()
            }
        }

        impl<'a> DoubleEndedIterator for $name<'a> {
            fn next_back(&mut self) -> Option<$item> {
                let get: fn($source, usize) -> Option<$item> = $get;
                get(self.source, self.rows.next_back()?)
            }
        }

        impl ExactSizeIterator for $name<'_> {}

        impl std::iter::FusedIterator for $name<'_> {}
    )*};
}

pub(super) use iterators;
