"""The verbs of a registry: register, amend, add a file, route, acknowledge."""
