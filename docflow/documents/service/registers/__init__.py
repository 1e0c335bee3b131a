"""The books of a registry: opened, changed and closed; every number in them taken, reserved, used and voided.

A book gives numbers on the days of its period only, each in the transaction that uses it, and the moments at which
they are taken rise strictly: so numbers have neither gap nor double and stand in the order of time. A reserved number
was taken when it was reserved; its document is registered when it is used, and bears that day's date.

Locks are taken in this order: the unit (who opens or changes books), its books, an entry, its document.
"""
