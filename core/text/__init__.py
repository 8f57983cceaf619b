"""The user's text: cleaned, tokenized as the model reads it, segmented into words, in a known language."""
