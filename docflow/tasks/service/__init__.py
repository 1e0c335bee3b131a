"""What is done with tasks: a leader directs; units accept, report, return and complete."""
