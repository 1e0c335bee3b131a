"""What comes in and goes out about manuscripts, rules and what was issued."""
