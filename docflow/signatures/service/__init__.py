"""What is done about validating and keeping credentials."""
