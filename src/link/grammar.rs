//! The tables of everything that links consist of: hosts, paths, parameters, and the first characters of IDs. Scanner, parser and query
//! share them.

use crate::base64url::{are_base64url, is_base64url};
use crate::host::HostKind;
use crate::printable::is_invisible;
use crate::shape::{LinkShape, find_shape};

/// The text before the path in nearly all links with a host.
pub(super) const NEWS_ORIGINS: [&[u8]; 3] =
    [b"https://news.google.com/", b"http://news.google.com/", b"news.google.com/"];

/// The text before the path in more than 99 % of 330,000 links.
pub(super) const COMMON_ORIGINS: [&[u8]; 4] = [NEWS_ORIGINS[0], b"./", NEWS_ORIGINS[1], NEWS_ORIGINS[2]];

/// The paths that follow them, before the ID.
pub(super) const COMMON_PATHS: [&[u8]; 12] = [
    b"rss/articles/",
    b"articles/",
    b"read/",
    b"__i/rss/rd/articles/",
    b"./articles/",
    b"./read/",
    b"stories/",
    b"topics/",
    b"rss/topics/",
    b"publications/",
    b"s/",
    b"api/attachments/",
];

/// The kinds of folders in paths of Google News, by what follows them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Folder {
    /// An ID follows. A relative link may begin with the folder: `articles/CBMi…`.
    BeforeId,
    /// An ID follows. The folder is always within another one.
    InnerBeforeId,
    /// Another folder follows. A relative link may begin with this folder.
    Outer,
}

const FOLDERS: [(&[u8], Folder); 13] = [
    (b"articles", Folder::BeforeId),
    (b"read", Folder::BeforeId),
    (b"topics", Folder::BeforeId),
    (b"stories", Folder::BeforeId),
    (b"publications", Folder::BeforeId),
    (SECTIONS, Folder::InnerBeforeId),
    (b"s", Folder::InnerBeforeId),
    (b"attachments", Folder::InnerBeforeId),
    (b"editions", Folder::InnerBeforeId),
    // In links of 2017 and 2018, with a cluster ID in another format, which cannot be decoded.
    (b"story", Folder::InnerBeforeId),
    (b"rss", Folder::Outer),
    (b"atom", Folder::Outer),
    (b"__i", Folder::Outer),
];

/// The folder before the second ID of a link: `/topics/ID/sections/ID`.
pub(super) const SECTIONS: &[u8] = b"sections";

/// The path and the first character of the ID in a relative link that was appended to the address of a search.
pub(super) const APPENDED: [&[u8]; 2] = [b"/articles/C", b"/read/C"];

fn folder(name: &[u8]) -> Option<Folder> {
    FOLDERS.iter().find(|(known, _)| *known == name).map(|&(_, folder)| folder)
}

/// Returns `true` if an ID follows the folder `name`.
pub(crate) fn is_id_folder(name: &[u8]) -> bool {
    matches!(folder(name), Some(Folder::BeforeId | Folder::InnerBeforeId))
}

/// Returns `true` if a link without a host and without a leading slash may begin with the folder `name`.
pub(crate) fn is_first_folder(name: &[u8]) -> bool {
    matches!(folder(name), Some(Folder::BeforeId | Folder::Outer))
}

/// The first characters of real IDs. The first byte of a message is 08, the second one its type, up to 2f.
pub(crate) const BEGINNINGS: [&[u8; 4]; 12] = [
    b"CBMi", TOKEN, b"CAIi", b"CAAq", b"CAAi", b"CCAi", b"CC8i", b"CBIw", b"CAQi", b"CAQq", b"CAow", b"CAUi",
];

/// Returns `true` for an input that begins with an ID rather than with a host. The [`BEGINNINGS`] are never a host's, but `CBS.example` is
/// a host.
pub(crate) fn starts_with_id(input: &[u8]) -> bool {
    if input.first_chunk().is_some_and(|first| BEGINNINGS.contains(&first)) {
        return true;
    }
    let is_host = || {
        let end = input.iter().position(|&byte| !is_base64url(byte)).unwrap_or(input.len());
        matches!(&input[end..], [b'.', next, ..] if is_base64url(*next))
    };
    matches!(input, [b'C', b'A'..=b'C', ..]) && !is_host()
}

/// The beginning of the token of an encrypted redirect.
pub(super) const TOKEN: &[u8; 4] = b"CAES";

