"""Prints of registers: what stands in them, who printed them, and whether a sheet in somebody's hand still agrees.

A print is recorded: its code and checksum stand on its last page, and ``docflow verify`` compares both with the data.
Its words: a *book* is a register with the unit whose it is; a *line* is what a book says of one number, in as many
*forms* as there are readers who see more or less of it; a *sheet* is the lines and columns of one kind of print.
The follow-up of incoming documents is a sheet of ``docflow.tasks``, which knows what became of them.
"""
