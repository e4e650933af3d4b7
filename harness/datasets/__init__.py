"""Sources of images: decoding, the shipped photographs, a user's folder, near-duplicate check."""
