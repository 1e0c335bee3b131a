"""Mails as they really come: bytes in, what the mail says out. Pure; a process of its own runs it (see ``child``).

Words: a *part* is a piece of a mail with headers of its own, named by the bytes it takes up; a *leaf* is a part that
holds no others; the *body* is what the sender wrote, everything else that was sent along is an *attachment*.
Everything is found by one pass over the bytes for each level of nesting, and both are limited: no mail, however it
was made, costs more than its size allows. Nothing of it is trusted: names are made safe, odd encodings are guessed.
"""
