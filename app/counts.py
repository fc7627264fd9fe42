"""Numbers with what they count, in the English of commands: 1 row, 2,000 rows. Pages use `ngettext`."""


def counted(number: int, one: str) -> str:
    """The number and the noun, which gets an s unless it is one."""
    return f"{number:,} {one}" if number == 1 else f"{number:,} {one}s"
