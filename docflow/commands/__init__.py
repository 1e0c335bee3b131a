"""What the larger commands of ``docflow.cli`` do. Beside ``app`` and ``worker``: they wire, they hold no rule."""
