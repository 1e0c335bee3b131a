"""How long documents are kept, what holds them longer, and how they are destroyed: rules, legal holds, disposal.

Words: a *rule* says how long a kind is kept when no dossier says more; a *hold* keeps what it names from being
destroyed, whatever its term; a *disposal* is a list that one proposes and another approves, after which the files of its
documents are destroyed and the proof of it stays. What the store enforces is read back from the store.
"""
