"""Notifications: the outbox of mail. A letter is a row in the transaction that causes it, sent afterwards.

Words: a *letter* is one mail to one address; a *thread* is a run of letters that must arrive in order.
"""
