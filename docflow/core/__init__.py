"""What every capability stands on and no capability owns: errors, the clock, the database, paging, text.

Knows nothing of documents, people or HTTP.
"""
