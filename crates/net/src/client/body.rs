//! Unpacking a body as it arrives, with one limit for its packed and its unpacked size.

use std::io::{self, Write};

use flate2::write::GzDecoder;
use reqwest::header::{self, HeaderMap};

/// First two bytes of each gzip member.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Names of packings, from the registry of HTTP content codings.
const PACKINGS: [&str; 9] = [
    "gzip",
    "x-gzip",
    "deflate",
    "br",
    "zstd",
    "dcb",
    "dcz",
    "compress",
    "x-compress",
];

/// Why a body cannot be taken.
#[derive(Debug)]
pub(super) enum BodyError {
    /// Larger than the limit, packed or unpacked.
    TooLarge,
    /// Not what its encoding promises.
    BadGzip(io::Error),
}

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Identity,
    Gzip,
}

impl Encoding {
    /// Reads `Content-Encoding`. Only gzip, once, is asked for; any other packing comes back as the error's text.
    ///
    /// Words that name no packing at all (`none`, `utf-8`) are a mistake that browsers overlook, and so does this.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, String> {
        let named = headers.get_all(header::CONTENT_ENCODING).iter();
        let text = named
            .filter_map(|value| value.to_str().ok())
            .collect::<Vec<_>>()
            .join(",")
            .to_ascii_lowercase();
        let mut packings = text
            .split(',')
            .map(str::trim)
            .filter(|word| PACKINGS.contains(word));
        match (packings.next(), packings.next()) {
            (None, _) => Ok(Self::Identity),
            (Some("gzip" | "x-gzip"), None) => Ok(Self::Gzip),
            _ => Err(text.chars().take(40).collect()),
        }
    }
}

/// Collects a body piece by piece.
#[derive(Debug)]
pub(super) struct BodyReader {
    unpacking: Unpacking,
    bytes_max: usize,
    bytes_read: usize,
}

#[derive(Debug)]
enum Unpacking {
    Plain(Sink),
    /// Between members: what came so far, and up to one byte of a possible next member.
    Between(Sink, Vec<u8>),
    Member(Box<GzDecoder<Sink>>),
    /// After the last member: what follows is padding, as some servers send it.
    Ended(Sink),
}

impl BodyReader {
    pub(super) fn new(encoding: Encoding, bytes_max: usize) -> Self {
        let sink = Sink {
            bytes_max,
            ..Sink::default()
        };
        let unpacking = match encoding {
            Encoding::Identity => Unpacking::Plain(sink),
            Encoding::Gzip => Unpacking::Between(sink, Vec::new()),
        };
        Self {
            unpacking,
            bytes_max,
            bytes_read: 0,
        }
    }

    /// Bytes taken so far, as sent.
    pub(super) const fn bytes_read(&self) -> usize {
        self.bytes_read
    }

    /// Takes the next piece. After an error the reader holds nothing of use.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<(), BodyError> {
        self.bytes_read = self.bytes_read.saturating_add(piece.len());
        if self.bytes_read > self.bytes_max {
            return Err(BodyError::TooLarge);
        }
        let mut rest = piece;
        while !rest.is_empty() {
            let unpacking = std::mem::replace(&mut self.unpacking, Unpacking::Plain(Sink::default()));
            self.unpacking = unpacking.step(&mut rest)?;
        }
        Ok(())
    }

    /// The whole body, once all pieces are in.
    pub(super) fn finish(self) -> Result<Vec<u8>, BodyError> {
        match self.unpacking {
            Unpacking::Plain(sink) | Unpacking::Ended(sink) => Ok(sink.bytes),
            Unpacking::Between(sink, held) if held.is_empty() => Ok(sink.bytes),
            // A single byte of padding after the last member.
            Unpacking::Between(sink, held) if sink.has_member && held[0] != GZIP_MAGIC[0] => Ok(sink.bytes),
            Unpacking::Between(..) => Err(BodyError::BadGzip(io::ErrorKind::UnexpectedEof.into())),
            Unpacking::Member(decoder) => finish_member(*decoder).map(|sink| sink.bytes),
        }
    }
}

impl Unpacking {
    /// Takes something off `rest`, or changes state, or fails: so a loop over it ends.
    fn step(self, rest: &mut &[u8]) -> Result<Self, BodyError> {
        match self {
            Self::Plain(mut sink) => {
                sink.write_all(rest).map_err(|_| BodyError::TooLarge)?;
                *rest = &[];
                Ok(Self::Plain(sink))
            }
            Self::Between(sink, mut held) => {
                held.push(rest[0]);
                *rest = &rest[1..];
                if held.len() < GZIP_MAGIC.len() {
                    return Ok(Self::Between(sink, held));
                }
                if held == GZIP_MAGIC {
                    let mut decoder = Box::new(GzDecoder::new(sink));
                    decoder.write_all(&held).map_err(BodyError::BadGzip)?;
                    return Ok(Self::Member(decoder));
                }
                if sink.has_member {
                    return Ok(Self::Ended(sink));
                }
                Err(BodyError::BadGzip(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "no gzip header",
                )))
            }
            Self::Member(mut decoder) => match decoder.write(rest) {
                Ok(0) => Ok(Self::Between(finish_member(*decoder)?, Vec::new())),
                Ok(taken) => {
                    *rest = &rest[taken..];
                    Ok(Self::Member(decoder))
                }
                Err(error) => Err(failed(decoder.get_ref(), error)),
            },
            Self::Ended(sink) => {
                *rest = &[];
                Ok(Self::Ended(sink))
            }
        }
    }
}

