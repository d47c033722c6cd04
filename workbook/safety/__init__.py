"""Answers and their times → what is closed, what is shown, whom to call."""
