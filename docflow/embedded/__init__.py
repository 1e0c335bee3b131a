"""The embedded servers: PostgreSQL, S3 and a mail catcher with a mailbox as children of the process that starts them.

Owns where they keep their data, how they are started, watched and stopped. Its words: a *stack* is all of
them, a *child* is a process that ends with its starter, *kept* is what a server finds again at its next
start. Seen from the command line, the demo and the tests only; imports nothing else of docflow.
"""

from docflow.embedded.mail import MailCatcher, captured
from docflow.embedded.places import FolderLock
from docflow.embedded.postgres import DatabaseUrls, EmbeddedPostgres
from docflow.embedded.processes import Child, Exited, ProcessGroup, StartFailed, start_child
from docflow.embedded.s3 import EmbeddedS3
from docflow.embedded.stack import REGISTRY_ADDRESS, EmbeddedStack

__all__ = [
    "REGISTRY_ADDRESS",
    "Child",
    "DatabaseUrls",
    "EmbeddedPostgres",
    "EmbeddedS3",
    "EmbeddedStack",
    "Exited",
    "FolderLock",
    "MailCatcher",
    "ProcessGroup",
    "StartFailed",
    "captured",
    "start_child",
]
