"""Small helpers shared by the SVG pictures: colours that follow the theme, or fixed ones for a file."""

from dataclasses import dataclass
from html import escape

from core.text.display import display_text
from dashboard.figures.colours import THEMES, Scale, Theme, neutral, text_on

FILE_MARGIN = 12
FONT = '"Source Sans 3","Source Sans Pro","Source Sans","Noto Sans",system-ui,sans-serif'
SCRIPT_FONTS = {
    "ar": '"Noto Naskh Arabic","Noto Sans Arabic","Geeza Pro",sans-serif',
    "ur": '"Noto Nastaliq Urdu","Noto Naskh Arabic",sans-serif',
    "hi": '"Noto Sans Devanagari","Nirmala UI",sans-serif',
    "th": '"Noto Sans Thai","Leelawadee UI",sans-serif',
    "zh": '"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif',
    "ja": '"Noto Sans CJK JP","PingFang SC","Microsoft YaHei",sans-serif',
    "ko": '"Noto Sans CJK KR","PingFang SC","Microsoft YaHei",sans-serif',
}


@dataclass(frozen=True)
class Paint:
    """Writes colours as declarations: variables and `light-dark()`, or fixed values when a theme is given."""

    theme: Theme | None = None

    def set(self, prop: str, name: str) -> str:
        """`fill:var(--text);` or its fixed value."""
        if self.theme is None:
            return f"{prop}:var(--{name});"
        return f"{prop}:{neutral(name, self.theme)};"

    def scale(self, prop: str, scale: Scale, position: float) -> str:
        """A colour of a scale; browsers without `light-dark()` keep the light value."""
        light, dark = scale.at(position, "light"), scale.at(position, "dark")
        if self.theme is None:
            return f"{prop}:{light};{prop}:light-dark({light},{dark});"
        return f"{prop}:{light if self.theme == 'light' else dark};"

    def ink(self, scale: Scale, position: float) -> str:
        """The fill of text on a colour of a scale: black or white, whichever contrasts more."""
        light, dark = (text_on(scale.at(position, theme)) for theme in THEMES)
        if self.theme is None:
            return f"fill:{light};fill:light-dark({light},{dark});"
        return f"fill:{light if self.theme == 'light' else dark};"

    def frame(self, width: float, height: float) -> str:
        """Size and view box of the `<svg>`; a file has a margin."""
        margin = 0 if self.theme is None else FILE_MARGIN
        w, h = round(width) + 2 * margin, round(height) + 2 * margin
        return f'viewBox="{-margin} {-margin} {w} {h}" width="{w}" height="{h}"'

    def background(self) -> str:
        """The page's colour behind a picture that is saved as a file."""
        if self.theme is None:
            return ""
        fill = neutral("bg", self.theme)
        return f'<rect x="{-FILE_MARGIN}" y="{-FILE_MARGIN}" width="100%" height="100%" style="fill:{fill}"/>'


def text_element(
    text: str,
    x: float,
    y: float,
    *,
    css: str,
    anchor: str = "start",
    lang: str = "",
    rtl: bool = False,
    length: float | None = None,
) -> str:
    """An escaped `<text>`; `anchor` is the physical side (`start` left), also for right-to-left text.

    `length` is the width that it is squeezed into, in px.
    """
    turned = {"start": "end", "end": "start"}.get(anchor, anchor) if rtl else anchor
    direction = ' direction="rtl"' if rtl else ""
    language = f' lang="{escape(lang, quote=True)}" xml:lang="{escape(lang, quote=True)}"' if lang else ""
    squeezed = "" if length is None else f' textLength="{length:.1f}" lengthAdjust="spacingAndGlyphs"'
    return (
        f'<text class="{css}"{language}{direction} x="{x:.1f}" y="{y:.1f}" text-anchor="{turned}"{squeezed}>'
        f"{plain(text)}</text>"
    )


def plain(text: str) -> str:
    """Any text as XML content or attribute value, invisible characters spelt out."""
    return escape(display_text(text), quote=True)
