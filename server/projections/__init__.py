"""Projections of the operations for clients, made from their declarations: documents, tools and the help page."""
