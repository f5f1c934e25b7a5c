"""The starter world: small landscapes drawn from a sentence, the same on every machine."""
