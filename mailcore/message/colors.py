"""Colors of HTML and CSS, and how well one can be read on another. Pure; never raises."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_MAX_CHARS: Final = 80
_HEX: Final = re.compile(r"#?([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_FUNCTION: Final = re.compile(r"(rgb|hsl)a?\(([^()]*)\)")
_NUMBER: Final = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(%|deg)?")
_NAMES: Final = """
black=000000 white=ffffff red=ff0000 lime=00ff00 blue=0000ff yellow=ffff00 cyan=00ffff aqua=00ffff
magenta=ff00ff fuchsia=ff00ff silver=c0c0c0 gray=808080 grey=808080 maroon=800000 olive=808000
green=008000 purple=800080 teal=008080 navy=000080 orange=ffa500 aliceblue=f0f8ff
antiquewhite=faebd7 aquamarine=7fffd4 azure=f0ffff beige=f5f5dc bisque=ffe4c4 blanchedalmond=ffebcd
blueviolet=8a2be2 brown=a52a2a burlywood=deb887 cadetblue=5f9ea0 chartreuse=7fff00 chocolate=d2691e
coral=ff7f50 cornflowerblue=6495ed cornsilk=fff8dc crimson=dc143c darkblue=00008b darkcyan=008b8b
darkgoldenrod=b8860b darkgray=a9a9a9 darkgrey=a9a9a9 darkgreen=006400 darkkhaki=bdb76b
darkmagenta=8b008b darkolivegreen=556b2f darkorange=ff8c00 darkorchid=9932cc darkred=8b0000
darksalmon=e9967a darkseagreen=8fbc8f darkslateblue=483d8b darkslategray=2f4f4f
darkslategrey=2f4f4f darkturquoise=00ced1 darkviolet=9400d3 deeppink=ff1493 deepskyblue=00bfff
dimgray=696969 dimgrey=696969 dodgerblue=1e90ff firebrick=b22222 floralwhite=fffaf0
forestgreen=228b22 gainsboro=dcdcdc ghostwhite=f8f8ff gold=ffd700 goldenrod=daa520
greenyellow=adff2f honeydew=f0fff0 hotpink=ff69b4 indianred=cd5c5c indigo=4b0082 ivory=fffff0
khaki=f0e68c lavender=e6e6fa lavenderblush=fff0f5 lawngreen=7cfc00 lemonchiffon=fffacd
lightblue=add8e6 lightcoral=f08080 lightcyan=e0ffff lightgoldenrodyellow=fafad2 lightgray=d3d3d3
lightgrey=d3d3d3 lightgreen=90ee90 lightpink=ffb6c1 lightsalmon=ffa07a lightseagreen=20b2aa
lightskyblue=87cefa lightslategray=778899 lightslategrey=778899 lightsteelblue=b0c4de
lightyellow=ffffe0 limegreen=32cd32 linen=faf0e6 mediumaquamarine=66cdaa mediumblue=0000cd
mediumorchid=ba55d3 mediumpurple=9370db mediumseagreen=3cb371 mediumslateblue=7b68ee
mediumspringgreen=00fa9a mediumturquoise=48d1cc mediumvioletred=c71585 midnightblue=191970
mintcream=f5fffa mistyrose=ffe4e1 moccasin=ffe4b5 navajowhite=ffdead oldlace=fdf5e6 olivedrab=6b8e23
orangered=ff4500 orchid=da70d6 palegoldenrod=eee8aa palegreen=98fb98 paleturquoise=afeeee
palevioletred=db7093 papayawhip=ffefd5 peachpuff=ffdab9 peru=cd853f pink=ffc0cb plum=dda0dd
powderblue=b0e0e6 rebeccapurple=663399 rosybrown=bc8f8f royalblue=4169e1 saddlebrown=8b4513
salmon=fa8072 sandybrown=f4a460 seagreen=2e8b57 seashell=fff5ee sienna=a0522d skyblue=87ceeb
slateblue=6a5acd slategray=708090 slategrey=708090 snow=fffafa springgreen=00ff7f steelblue=4682b4
tan=d2b48c thistle=d8bfd8 tomato=ff6347 turquoise=40e0d0 violet=ee82ee wheat=f5deb3
whitesmoke=f5f5f5 yellowgreen=9acd32 transparent=00000000 window=ffffff canvas=ffffff
windowtext=000000 canvastext=000000 buttonface=efefef
"""
_NAMED: Final = {name: digits for name, _, digits in (one.partition("=") for one in _NAMES.split())}


@dataclass(frozen=True, slots=True)
class Color:
    """Red, green and blue from 0 to 255, alpha from 0 (nothing to be seen) to 1."""

    red: float
    green: float
    blue: float
    alpha: float = 1.0


WHITE: Final = Color(255, 255, 255)
BLACK: Final = Color(0, 0, 0)


@lru_cache(maxsize=4096)
def parse_color(text: str) -> Color | None:
    """The color that `text`, in small letters, names; None for anything else (CSS Color 4)."""
    if not text or len(text) > _MAX_CHARS:
        return None
    digits = _NAMED.get(text)
    if digits is None:
        match = _HEX.fullmatch(text)
        if match is None:
            return _by_function(text)
        digits = match[1]
    if len(digits) < 6:
        digits = "".join(2 * digit for digit in digits)
    parts = [int(digits[at : at + 2], 16) for at in range(0, len(digits), 2)]
    return Color(parts[0], parts[1], parts[2], parts[3] / 255 if len(parts) > 3 else 1.0)


def _by_function(text: str) -> Color | None:
    match = _FUNCTION.fullmatch(text)
    found = _NUMBER.findall(match[2]) if match else []
    if match is None or not 3 <= len(found) <= 4:
        return None
    alpha = _share(found[3], 1) if len(found) > 3 else 1.0
    if match[1] == "rgb":
        red, green, blue = (255 * _share(one, 255) for one in found[:3])
        return Color(red, green, blue, alpha)
    return _from_hue(float(found[0][0]), _share(found[1], 100), _share(found[2], 100), alpha)


def _share(found: tuple[str, str], whole: float) -> float:
    """A number or percentage as a part of the whole, from 0 to 1."""
    value = float(found[0]) / (100 if found[1] == "%" else whole)
    return min(max(value, 0.0), 1.0)


def _from_hue(hue: float, saturation: float, lightness: float, alpha: float) -> Color:
    reach = saturation * min(lightness, 1 - lightness)

    def part(number: int) -> float:
        place = (number + hue / 30) % 12
        return 255 * (lightness - reach * max(-1, min(place - 3, 9 - place, 1)))

    return Color(part(0), part(8), part(4), alpha)


def over(top: Color, ground: Color) -> Color:
    """What is seen where `top` lies on an opaque ground."""
    alpha = top.alpha
    if alpha >= 1:
        return top
    return Color(
        top.red * alpha + ground.red * (1 - alpha),
        top.green * alpha + ground.green * (1 - alpha),
        top.blue * alpha + ground.blue * (1 - alpha),
    )


@lru_cache(maxsize=4096)
def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of two opaque colors, from 1 to 21 (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: Color) -> float:
    red, green, blue = (_linear(part / 255) for part in (color.red, color.green, color.blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    linear: float = part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
    return linear
