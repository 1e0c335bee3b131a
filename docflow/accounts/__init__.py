"""Accounts: units as a tree through time, people and the roles they hold in units, signing in, API tokens.

Words: a *unit* (đơn vị) is an organisation or a part of one, a *role* is held in a unit, a *principal* is the
small number under which a document names a person or a unit as its reader.
Neighbours: everything above reads units and people; writes go through ``service``.
"""
