//! Which part of the terminal shows what.

use ratatui::layout::Rect;

/// From so many columns on, details stand beside the waterfall, else below it.
const BESIDE: u16 = 140;

/// The parts of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The tabs.
    pub(crate) header: Rect,
    /// One line above the lines: columns' names, or the time axis.
    pub(crate) title: Rect,
    /// The lines that can be chosen.
    pub(crate) lines: Rect,
    /// The line between waterfall and details.
    pub(crate) border: Rect,
    /// The details; empty where there are none.
    pub(crate) details: Rect,
    /// What the last key did, and which keys there are.
    pub(crate) footer: Rect,
}

impl Layout {
    /// The parts of a terminal of this size.
    pub(crate) fn of((width, height): (u16, u16), has_details: bool) -> Self {
        let line = |y: u16| Rect::new(0, y.min(height), width, u16::from(y < height));
        let (header, footer) = (line(0), line(height.saturating_sub(1).max(1)));
        let body = Rect::new(0, 1.min(height), width, height.saturating_sub(2));
        let none = Rect::new(0, 0, 0, 0);
        let (left, border, details) = match has_details {
            false => (body, none, none),
            true if width >= BESIDE => {
                let right = width * 2 / 5;
                let left = width - right - 1;
                (
                    Rect { width: left, ..body },
                    Rect { x: left, width: 1, ..body },
                    Rect { x: left + 1, width: right, ..body },
                )
            }
            true => {
                let below = body.height / 2;
                let above = body.height - below;
                let border = Rect { y: body.y + above, height: below.min(1), ..body };
                let details = Rect { y: border.y + border.height, height: below.saturating_sub(1), ..body };
                (Rect { height: above, ..body }, border, details)
            }
        };
        let title = Rect { height: left.height.min(1), ..left };
        let lines = Rect { y: left.y + title.height, height: left.height - title.height, ..left };
        Self { header, title, lines, border, details, footer }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_on_the_terminal_and_none_over_another() {
        for width in [0, 1, 20, 60, 139, 140, 200] {
            for height in 0..40 {
                for has_details in [false, true] {
                    let Layout { header, title, lines, border, details, footer } =
                        Layout::of((width, height), has_details);
                    let parts = [header, title, lines, border, details, footer];
                    let terminal = Rect::new(0, 0, width, height);
                    for (at, part) in parts.iter().enumerate().filter(|(_, part)| !part.is_empty()) {
                        assert_eq!(terminal.intersection(*part), *part, "{width} x {height}: {parts:?}");
                        assert!(
                            parts[at + 1..].iter().all(|other| !part.intersects(*other)),
                            "{width} x {height}: {parts:?}"
                        );
                    }
                    let area: u32 = parts.iter().map(|part| part.area()).sum();
                    assert_eq!(area, terminal.area(), "{width} x {height}: {parts:?}");
                }
            }
        }
    }
}
