"""In which languages a text may be written, by the small words no sentence does without."""

import re
from typing import Final

from guard.lexicon import words

SMALL_WORDS: Final[dict[str, frozenset[str]]] = {
    "de": words(
        """
        der die das und ist sie ich nicht ein eine einen den dem zu mit auf fur von sich es bitte wir ihr ihre
        ihren ihrem im des oder als auch an bei nach wie wird wurde werden haben hat sind du dein deine deinem
        alle uns unsere unser mir mich aus zum zur noch nur jetzt hier bis diese dieser dieses keine kein ihnen
        anbei heute danke hallo vergiss ignoriere
        """
    ),
    "fr": words(
        """
        le la les des un une et est vous je nous ne pas pour que qui dans sur avec votre vos du ce cette au aux
        il elle en se son sa ses mon ma mes tes ton ta tu plus tout toutes tous merci bonjour etre avez ete par
        ou si c'est j'ai
        """
    ),
    "es": words(
        """
        el la los las de que y es en un una por con para su sus se no del al lo como mas le tu tus mi mis usted
        este esta esto todo todos todas ha han sido gracias hola o si nos favor ahora
        """
    ),
    "it": words(
        """
        il lo la gli le di che e un una per con non si del della dei delle al alla nel nella suo sua suoi tuo tua
        mio mia sono ho ha hai questo questa tutti tutte tutto grazie ciao o da in ora subito piu
        """
    ),
    "pt": words(
        """
        o a os as de que e um uma para com nao se do da dos das no na em por seu sua seus suas meu minha voce
        este esta isto todos todas tudo foi sao obrigado ola ou ao agora mais vc q
        """
    ),
    "others": words(
        """
        het een van ik je u niet dat voor met op zijn uw te deze alle naar wij dit aan bij
        i w na z do nie jest sie ze prosze jak dla po od czy tym twoje panstwa o za oraz
        att och det som en pa ar av till den inte for jag du ni din ditt vi er dig har med om ikke jeg og af til
        ve bir bu icin ile da de cok olarak lutfen sizin size gibi ama
        se v je to na si pro aby vas vase prosim jsem by ktere
        si cu pe este nu va sa dumneavoastra pentru din la ati
        a az es nem egy hogy meg kerem on ez ne
        ja on ei ole etta kun tai sinun teidan
        yang dan di untuk dari ini itu anda dengan tidak pada ke
        va cua ban la cho cac khong duoc toi nay
        kwa ya na wa ni yako hii
        """
    ),
}
"""Those of the languages with Latin letters but English, without accents."""
_ALSO_ENGLISH: Final = words(
    """
    a i o as on me in no to do at for an is he it her of are so or am was we us by all over met van ban if son
    mes tu con come per due pour sur plus die des van het at may om den har se en el la de du di da sa si na no
    ha is an den mi su tu lo as os ton au un una ou il et que pa dan ona non nur est ma mis sun wir ve bir o
    """
)
"""Words that stand in English mail, too."""
_FEW_WORDS: Final = 40
_WORDS_FOR_ONE_MORE: Final = 80
"""A long text in one language holds small words of others by chance: names, signs, pieces of addresses."""
_SCRIPTS: Final = (
    (re.compile("[\u0400-\u052f]"), ("ru", "uk")),
    (re.compile("[\u0370-\u03ff]"), ("el",)),
    (re.compile("[\u0600-\u06ff]"), ("ar",)),
    (re.compile("[\u0900-\u097f]"), ("hi",)),
    (re.compile("[\u0e00-\u0e7f]"), ("th",)),
    (re.compile("[\u3040-\u30ff]"), ("ja",)),
    (re.compile("[\uac00-\ud7af\u1100-\u11ff]"), ("ko",)),
    (re.compile("[\u4e00-\u9fff\u3400-\u4dbf]"), ("zh", "ja")),
)
_TOLD_BY: Final = {name: small - _ALSO_ENGLISH for name, small in SMALL_WORDS.items()}
_WORD: Final = re.compile(r"[a-z']+")
ENGLISH: Final = "en"


def tongues(octets: bytes) -> list[str]:
    """Languages worth trying for a folded text in lower case; English always."""
    found = [ENGLISH]
    text = octets.decode("utf-8", "replace")
    spoken = set(_WORD.findall(text))
    enough = 1 if len(spoken) <= _FEW_WORDS else 2 + len(spoken) // _WORDS_FOR_ONE_MORE
    found.extend(name for name, small in _TOLD_BY.items() if len(small & spoken) >= enough)
    if not octets.isascii():
        for script, languages in _SCRIPTS:
            if script.search(text) is not None:
                found.extend(one for one in languages if one not in found)
    return found
