"""The program's name and version, as files and `doctor` tell them; packaging reads it from here."""

VERSION = "0.1.0"
SOFTWARE = f"Everyform {VERSION}"
