"""The edge: one transaction per request, the route gate, problem details, ETags, uploads, ranges, OpenAPI.

Knows HTTP and nothing of any capability; ``app`` hands it what it needs of them.
"""
