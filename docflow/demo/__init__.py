"""The main job, done through the public HTTP API by its different users and told step by step.

What ``make demo`` runs and what the journey test runs: the same story against the same servers.
"""
