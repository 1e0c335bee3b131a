"""What is done about manuscripts, steps, issue, dispatch, succession."""
