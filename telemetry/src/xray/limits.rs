//! What X-Ray takes, and what is left out of a document that would be too large.

/// Largest document in bytes. The X-Ray developer guide gives 64 kB; whether that is 64,000 or 65,536 it leaves open.
pub(super) const DOCUMENT: usize = 64_000;
/// Longest name in characters: the developer guide, "segment fields".
pub(super) const NAME: usize = 200;
/// Longest text of a field in characters, "unless noted otherwise": the developer guide, "segment fields".
pub(super) const TEXT: usize = 250;
/// Longest text of an annotation in characters: what X-Ray's SDKs and the OpenTelemetry collector keep to.
pub(super) const ANNOTATION: usize = 1000;
/// Most annotations of a document: X-Ray indexes 50 a trace (the developer guide, "annotations").
pub(super) const ANNOTATIONS: usize = 50;
/// Longest text in the blocks `aws`, `http` and `sql`, in characters. The guide's 250 would cut S3 keys and URLs, which X-Ray's
/// own SDKs send whole; the longest S3 key has 1,024.
pub(super) const DETAIL: usize = 1024;
/// Most items of a list in these blocks.
pub(super) const ITEMS: usize = 100;
/// Longest message or type of an exception, and longest statement, in characters.
pub(super) const MESSAGE: usize = 4096;
/// Most exceptions of a document.
pub(super) const EXCEPTIONS: usize = 10;
/// Most frames of a stack.
pub(super) const FRAMES: usize = 50;
/// Last second that is written as it is: the end of the year 9999.
pub(super) const LAST_SECOND: u64 = 253_402_300_799;

/// How much of everything is written. A document that is too large is written again, one level further.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    /// Longest text of the metadata, in characters, and most items of a list.
    pub(super) metadata: usize,
    pub(super) resource: bool,
    pub(super) stacks: bool,
    /// Whether attributes, events and the metadata of other SDKs are there.
    pub(super) rest: bool,
    /// Longest text of any other block, in characters; `usize::MAX` leaves each block its own limit.
    pub(super) others: usize,
    /// What the document says of this level, beside what it says of those before.
    pub(super) word: &'static str,
}

const WHOLE: Level =
    Level { metadata: DOCUMENT, resource: true, stacks: true, rest: true, others: usize::MAX, word: "metadata" };

/// What is cut, one after the other, until the document fits.
pub(super) const LEVELS: [Level; 9] = [
    WHOLE,
    Level { metadata: 8192, ..WHOLE },
    Level { metadata: 1024, ..WHOLE },
    Level { metadata: 1024, resource: false, word: "resource", ..WHOLE },
    Level { metadata: 256, resource: false, ..WHOLE },
    Level { metadata: 64, resource: false, ..WHOLE },
    Level { metadata: 64, resource: false, stacks: false, word: "stacks", ..WHOLE },
    Level { metadata: 64, resource: false, stacks: false, rest: false, word: "all metadata", ..WHOLE },
    Level { metadata: 64, resource: false, stacks: false, rest: false, others: 32, word: "all fields" },
];

/// What was cut or mended for a reason other than the document's size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cuts(u8);

impl Cuts {
    pub(super) const TEXTS: Self = Self(1);
    pub(super) const ANNOTATIONS: Self = Self(2);
    pub(super) const EXCEPTIONS: Self = Self(4);
    pub(super) const STACKS: Self = Self(8);
    pub(super) const LINKS: Self = Self(16);
    pub(super) const TIMES: Self = Self(32);
    pub(super) const IDS: Self = Self(64);

    /// Each with the word by which the document speaks of it.
    pub(super) const ALL: [(Self, &'static str); 7] = [
        (Self::TEXTS, "texts"),
        (Self::ANNOTATIONS, "annotations"),
        (Self::EXCEPTIONS, "exceptions"),
        (Self::STACKS, "frames"),
        (Self::LINKS, "links"),
        (Self::TIMES, "times"),
        (Self::IDS, "ids"),
    ];

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn note(&mut self, other: Self) {
        self.0 |= other.0;
    }
}
