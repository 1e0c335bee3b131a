"""Documents: kinds, registers and numbers, registering, routing, receipts, search.

Words: a *register* (sổ) counts a unit's incoming or outgoing documents of a year, a *symbol* (số, ký hiệu) is the
number and letters a document is cited by, a *receipt* says that a unit or person got a document and what for.
Neighbours: ``files`` keeps the bytes, ``tasks`` builds on receipts; state sits on receipts, never on the document.
"""