/// The parts of a link that were copied together with its token: `?CAES…`, `goto?url=CAES…`.
pub(super) const BEFORE_TOKEN: [&[u8]; 5] = [b"goto?url=", b"url?url=", b"?url=", b"url=", b"?"];

/// The beginning of the ID of a picture, which is followed by `=` and the size.
pub(super) const PICTURE: &[u8] = b"CC8i";

/// Returns the shape of a path without a host. Pages of Google News and of search results contain such links.
pub(super) fn find_relative_shape(path: &[u8]) -> Option<(HostKind, LinkShape, &'static str)> {
    [HostKind::Search, HostKind::News].into_iter().find_map(|host| {
        let (shape, name) = find_shape(host, path)?;
        Some((host, shape, name))
    })
}

/// The names of the parameters that Google adds to redirects and to links with an ID.
#[rustfmt::skip]
const PARAMETER_NAMES: [&[u8]; 45] = [
    b"hl", b"gl", b"ceid", b"oc", b"sceid", b"uo", b"ned", b"sa", b"usg", b"url", b"ei", b"fd", b"clid", b"q", b"cid", b"ust", b"ved",
    b"source", b"opi", b"cd", b"rct", b"esrc", b"so", b"ucbcb", b"ct", b"sig2", b"bvm", b"cad", b"rja", b"uact", b"psig", b"vet",
    b"authuser", b"sntz", b"rlz", b"cshid", b"ampcf", b"sqi", b"usd", b"ssp", b"client", b"channel", b"oi", b"resnum", b"gws_rd",
];

/// Returns `true` if `text` begins with a parameter that Google adds to links.
pub(crate) fn is_parameter(text: &[u8]) -> bool {
    let name = &text[..text.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count()];
    PARAMETER_NAMES.contains(&name) || VIEWER_QUERY.iter().any(|begin| text.starts_with(begin))
}

/// Returns `true` if `text` begins with a parameter that the AMP viewer adds.
pub(crate) fn is_viewer_parameter(text: &[u8]) -> bool {
    VIEWER_QUERY.iter().chain(&VIEWER_FRAGMENT).any(|begin| text.starts_with(begin))
}

/// The beginnings of parameters that the AMP viewer adds to a query: `amp_js_v=0.1`, `usqp=…`, `aoh=…`.
pub(super) const VIEWER_QUERY: [&[u8]; 5] = [b"amp_", b"ampshare=", b"aoh=", b"csi=", b"usqp="];

/// The beginnings of viewer parameters that are removed even from the publisher's own query.
pub(super) const VIEWER_NAMES: [&[u8]; 9] = [
    b"amp_ct=",
    b"amp_lite=",
    b"amp_gsa=",
    b"amp_js_v=",
    b"amp_tf=",
    b"ampshare=",
    b"aoh=",
    b"csi=",
    b"usqp=",
];

/// The beginnings of more parameters, which the AMP viewer adds to a fragment. In a query they might be the publisher's own.
pub(super) const VIEWER_FRAGMENT: [&[u8]; 10] = [
    b"referrer=",
    b"origin=",
    b"prerenderSize=",
    b"visibilityState=",
    b"paddingTop=",
    b"viewerUrl=",
    b"webview=",
    b"cap=",
    b"p2r=",
    b"horizontalScrolling=",
];

/// Opening quotes and brackets, each with the characters that close it.
const PAIRS: [(char, &str); 44] = [
    ('"', "\""),
    ('\'', "'"),
    ('`', "`"),
    ('<', ">"),
    ('(', ")"),
    ('[', "]"),
    ('{', "}"),
    ('“', "”"),
    ('”', "”"),
    ('„', "“”"),
    ('‘', "’"),
    ('’', "’"),
    ('‚', "‘’"),
    ('«', "»"),
    ('»', "«»"),
    ('‹', "›"),
    ('›', "‹›"),
    ('「', "」"),
    ('『', "』"),
    ('《', "》"),
    ('〈', "〉"),
    ('【', "】"),
    ('〔', "〕"),
    ('（', "）"),
    ('［', "］"),
    ('｛', "｝"),
    ('＜', "＞"),
    ('＂', "＂"),
    ('〖', "〗"),
    ('〘', "〙"),
    ('〚', "〛"),
    ('｢', "｣"),
    ('⟨', "⟩"),
    ('⟪', "⟫"),
    ('❝', "❞"),
    ('❛', "❜"),
    ('❮', "❯"),
    ('〝', "〞〟"),
    ('﹁', "﹂"),
    ('︵', "︶"),
    ('⦅', "⦆"),
    ('‟', "”"),
    ('‛', "’"),
    ('＇', "＇"),
];

