//! Finds the URLs that need the full check, with SIMD instructions.

use fearless_simd::{Level, Simd, dispatch, prelude::*, u8x32, u8x64};

/// Returns `false` if [`check_authority`](super::check_authority) is proven to accept `url`, provided that it is printable ASCII and
/// begins with `http://` or `https://` and a host.
///
/// For all but 1.2 % of real URLs, the first 32 bytes of the host [are proof](suspects).
#[inline(always)]
pub(crate) fn is_suspect(url: &[u8]) -> bool {
    let host = if url.get(4) == Some(&b's') { 8 } else { 7 };
    let Some(host) = url.get(host..) else { return true };
    let padding;
    let window = match host.first_chunk() {
        Some(window) => window,
        None => {
            padding = padded(host);
            &padding
        }
    };
    // The level is a constant, so that nothing is dispatched.
    dispatch!(Level::baseline(), simd => suspects(simd, window)) != 0 && is_authority_suspect(host)
}

/// Checks an authority of any length more precisely than [`suspects`] does: for special characters and for the whole names. Of real
/// URLs, 0.05 % have one of these.
#[cold]
#[inline(never)]
fn is_authority_suspect(host: &[u8]) -> bool {
    let authority = &host[..memchr::memchr(b'/', host).unwrap_or(host.len())];
    let has_name = |at: usize, name: &[u8]| {
        authority.get(at..at + name.len()).is_some_and(|part| part.eq_ignore_ascii_case(name))
    };
    // All bytes are tested, so that the compiler can test 16 at a time.
    authority.iter().fold(false, |any, &byte| any | is_special_in_authority(byte))
        || memchr::memchr2_iter(b'g', b'G', authority).any(|at| has_name(at, b"google"))
        || memchr::memchr2_iter(b'j', b'J', authority).any(|at| has_name(at, b"ject.org"))
}

/// Returns `true` for characters that end a user name or a host, that escape other characters of a host, or that the `url` crate
/// refuses or replaces in a host.
pub(super) fn is_special_in_authority(byte: u8) -> bool {
    !byte.is_ascii() | matches!(byte, b'%' | b':' | b'<' | b'>' | b'@' | b'['..=b'^' | b'|')
}

/// The number of bytes after the scheme that [`suspects`] examines at once.
pub(crate) const WINDOW: usize = 32;

/// Returns 0 if a URL with these bytes after its scheme is certain not to be [suspect](is_suspect). If the URL ends in
/// the window, any bytes may follow it.
///
/// The authority (user name, host and port) ends at the first `/`, or before it. A host of Google's or of an AMP cache
/// contains `google` or `ject.org`, unless an escape hides that. So if the host can be one of these, or one that the
/// `url` crate refuses, there is a `g..g`, a `j......g` or a special character before the first `/`, or there is no `/`
/// in the window:
///
/// ```text
/// www.google.com/url?q=https://exa     bytes
/// 00001000000000000000000000000000     suspects: a special character, or 'g' here and three bytes later
/// 00000000000000100000010110000000     slashes
/// 11111111111111100000000000000000     up to the first slash
/// ```
///
/// Special characters are `%`, `:`, and the columns of the ASCII table without letters: the first one and the last five. These contain
/// `<`, `>`, `@`, `[`, `\`, `]`, `^` and `|`, and nothing that is frequent in hosts:
///
/// ```text
///  !"#$%&'()*+,-./0123456789:;<=>?
/// @ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_
/// `abcdefghijklmnopqrstuvwxyz{|}~
/// ```
///
/// A loop over the bytes takes 10 times as long: the compiler unrolls it and does not vectorize it.
#[inline(always)]
pub(crate) fn suspects<S: Simd>(simd: S, window: &[u8; WINDOW]) -> u64 {
    suspects_in(u8x32::from_slice(simd, window), LAST)
}

/// Returns what [`suspects`] does for two windows, in the lower and the upper 32 bits. The last seven characters of the first window
/// may be suspect because of the second one.
#[inline(always)]
pub(crate) fn suspects_of_two<S: Simd>(windows: u8x64<S>) -> u64 {
    suspects_in(windows, LAST | LAST << WINDOW)
}

/// The bit of the last character of a window.
const LAST: u64 = 1 << (WINDOW - 1);

