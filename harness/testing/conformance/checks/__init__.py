"""The checks, one file a subject: a function's docstring is its row in docs/conformance.md. Torch-free at import."""
