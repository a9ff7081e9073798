//! What is written on: how wide it is, whether it has colours, and which signs it knows.

/// What is written on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paper {
    /// Columns.
    pub width: usize,
    /// Whether it has colours. Nothing is told by colour alone.
    pub colour: bool,
    /// Whether it knows more signs than those of ASCII.
    pub unicode: bool,
}

/// What a piece of text is, for those who see colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// As it is.
    Plain,
    /// Beside the point.
    Dim,
    /// To be seen first.
    Strong,
    /// A failure.
    Bad,
    /// Worth a look: slow, repeated, throttled.
    Odd,
    /// Under way.
    Open,
    /// What the time of the whole is made of.
    Critical,
}

impl Paint {
    /// The parameters of the terminal's sequence for it. The sixteen colours of the terminal's own theme are readable on its
    /// ground, light or dark.
    const fn parameters(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Dim => "2",
            Self::Strong => "1",
            Self::Bad => "31",
            Self::Odd => "33",
            Self::Open => "36",
            Self::Critical => "35",
        }
    }
}

/// The signs of a drawing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signs {
    pub(super) tee: &'static str,
    pub(super) corner: &'static str,
    pub(super) pipe: &'static str,
    pub(super) critical: char,
    pub(super) bar: char,
    pub(super) open: char,
    pub(super) cut: char,
    /// From the least to the most.
    pub(super) shades: [char; 5],
}

const UNICODE: Signs = Signs {
    tee: "├─ ",
    corner: "└─ ",
    pipe: "│  ",
    critical: '█',
    bar: '▒',
    open: '»',
    cut: '…',
    shades: ['·', '░', '▒', '▓', '█'],
};

const ASCII: Signs = Signs {
    tee: "|- ",
    corner: "`- ",
    pipe: "|  ",
    critical: '#',
    bar: '=',
    open: '>',
    cut: '~',
    shades: ['.', ':', '+', '%', '@'],
};

impl Paper {
    /// Narrower ones are written on as if they had so many columns.
    pub const NARROWEST: usize = 40;

    /// Paper of so many columns, without colours.
    #[must_use]
    pub const fn plain(width: usize) -> Self {
        Self { width, colour: false, unicode: true }
    }

    pub(super) const fn signs(&self) -> &'static Signs {
        if self.unicode { &UNICODE } else { &ASCII }
    }

    pub(super) fn columns(&self) -> usize {
        self.width.max(Self::NARROWEST)
    }

    /// Writes text in this paint; it has been through the door.
    pub(super) fn paint(&self, to: &mut String, paint: Paint, text: &str) {
        match (self.colour, paint.parameters()) {
            (false, _) | (true, "") => to.push_str(text),
            (true, _) if text.is_empty() => {}
            (true, parameters) => {
                for part in ["\u{1b}[", parameters, "m", text, "\u{1b}[0m"] {
                    to.push_str(part);
                }
            }
        }
    }
}