/// Returns the suspects in one or two windows. `last` has the bit of the last character of each.
#[inline(always)]
fn suspects_in<S: Simd, V: SimdInt<S, Element = u8>>(bytes: V, last: u64) -> u64 {
    // The column, counted from that of `a`; that of `@`, before it, is the last one.
    let letters = (bytes | 0x60) - b'a';
    let gs = letters.simd_eq(b'g' - b'a').to_bitmask();
    let js = letters.simd_eq(b'j' - b'a').to_bitmask();
    let is_escape_or_port = bytes.simd_eq(b'%') | bytes.simd_eq(b':');
    let special = (is_escape_or_port | letters.simd_ge(26)).to_bitmask();
    let slashes = bytes.simd_eq(b'/').to_bitmask();
    // Without a slash, the last character is a suspect.
    let suspects = (gs & gs >> 3) | (js & gs >> 7) | special | last & !slashes;
    // Subtracting 1 from each window sets the bits before its first slash and clears that of the slash.
    let ends = slashes | last;
    let ones = last >> (WINDOW - 1);
    suspects & (ends ^ ends.wrapping_sub(ones))
}

/// Returns the window of a URL that is shorter than it, padded with slashes, which end a host.
#[cold]
#[inline(never)]
fn padded(host: &[u8]) -> [u8; WINDOW] {
    let mut window = [b'/'; WINDOW];
    let len = host.len().min(window.len());
    window[..len].copy_from_slice(&host[..len]);
    window
}

#[cfg(test)]
mod tests {
    use quickcheck::QuickCheck;

    use super::*;
    use crate::base64url::{Level, dispatch};

    /// The scalar twin of [`suspects`].
    fn has_suspects(window: &[u8; WINDOW]) -> bool {
        // Characters of one column are not told apart.
        let is_in_column_of =
            |at: usize, letter: u8| window.get(at).is_some_and(|byte| byte & 31 == letter & 31);
        for (at, byte) in window.iter().enumerate() {
            let is_special = matches!(byte, b'%' | b':') || !(1..=26).contains(&(byte & 31));
            let is_name = (is_in_column_of(at, b'g') && is_in_column_of(at + 3, b'g'))
                || (is_in_column_of(at, b'j') && is_in_column_of(at + 7, b'g'));
            if is_special || is_name {
                return true;
            }
            if *byte == b'/' {
                return false;
            }
        }
        true
    }

    #[test]
    fn all_levels_suspect_the_same_windows() {
        fn window(choices: &[u8]) -> [u8; WINDOW] {
            const BYTES: &[u8; 16] = b"gGjJaz.-/09_t%:?";
            let mut window = [b'w'; WINDOW];
            for (byte, choice) in window.iter_mut().zip(choices) {
                *byte = match choice {
                    // Windows that consist of letters and digits are frequent.
                    ..=199 => BYTES[usize::from(choice % 13)],
                    _ => b' ' + choice % 95,
                };
            }
            window
        }
        fn property(first: Vec<u8>, second: Vec<u8>) {
            let windows = [window(&first), window(&second)];
            let expected = windows.each_ref().map(has_suspects);
            for level in Level::available() {
                let (each, of_two) = dispatch!(level, simd => {
                    let of_two = suspects_of_two(u8x64::from_slice(simd, windows.as_flattened()));
                    let each = windows.each_ref().map(|window| suspects(simd, window) != 0);
                    (each, [of_two as u32 != 0, of_two >> WINDOW != 0])
                }, else (expected, expected));
                let windows = windows.each_ref().map(|window| String::from_utf8_lossy(window));
                assert_eq!(each, expected, "{level:?}, {windows:?}");
                // The second window may make the end of the first one suspect.
                assert!(expected[0] <= of_two[0] && expected[1] == of_two[1], "{level:?}, {windows:?}");
                let ends_before_them = windows[0].find('/').is_some_and(|slash| slash < WINDOW - 7);
                assert!(!ends_before_them || expected[0] == of_two[0], "{level:?}, {windows:?}");
            }
        }
        QuickCheck::new().tests(4096).quickcheck(property as fn(_, _));
    }

    #[test]
    fn a_host_that_is_shorter_than_the_window_is_followed_by_slashes() {
        assert_eq!(&padded(b"a.example"), b"a.example///////////////////////");
        assert_eq!(padded(b""), [b'/'; WINDOW]);
    }
}
