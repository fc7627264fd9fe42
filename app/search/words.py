"""The words of a query and of what it is compared with, in one form."""

import unicodedata


def normal(words: str) -> str:
    """The text as it is compared: full-width signs made half-width, lower case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", words).lower().split())
