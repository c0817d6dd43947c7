"""Octets in a named charset to text, for charset names that strangers choose.

Never raises and never returns a lone surrogate. Only codecs that Python ships as plain text codecs
are used; names are looked up in a fixed table, so an invented name costs one dictionary miss.
"""

from encodings.aliases import aliases
from functools import lru_cache
from typing import Final

_UNSAFE: Final = frozenset(
    {
        "base64_codec",
        "bz2_codec",
        "hex_codec",
        "idna",
        "mbcs",
        "oem",
        "punycode",
        "quopri_codec",
        "raw_unicode_escape",
        "rot_13",
        "undefined",
        "unicode_escape",
        "uu_codec",
        "zlib_codec",
    }
)

_WIDER: Final = {
    "ascii": "",
    "latin_1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
    "iso8859_9": "cp1254",
    "iso8859_11": "cp874",
    "tis_620": "cp874",
}
"""Codecs read as the superset that senders mean by the name (as browsers do)."""

_EXTRA: Final = {
    "unicode_1_1_utf_7": "utf_7",
    "unicode_1_1_utf_8": "utf_8",
    "utf8mb4": "utf_8",
    "x_sjis": "cp932",
    "x_gbk": "gb18030",
    "x_euc_jp": "euc_jp",
    "cp_850": "cp850",
    "ks_c_5601_1987": "cp949",
    "windows_949": "cp949",
    "windows_31j": "cp932",
    "windows_874": "cp874",
    "iso_8859_8_i": "iso8859_8",
    "iso_8859_8_e": "iso8859_8",
    "cp_1252": "cp1252",
    "x_unknown": "",
    "unknown_8bit": "",
    "default": "",
    "binary": "",
    "8bit": "",
}

_UNALIASED: Final = ("cp720", "cp737", "cp856", "cp874", "cp875", "cp1006", "koi8_r", "koi8_t")


def _table() -> dict[str, str]:
    known = {codec: codec for codec in aliases.values() if codec not in _UNSAFE}
    known.update({name: codec for name, codec in aliases.items() if codec not in _UNSAFE})
    known.update({name: _WIDER.get(codec, codec) for name, codec in known.items()})
    known.update({single: single for single in _UNALIASED})
    known.update(_EXTRA)
    return known


_CODECS: Final = _table()


def codec_of(charset: str) -> str:
    """The name of Python's codec for `charset`, or empty when unknown or plain ASCII."""
    return _codec(charset[:64])


@lru_cache(maxsize=256)
def _codec(charset: str) -> str:
    name = charset.strip().strip("\"'").lower().partition("*")[0]
    for separator in "-. :":
        name = name.replace(separator, "_")
    return _CODECS.get(name, "")


def decode_charset(octets: bytes, charset: str) -> str:
    """The text of `octets`; what is not valid becomes U+FFFD.

    An unknown charset and ASCII are read as UTF-8 when they are, else as Windows-1252.
    """
    codec = codec_of(charset)
    if not codec:
        return guess(octets)
    try:
        text = octets.decode(codec, "replace")
    except (LookupError, UnicodeError, ValueError):
        return guess(octets)
    if codec == "utf_7":
        return without_surrogates(text)
    return text


def guess(octets: bytes) -> str:
    """Text of octets that name no charset: UTF-8 when valid, else Windows-1252 (RFC 6532 §3.2)."""
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace")


def without_surrogates(text: str) -> str:
    """`text` with every lone surrogate replaced, so that it can be encoded and stored."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
