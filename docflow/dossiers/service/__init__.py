"""What is done about the year's list and dossiers."""
