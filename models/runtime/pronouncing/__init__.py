"""English text as the sounds that say it, in the International Phonetic Alphabet as espeak-ng writes it."""

VARIETIES = ("en-us", "en-gb-x-rp", "en-gb-scotland")  # how English is said, by espeak-ng's names
