"""Audit: who, acting for whom, did what, to what, when and from where; reads and downloads included.

Append-only: the application's database role may insert and select, and a trigger refuses the rest to everybody.
Stands below ``accounts`` because signing in and changing a role are recorded too; names are copied into the
event, so a trail reads the same after a person is renamed.
"""
