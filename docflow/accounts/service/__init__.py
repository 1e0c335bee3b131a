"""What is done with accounts: signing in and out, API tokens, administering people and units."""
