"""Pictures of what words lose: bars of a table, tiles of languages, dots of training languages, a small histogram."""
