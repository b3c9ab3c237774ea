"""What the spellings of a word have in common: the same rules by which revision 0012 made tags."""

from __future__ import annotations

import unicodedata

_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200e\u200f\u2060\ufeff"))


def tidy(text: str) -> str:
    """The same words with one space between them."""
    return " ".join(unicodedata.normalize("NFC", text.translate(_INVISIBLE)).split())


def fold(text: str) -> str:
    """What all spellings of a word have in common; empty when there is no word."""
    folded = unicodedata.normalize("NFKC", tidy(text)).casefold()
    # "İ" becomes an i with a dot above it; to a reader that is an i.
    return " ".join(unicodedata.normalize("NFKC", folded).replace("i\u0307", "i").split())
