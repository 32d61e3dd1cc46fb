"""Google's API, and the only importer of its libraries."""
