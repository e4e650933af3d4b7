"""Committed results as package data: `measured/` (run folders, sealed) and `reported/` (papers' numbers)."""
