"""Dossiers (hồ sơ công việc): the year's list of a unit, and the documents of one matter kept together without copying.

Words: the *year's list* (danh mục hồ sơ) holds *headings* with code, title and retention; a *dossier* is opened under one
by whoever does the work, closed when the work is done, and handed over to the archive within a year.
Neighbours: shows documents by their own rule of visibility; being in a dossier makes nobody see a document.
"""
