use std::ops::Range;

use super::{Batch, BatchFull};
use crate::find::Match;

impl Batch {
    /// Decodes links that were found in a text, one row per link, and appends their places in the text to `places`.
    ///
    /// The offsets of errors are counted from the beginning of the link.
    ///
    /// # Errors
    ///
    /// Returns [`BatchFull`] if a column would exceed 2 GiB. Its [`offset`](BatchFull::offset) is where the link begins in the text that
    /// was not pushed; `places` has a place for each row that was.
    ///
    /// # Examples
    ///
    /// ```
    /// use google_news_link::{Batch, find};
    ///
    /// let page = b"<a href='https://news.google.com/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA'>";
    /// let (mut batch, mut places) = (Batch::new(), Vec::new());
    /// batch.push_matches(find(page), &mut places)?;
    /// assert_eq!(places, [9..81]);
    /// assert_eq!(batch.canonical_urls().get(0), Some("https://amu.tv/111931/"));
    /// # Ok::<(), google_news_link::batch::BatchFull>(())
    /// ```
    pub fn push_matches<'t>(
        &mut self,
        matches: impl IntoIterator<Item = Match<'t>>,
        places: &mut Vec<Range<usize>>,
    ) -> Result<(), BatchFull> {
        for found in matches {
            let place = found.range();
            self.push(found.as_bytes()).map_err(|_| BatchFull { offset: place.start })?;
            places.push(place);
        }
        Ok(())
    }
}
