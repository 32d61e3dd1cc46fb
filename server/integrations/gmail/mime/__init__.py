"""MIME: parsing and composing messages, HTML, text and addresses."""
