"""What a user gave: cleaned, segmented into words, tokenized, in a known language."""
