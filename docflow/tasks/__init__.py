"""Tasks: what a leader directed units to do about a document, by when, and how far each is.

Words: a *direction* (bút phê) is the leader's sentence; a *task* is one deadline given to one unit group; a *part*
is one unit's share in it, as lead (chủ trì) or coordinator (phối hợp). The lead's end is everybody's: when it completes
or returns its part, the coordinators' open parts are closed. Overdue is computed, never stored.
Neighbours: writes receipts and readers through ``documents.service``.
"""
