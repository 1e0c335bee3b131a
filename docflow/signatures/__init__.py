"""Electronic signatures in PDF files: validating every one of them, and signing with certificates of people and offices.

Words: a *credential* is a certificate with the key that somebody signs with (PKCS#12 or PKCS#11), whose passphrase is
never kept; a *check* is what was found when a file's signatures were validated. Neighbours: reads files through
``files``; nothing is fetched from the network unless the settings allow it.
"""
