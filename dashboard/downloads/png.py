"""PNG from our own SVG, by resvg; fonts are those of the machine."""

import re
from xml.etree import ElementTree

from core.errors import CctaError

ZOOM = 2.0
MOST_PIXELS = 40_000_000
_SVG = "http://www.w3.org/2000/svg"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_LAST_LATIN = "\u036f"
_RTL_MARK = "\u200f"
_SIGN = re.compile("[\u2190-\u22ff]")
_SIGN_FONTS = "Liberation Sans,Arial,DejaVu Sans"
_OPACITY = re.compile(r"(?<![-\w])opacity:([\d.]+)")


class PictureError(CctaError):
    """A picture cannot be drawn as PNG on this machine."""


def svg_to_png(svg: str, zoom: float = ZOOM) -> bytes:
    """Draw a standalone SVG (fixed colours) as PNG.

    Parameters
    ----------
    svg : str
        With width and height in px.
    zoom : float
        PNG pixels per px; less for a picture that would have over 40 million pixels.

    Returns
    -------
    bytes
        A PNG. A letter that no installed font holds is left out or drawn as a box.

    Raises
    ------
    PictureError
        resvg is not installed, or cannot read the picture.
    """
    try:
        from resvg_py import svg_to_bytes
    except ImportError:
        raise PictureError("PNG pictures need resvg: pip install resvg-py, or take the SVG.") from None
    root = _parsed(svg)
    pixels = float(root.get("width", 1)) * float(root.get("height", 1))
    scale = min(zoom, (MOST_PIXELS / max(pixels, 1.0)) ** 0.5)
    try:
        return bytes(svg_to_bytes(svg_string=_for_resvg(root), zoom=scale, sans_serif_family="Noto Sans"))
    except ValueError as error:
        raise PictureError(f"The PNG cannot be drawn ({_one_line(error)}); take the SVG.") from None


def _parsed(svg: str) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(svg)
    except ElementTree.ParseError as error:
        raise PictureError(f"The picture is not valid SVG ({_one_line(error)}); please report it.") from None


def _for_resvg(root: ElementTree.Element) -> str:
    """Rewrite what resvg reads differently from browsers, or draws slowly.

    It takes `text-anchor` physically whatever the direction, and cuts a joiner off the end of a right-to-left text
    unless a mark follows. Where the first font of a list lacks a letter it may pick a slanted one for the whole line:
    so Latin labels in an Arabic sentence are left to the Latin fonts, and lines with arrows or mathematical signs to
    fonts that have those. It blends every element with an `opacity` as a layer of its own.
    """
    ElementTree.register_namespace("", _SVG)
    for text in root.iter(f"{{{_SVG}}}text"):
        content = "".join(text.itertext())
        if text.attrib.pop("direction", "") == "rtl":
            anchor = text.get("text-anchor", "start")
            text.set("text-anchor", {"start": "end", "end": "start"}.get(anchor, anchor))
            text.text = _RTL_MARK + content + _RTL_MARK
        if not any(letter.isalpha() and letter > _LAST_LATIN for letter in content):
            text.attrib.pop("lang", None)
            text.attrib.pop(_XML_LANG, None)
        if _SIGN.search(content):
            text.set("style", f"font-family:{_SIGN_FONTS};{text.get('style', '')}")
    for style in root.iter(f"{{{_SVG}}}style"):
        style.text = _OPACITY.sub(r"fill-opacity:\1;stroke-opacity:\1", style.text or "")
    return ElementTree.tostring(root, encoding="unicode")


def _one_line(error: Exception) -> str:
    return re.sub(r"\s+", " ", str(error)).strip()
