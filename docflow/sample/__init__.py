"""The sample province: Trường Giang, which is on no map, with its units, people and meeting sites.

`province.json` holds, in this order, `province`, `unit_kinds`, `site_kinds`, `units` (a parent before its children;
`parent` is a code), `people` (`roles` are pairs of role and code of the unit) and `sites`. The key of a unit is its
agency code: commune offices share the symbol `UBND`, as the law has it. No password is in it.
"""
