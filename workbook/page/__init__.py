"""What is drawn in a page, and what it says to Python."""