/// Returns the characters that close the quote or bracket `char`, or `None` if `char` does not open one.
pub(crate) fn closers_of(char: char) -> Option<&'static str> {
    if char.is_ascii_alphanumeric() {
        return None;
    }
    PAIRS.iter().find(|(opener, _)| *opener == char).map(|&(_, closers)| closers)
}

/// Punctuation, besides [`PAIRS`], that may follow a link in text and occurs in no ID.
const PUNCTUATION: &str = "｜│❜﹄︸﹚﹐﹒﹔།༎܀\u{37e}\u{387}。、，．：；！？・·•｡､･〟〞〗〙〛︑︒︓︔︕︖，；：،؛؟۔।॥։׃؞჻፡።፣፤፥፧។៕၊။᠂᠃–—―～〜′″";

/// Returns `true` for a character beyond ASCII that ends an ID: white space, punctuation, and invisible characters. An
/// ellipsis is not one of them, because it shows that the ID was cut.
pub(super) fn is_id_end(char: char) -> bool {
    char.is_whitespace()
        || is_invisible(char)
        || PUNCTUATION.contains(char)
        || PAIRS.iter().any(|(opener, closers)| *opener == char || closers.contains(char))
}

/// The ellipses that show that an ID or URL was cut: in text, in CJK text, and escaped for HTML and scripts.
const ELLIPSES: [&str; 13] = [
    "…", "‥", "⋯", "...", "&hellip;", "&mldr;", "&#8230;", "&#x2026;", "\\u2026", "。。", "・・", "．．",
    "‧‧",
];

/// Returns the length of the ellipsis at the beginning of `text`, including a bracket before it, or 0 if there is none.
pub(crate) fn len_of_ellipsis(text: &[u8]) -> usize {
    let bracket = usize::from(matches!(text.first(), Some(b'[' | b'(')));
    let begins = |ellipsis: &&str| {
        let rest = text[bracket..].get(..ellipsis.len());
        rest.is_some_and(|rest| rest.eq_ignore_ascii_case(ellipsis.as_bytes()))
    };
    ELLIPSES.iter().find(|ellipsis| begins(ellipsis)).map_or(0, |ellipsis| bracket + ellipsis.len())
}

/// The parts of a link. The bytes that end a part also end all parts that are listed after it.
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// Ended by bytes that no link contains, and by `#`.
    Query,
    /// Also ended by `?`.
    Path,
    /// Also ended by `/`.
    Host,
    /// Also ended by `&` and other punctuation, but not by a dot: `CBMiYmh0...` was truncated.
    Id,
}

/// The first [`Part`] that each byte ends. With this table, a byte takes a nanosecond less than with comparisons.
const ENDS: [u8; 256] = {
    let mut ends = [u8::MAX; 256];
    let mut byte = 0;
    while byte < 256 {
        ends[byte] = match byte as u8 {
            0..=b' ' | 0x7f | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | b'#' => {
                Part::Query as u8
            }
            b'?' => Part::Path as u8,
            b'/' => Part::Host as u8,
            b'&' | b'\'' | b'(' | b')' | b',' | b';' | b':' | b'!' | b'*' | b'[' | b']' => Part::Id as u8,
            _ => u8::MAX,
        };
        byte += 1;
    }
    ends
};

impl Part {
    pub(super) fn is_ended_by(self, byte: u8) -> bool {
        ENDS[usize::from(byte)] <= self as u8
    }

    /// Returns the offset of the end of the part that begins at `start`.
    pub(super) fn end(self, input: &[u8], mut start: usize) -> usize {
        // Most characters of a link are base64url, which end no part: 16 of them are skipped at once.
        while let Some(block) = input[start..].first_chunk::<16>()
            && (are_base64url(block) || !block.iter().any(|&byte| self.is_ended_by(byte)))
        {
            start += block.len();
        }
        input[start..].iter().position(|&byte| self.is_ended_by(byte)).map_or(input.len(), |at| start + at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_paths_are_paths_of_known_folders() {
        for path in COMMON_PATHS {
            let mut folders: Vec<_> = path.split(|&byte| byte == b'/').filter(|name| *name != b".").collect();
            assert_eq!(folders.pop(), Some(&b""[..]), "ends with a slash");
            assert!(folders.pop().is_some_and(is_id_folder));
            assert!(folders.iter().all(|name| !is_id_folder(name)));
        }
        for appended in APPENDED {
            assert!(is_id_folder(&appended[1..appended.len() - 2]));
        }
    }
}
