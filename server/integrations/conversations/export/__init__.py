"""Exports of conversations: a zip of Markdown, of JSON, or of the form in which ChatGPT exports them."""
