"""What clients see of the operations, each made from their one declaration: documents and the help page."""
