"""The parts of a page that ask and show, beside the forms."""
