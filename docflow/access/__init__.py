"""The vocabulary of permission: actions, roles, the actor and the decision. No tables, no HTTP.

The route gate in ``web`` asks ``Actor.may``; the object gate is each capability's ``policy.py``.
"""
