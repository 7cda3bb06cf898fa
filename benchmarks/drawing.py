"""Draws SVG that reads well on light and on dark pages: bar charts of the tables, and a timeline."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH = 760
_LEFT = 190
_ROW = 26
_BAR = 16
_LETTER = 7
"""How wide a letter is, on average."""
_STYLE = """\
  <style>
    text { font: 13px system-ui, sans-serif; fill: #1f2328 }
    .title { font-weight: 600 }
    .faint { fill: #59636e }
    .ours { fill: #0969da }
    .peer { fill: #afb8c1 }
    .up { fill: #2da44e }
    .down { fill: #cf222e }
    .line { stroke: #d1d9e0; stroke-width: 1 }
    .inside { fill: #ffffff; font-weight: 600 }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .faint { fill: #9198a1 }
      .ours { fill: #4493f8 }
      .peer { fill: #59636e }
      .up { fill: #238636 }
      .down { fill: #da3633 }
      .line { stroke: #3d444d }
      .inside { fill: #ffffff }
    }
  </style>"""


@dataclass(frozen=True)
class Chart:
    """Bars of what was measured, the less the better unless the title says otherwise.

    Args:
        unit: What the numbers count; it follows each of them.
        groups: By title, the number of each candidate.
        ours: The candidate that is this project.
    """

    unit: str
    groups: Mapping[str, Mapping[str, float]]
    ours: str


@dataclass(frozen=True)
class Span:
    """A piece of a timeline.

    Args:
        begin: When it begins, in seconds.
        end: When it ends.
        style: How it is drawn: `up`, `down` or `peer`.
        label: What is written on it.
    """

    begin: float
    end: float
    style: str
    label: str


def bars(chart: Chart) -> str:
    """Return a bar chart as SVG."""
    return _svg(list(_bars(chart)), _ROW * sum(len(group) + 2 for group in chart.groups.values()))


def timeline(lanes: Mapping[str, Sequence[Sequence[Span]]], seconds: float, caption: str) -> str:
    """Return a timeline as SVG.

    Args:
        lanes: By title, rows of spans.
        seconds: How long it is.
        caption: What is written below it.
    """
    lines, y = [], 0
    scale = (_WIDTH - 20) / seconds
    for title, rows in lanes.items():
        y += _ROW
        lines.append(_text(10, y, title, "title"))
        for row in rows:
            y += 8
            for span in row:
                x, width = 10 + span.begin * scale, max(2.0, (span.end - span.begin) * scale)
                lines.append(_rectangle(x, y, width, _ROW, span.style))
                if width > _LETTER * len(span.label) + 16:
                    lines.append(_text(x + 8, y + 18, span.label, "inside" if span.style != "peer" else ""))
            y += _ROW
        y += 10
    lines.append(f'  <line class="line" x1="10" x2="{_WIDTH - 10}" y1="{y + 4}" y2="{y + 4}"/>')
    seconds_marked = range(int(seconds) + 1)
    lines.extend(_text(10 + second * scale, y + 22, f"{second} s", "faint") for second in seconds_marked)
    lines.append(_text(10, y + 46, caption, "faint"))
    return _svg(lines, y + 56)


def _bars(chart: Chart) -> Iterator[str]:
    y = 0
    for title, group in chart.groups.items():
        y += _ROW
        yield _text(10, y - 8, title, "title")
        most = max(group.values()) or 1
        for name, number in group.items():
            width = max(1.0, (_WIDTH - _LEFT - 110) * number / most)
            yield _text(10, y + 13, name, "")
            yield _rectangle(_LEFT, y, width, _BAR, "ours" if name == chart.ours else "peer")
            yield _text(_LEFT + width + 6, y + 13, f"{number:g} {chart.unit}", "faint")
            y += _ROW
        y += _ROW


def _svg(lines: Sequence[str], height: float) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:g}" width="{_WIDTH}">'
    return "\n".join((head, _STYLE, *lines, "</svg>")) + "\n"


def _text(x: float, y: float, text: str, style: str) -> str:
    return f'  <text class="{style}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def _rectangle(x: float, y: float, width: float, height: float, style: str) -> str:
    return f'  <rect class="{style}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:g}" rx="3"/>'
