//! Draws the details of the chosen span.

use ratatui::layout::Rect;

use crate::ui::draw::pen::{Hue, Pen, line};
use crate::ui::layout::Layout;
use crate::ui::state::State;
use crate::ui::state::details::{Tone, lines};

pub(crate) fn draw(state: &State, layout: Layout, pen: &mut Pen<'_>) {
    let (Some(waterfall), Some(trace)) = (&state.waterfall, state.trace()) else { return };
    let (Some(details), Some(span)) = (&waterfall.details, waterfall.span()) else { return };
    border(details.has_focus, layout.border, pen);
    let all = lines(trace, span, layout.details.width);
    for (number, at) in details.cursor.shown(all.len(), usize::from(layout.details.height)).enumerate() {
        let area = line(layout.details, number);
        let hue = match all[at].tone {
            Tone::Plain => Hue::Plain,
            Tone::Title => Hue::Title,
            Tone::Bad => Hue::Bad,
            Tone::Note => Hue::Warn,
            Tone::Link => Hue::Link,
        };
        pen.put(area, area.x, &all[at].text, pen.style(hue));
        if details.has_focus && at == details.cursor.at {
            pen.choose(area);
        }
    }
}

fn border(has_focus: bool, area: Rect, pen: &mut Pen<'_>) {
    let style = pen.style(if has_focus { Hue::Title } else { Hue::Faint });
    let marks = pen.marks();
    let mark = if area.width == 1 { marks.wall } else { marks.rule };
    for y in area.y..area.bottom() {
        (area.x..area.right()).for_each(|x| pen.mark(x, y, mark, style));
    }
    if area.width > 1 {
        pen.put(area, area.x + 2, " Details ", style);
    }
}
