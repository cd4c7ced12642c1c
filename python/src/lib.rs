//! The extension module of the Python package `google_news_link`.
//!
//! | module | content |
//! |---|---|
//! | `text` | the bytes of a link in a Python object |
//! | `target` | the classes of targets, all from one table |
//! | `error` | `DecodeError` |
//! | `builder` | collects links and decodes them in blocks, without the interpreter |
//! | `batch` | the class `Batch` |
//! | `arrow` | import and export of Arrow's C data interface |
//! | `file` | the class `LinkFile` |
//! | `find` | links in any text |
//! | `page` | links in pages of Google News |
//! | `resolve` | the online protocol, without a client |

use pyo3::prelude::*;

mod arrow;
mod batch;
mod builder;
mod error;
mod file;
mod find;
mod page;
mod resolve;
mod target;
mod text;

#[pymodule]
mod _core {
    use super::*;

    #[pymodule_export]
    use super::batch::{Batch, BatchIterator, decode_many};
    #[pymodule_export]
    use super::file::{BatchReader, LinkFile, decode_file};
    #[pymodule_export]
    use super::find::{Match, find, rewrite};
    #[pymodule_export]
    use super::page::{PageLink, harvest};
    #[pymodule_export]
    use super::resolve::{Exchange, Resolution, is_token};
    #[pymodule_export]
    use super::target::{Target, decode, restore_target};

    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        target::add_classes(module)
    }
}
