"""Readers of one kind of file each: from a `Source` to a `Sink`, in the child that gave everything up.

They import nothing late and open nothing: whatever a reader needs is loaded when `docflow.files.extract_child` is.
"""
