"""Meetings: sites, video meetings across them, bookings, participants, invitations and answers.

Words: a *site* (điểm cầu) is a place that joins; a *booking* holds a site for a time; a *participant* is invited by
address, sits at a site and answers by a link or in the product.
Neighbours: a meeting may be about a document; letters leave through ``notifications``.
"""
