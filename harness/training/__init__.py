"""The loop that every method's trainer shares: recipes, packed data, checkpoints, averaged weights, export."""
