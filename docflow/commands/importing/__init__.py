"""The steps of ``docflow import``: who imports what, what each row means, its bytes, its number, the report."""
