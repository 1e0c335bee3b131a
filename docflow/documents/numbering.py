"""How numbers are written. Pure."""


def number_text(number: int) -> str:
    """Numbers below 10 have a leading zero (Decree 30/2020, Appendix I, II.3)."""
    return f"{number:02d}"


def outgoing_symbol(number: int, kind_symbol: str | None, unit_symbol: str, field: str) -> str:
    """`01/BC-SNV`; for an official letter, which has no kind in its symbol, `12/UBND-VX`."""
    if kind_symbol:
        return f"{number_text(number)}/{kind_symbol}-{unit_symbol}"
    return f"{number_text(number)}/{unit_symbol}-{field}"
