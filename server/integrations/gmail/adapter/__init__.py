"""Google's API behind a Protocol, the only importer of its libraries."""
