"""Makes the shipped fonts from Inter's own OpenType files: `python make.py FOLDER_WITH_INTER_OTF` (needs fonttools).

TrueType outlines, because Qt thickens the stems of the other kind; Latin, Greek and Cyrillic with the signs
that the program uses; a family name of its own, so that an Inter which is installed does not get in the way.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont, newTable

FAMILY = "Inter for Everyform"
STYLES = {"Regular": 400, "Medium": 500, "SemiBold": 600}
RANGES = ((0x20, 0x24F), (0x370, 0x3FF), (0x400, 0x45F), (0x2000, 0x206F), (0x2070, 0x209C), (0x20A0, 0x20BF),
          (0x2190, 0x21FF), (0x2200, 0x22FF), (0x2300, 0x23FF), (0x25A0, 0x25FF))  # fmt: skip
FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl", "calt", "case", "tnum", "zero", "sups"]
MAX_ERROR = 0.5 / 1000  # of an em: well under a tenth of a pixel at any size that is read


def quadratic(font: TTFont) -> None:
    """Cubic outlines become quadratic ones."""
    glyphs, order = font.getGlyphSet(), font.getGlyphOrder()
    made = {}
    for name in order:
        pen = TTGlyphPen(glyphs)
        glyphs[name].draw(Cu2QuPen(pen, MAX_ERROR * font["head"].unitsPerEm, reverse_direction=True))
        made[name] = pen.glyph()
    font["loca"], font["glyf"] = newTable("loca"), newTable("glyf")
    font["glyf"].glyphOrder, font["glyf"].glyphs = order, made
    font["maxp"].tableVersion = 0x00010000
    for field in ("maxZones", "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs",
                  "maxStackElements", "maxSizeOfInstructions", "maxComponentElements"):  # fmt: skip
        setattr(font["maxp"], field, 1 if field == "maxZones" else 0)
    font["post"].formatType, font["post"].extraNames, font["post"].mapping = 2.0, [], {}
    font["post"].glyphOrder = order
    font["head"].glyphDataFormat = 0
    del font["CFF "]
    if "VORG" in font:
        del font["VORG"]
    font.sfntVersion = "\000\001\000\000"


def rename(font: TTFont, style: str) -> None:
    """The family's own name; the licence and the copyright stay."""
    names = font["name"]
    legacy = FAMILY if style == "Regular" else f"{FAMILY} {style}"
    for record in list(names.names):
        said = {1: legacy, 2: "Regular", 3: f"{FAMILY} {style}", 4: f"{FAMILY} {style}",
                6: f"{FAMILY.replace(' ', '')}-{style}", 16: FAMILY, 17: style}.get(record.nameID)  # fmt: skip
        if said:
            names.setName(said, record.nameID, record.platformID, record.platEncID, record.langID)
    for number, said in ((16, FAMILY), (17, style)):
        names.setName(said, number, 3, 1, 0x409)
    font["OS/2"].usWeightClass = STYLES[style]


def main(source: Path) -> None:
    """Write the three styles beside this file."""
    for style in STYLES:
        font = TTFont(source / f"Inter-{style}.otf")
        options = Options(
            layout_features=FEATURES, name_IDs=["*"], notdef_outline=True, hinting=False, desubroutinize=True
        )
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=[point for low, high in RANGES for point in range(low, high + 1)])
        subsetter.subset(font)
        quadratic(font)
        rename(font, style)
        font.save(Path(__file__).parent / f"Inter-{style}.ttf")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
