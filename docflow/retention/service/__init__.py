"""What is done about rules, holds and disposals."""
