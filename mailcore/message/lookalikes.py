"""Letters that are taken for others: data only, for who compares text as a reader sees it."""

from typing import Final

SPECIAL: Final = {
    "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ı": "i", "ß": "ss", "æ": "ae",
    "Æ": "AE", "œ": "oe", "Œ": "OE", "ð": "d", "þ": "th", "ŋ": "n", "ɑ": "a", "ɡ": "g", "ɩ": "i",
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"',
    "»": '"', "‹": "'", "›": "'", "「": '"', "」": '"', "『": '"', "』": '"', "ʼ": "'", "′": "'",
    "−": "-", "⁃": "-", "˗": "-", "➖": "-", "∶": ":", "ː": ":", "։": ":", "꞉": ":", "⁄": "/",
    "∕": "/", "․": ".", "。": ".", "｡": ".", "،": ",", "\u2028": "\n", "\u2029": "\n", "\x85": "\n",
}  # fmt: skip
"""Letters and marks that Unicode does not take apart, and what they are read as."""
LOOKALIKES: Final = str.maketrans(
    "авекмнорстухіјѕԁһӏԛԝгьАВЕКМНОРСТУХІЈЅԌԜҮαοορντυικχγωΑΒΕΖΗΙΚΜΝΟΡΤΥΧօսհոցԍꓮꓐꓚꓓꓰꓖꓧꓙꓗꓡꓟꓠꓳꓑꓣꓢꓔꓴꓦꓪꓫꓬꓜ",
    "abekmhopctyxijsdhlqwrbABEKMHOPCTYXIJSGWYaoopvtuikxywABEZHIKMNOPTYXouhngGABCDEGHJKLMNOPRSTUVWXYZ",
)
"""Letters of other scripts that look Latin."""
