"""The verbs: keep sites; schedule, change, cancel; add and remove participants; answer."""
