"""From a first draft to the issued document and what becomes of it: writing, review, approval, signing, dispatch, recall.

Words: a *manuscript* (dự thảo) is a document before it is issued, with versions and a *working copy* checked out by one
person at a time; its *steps* are who has to say yes, made from *approval rules* when it is submitted; to *issue* is to
give number and date to what was signed; a *dispatch* is one recipient's copy; a *succession* says that an issued document
corrects, replaces or recalls another. An issued document never changes.
Neighbours: registers through ``documents.service``, ends receipts and tasks through their services, signs through ``signatures``.
"""
