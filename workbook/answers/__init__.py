"""What an answer may be, which questions are asked now, and when."""
