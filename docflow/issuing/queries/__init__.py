"""Reads of issuing, always through ``policy.visible_to``."""
