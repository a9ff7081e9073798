//! The one way onto the screen: every text is escaped, cut to its place, and said without colour too.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use crate::text::escape::{cut, escape, width};
use crate::ui::state::Look;

/// Characters of a text that are looked at for one line.
const MOST_CHARACTERS: usize = 1_000;

/// What a colour says; the same is said by a mark or by words beside it. The terminal's own sixteen are used, on its own
/// ground, so that they can be read on light and on dark ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hue {
    Plain,
    Faint,
    Title,
    Bad,
    Warn,
    Link,
    /// A service, by its number.
    Service(usize),
}

/// Writes into cells.
pub(crate) struct Pen<'a> {
    cells: &'a mut Buffer,
    look: Look,
}

/// Marks, in Unicode and in ASCII.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks {
    pub(crate) folded: &'static str,
    pub(crate) unfolded: &'static str,
    pub(crate) bar: &'static str,
    pub(crate) beside_path: &'static str,
    pub(crate) open_end: &'static str,
    pub(crate) bad: &'static str,
    pub(crate) times: &'static str,
    pub(crate) arrow: &'static str,
    pub(crate) rule: &'static str,
    pub(crate) wall: &'static str,
    pub(crate) cut: char,
    pub(crate) before: &'static str,
    pub(crate) after: &'static str,
    /// From cold to hot.
    pub(crate) heat: [&'static str; 5],
}

const UNICODE: Marks = Marks {
    folded: "▸",
    unfolded: "▾",
    bar: "█",
    beside_path: "▒",
    open_end: "»",
    bad: "✗",
    times: "×",
    arrow: "→",
    rule: "─",
    wall: "│",
    cut: '…',
    before: "◂",
    after: "▸",
    heat: ["·", "░", "▒", "▓", "█"],
};

const ASCII: Marks = Marks {
    folded: "+",
    unfolded: "-",
    bar: "#",
    beside_path: "=",
    open_end: ">",
    bad: "!",
    times: "x",
    arrow: "->",
    rule: "-",
    wall: "|",
    cut: '~',
    before: "<",
    after: ">",
    heat: [".", ":", "+", "*", "#"],
};

impl<'a> Pen<'a> {
    pub(crate) const fn new(cells: &'a mut Buffer, look: Look) -> Self {
        Self { cells, look }
    }

    pub(crate) const fn area(&self) -> Rect {
        self.cells.area
    }

    pub(crate) const fn marks(&self) -> Marks {
        if self.look.unicode { UNICODE } else { ASCII }
    }

    /// The style of what a colour says.
    pub(crate) fn style(&self, hue: Hue) -> Style {
        let style = Style::new();
        let (colour, modifier) = match hue {
            Hue::Plain => (None, Modifier::empty()),
            Hue::Faint => (None, Modifier::DIM),
            Hue::Title => (None, Modifier::BOLD),
            Hue::Bad => (Some(Color::Red), Modifier::BOLD),
            Hue::Warn => (Some(Color::Magenta), Modifier::empty()),
            Hue::Link => (Some(Color::Blue), Modifier::UNDERLINED),
            Hue::Service(number) => {
                const HUES: [Color; 4] = [Color::Cyan, Color::Green, Color::Blue, Color::Magenta];
                (Some(HUES[number % HUES.len()]), Modifier::empty())
            }
        };
        let style = style.add_modifier(modifier);
        match colour {
            Some(colour) if self.look.colour => style.fg(colour),
            _ => style,
        }
    }

    /// Writes a text from this column on, as far as the area goes; answers with the column after it.
    pub(crate) fn put(&mut self, area: Rect, x: u16, text: &str, style: Style) -> u16 {
        let area = area.intersection(self.cells.area);
        if area.is_empty() || x < area.x || x >= area.right() {
            return x;
        }
        let columns = usize::from(area.right() - x);
        let limited: &str = text.char_indices().nth(MOST_CHARACTERS).map_or(text, |(end, _)| &text[..end]);
        let escaped = escape(limited);
        let shown = cut(&escaped, columns, self.marks().cut);
        self.cells.set_stringn(x, area.y, &shown, columns, style).0
    }

    /// Writes a text that ends where the area does, but not before this column.
    pub(crate) fn right(&mut self, area: Rect, from: u16, text: &str, style: Style) {
        let room = area.right().saturating_sub(from);
        let wide = u16::try_from(width(&escape(text))).unwrap_or(u16::MAX).min(room);
        self.put(area, area.right() - wide, text, style);
    }

    /// Writes one mark into a cell.
    pub(crate) fn mark(&mut self, x: u16, y: u16, mark: &str, style: Style) {
        if let Some(cell) = self.cells.cell_mut((x, y)) {
            cell.set_symbol(mark).set_style(style);
        }
    }

    /// Shows that this line is chosen.
    pub(crate) fn choose(&mut self, area: Rect) {
        self.cells.set_style(area, Style::new().add_modifier(Modifier::REVERSED));
    }
}

/// One line of an area, the first being 0.
pub(crate) fn line(area: Rect, number: usize) -> Rect {
    let down = u16::try_from(number).unwrap_or(u16::MAX);
    let y = area.y.saturating_add(down);
    Rect { y, height: u16::from(down < area.height), ..area }
}

/// Columns of these widths in a line, two spaces apart.
pub(crate) fn columns<const N: usize>(area: Rect, widths: [u16; N]) -> [Rect; N] {
    let mut x = area.x;
    widths.map(|width| {
        let column = Rect { x: x.min(area.right()), width: width.min(area.right().saturating_sub(x)), ..area };
        x = x.saturating_add(width).saturating_add(if width > 0 { 2 } else { 0 });
        column
    })
}