fn finish_member(mut decoder: GzDecoder<Sink>) -> Result<Sink, BodyError> {
    if let Err(error) = decoder.try_finish() {
        return Err(failed(decoder.get_ref(), error));
    }
    let mut sink = decoder.finish().map_err(BodyError::BadGzip)?;
    sink.has_member = true;
    Ok(sink)
}

fn failed(sink: &Sink, error: io::Error) -> BodyError {
    if sink.is_full {
        BodyError::TooLarge
    } else {
        BodyError::BadGzip(error)
    }
}

/// Takes unpacked bytes up to a limit.
#[derive(Debug, Default)]
struct Sink {
    bytes: Vec<u8>,
    bytes_max: usize,
    is_full: bool,
    has_member: bool,
}

impl Write for Sink {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if self.is_full || piece.len() > self.bytes_max - self.bytes.len() {
            self.is_full = true;
            return Err(io::Error::other("body over its limit"));
        }
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn unpack(packed: &[u8], piece: usize, bytes_max: usize) -> Result<Vec<u8>, BodyError> {
        let mut reader = BodyReader::new(Encoding::Gzip, bytes_max);
        for piece in packed.chunks(piece) {
            reader.push(piece)?;
        }
        reader.finish()
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = gzip(&vec![0; 64 << 20]);
        let mut reader = BodyReader::new(Encoding::Gzip, 1 << 20);
        let result = bomb.chunks(8192).try_for_each(|piece| reader.push(piece));
        assert!(matches!(result, Err(BodyError::TooLarge)));
        assert!(
            reader.bytes_read() <= 16 * 1024,
            "{} bytes of the bomb were read",
            reader.bytes_read()
        );
    }

    #[test]
    fn a_body_of_exactly_the_limit_is_taken() {
        let text = vec![b'x'; 5000];
        assert_eq!(unpack(&gzip(&text), 7, 5000).unwrap(), text);
        assert!(matches!(unpack(&gzip(&text), 7, 4999), Err(BodyError::TooLarge)));
        let mut plain = BodyReader::new(Encoding::Identity, 3);
        plain.push(b"abc").unwrap();
        assert!(matches!(plain.push(b"d"), Err(BodyError::TooLarge)));
    }

    #[test]
    fn cut_and_broken_gzip_are_errors() {
        let packed = gzip(b"the whole text of a page, the whole text of a page");
        for end in 1..packed.len() {
            assert!(
                matches!(unpack(&packed[..end], 1000, 1000), Err(BodyError::BadGzip(_))),
                "cut at {end}"
            );
        }
        let mut flipped = packed.clone();
        let at = flipped.len() - 6;
        flipped[at] ^= 1;
        assert!(matches!(unpack(&flipped, 1000, 1000), Err(BodyError::BadGzip(_))));
        assert!(matches!(
            unpack(b"<html>", 1000, 1000),
            Err(BodyError::BadGzip(_))
        ));
    }

    #[test]
    fn an_empty_body_may_claim_any_encoding() {
        assert_eq!(unpack(b"", 1, 10).unwrap(), b"");
    }

    #[test]
    fn encodings_that_were_not_asked_for_are_named() {
        let read = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::CONTENT_ENCODING, header::HeaderValue::from_static(value));
            }
            Encoding::read(&headers)
        };
        assert_eq!(read(&[]), Ok(Encoding::Identity));
        assert_eq!(read(&["X-GZIP"]), Ok(Encoding::Gzip));
        assert_eq!(read(&["utf-8"]), Ok(Encoding::Identity));
        assert_eq!(read(&["identity, gzip"]), Ok(Encoding::Gzip));
        assert_eq!(read(&["br"]), Err("br".to_owned()));
        assert_eq!(read(&["gzip", "gzip"]), Err("gzip,gzip".to_owned()));
    }

    proptest! {
        #[test]
        fn members_and_padding_unpack_however_they_are_cut(
            first in prop::collection::vec(any::<u8>(), 0..300),
            second in prop::collection::vec(any::<u8>(), 0..300),
            padding in 0_usize..5,
            piece in 1_usize..64,
        ) {
            let mut packed = gzip(&first);
            packed.extend(gzip(&second));
            packed.extend(std::iter::repeat_n(0, padding));
            prop_assert_eq!(unpack(&packed, piece, 1000).unwrap(), [first, second].concat());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), piece in 1_usize..64) {
            let mut packed = vec![0x1f, 0x8b, 8, 0];
            packed.extend(&bytes);
            let _ = unpack(&packed, piece, 100);
            let _ = unpack(&bytes, piece, 100);
        }
    }
}
