"""What maintainers run by hand; nothing of docflow needs it."""
