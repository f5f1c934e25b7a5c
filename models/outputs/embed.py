"""Where a record lies inside a file: text chunks of a PNG, EXIF and XMP of a JPEG or a WebP, tags of sound and video.

In the three of pictures: AUTOMATIC1111's `parameters` (PNG text; EXIF UserComment), our own JSON (PNG
iTXt `everyform`; XMP property `everyform:record`, because EXIF ImageDescription holds
ASCII alone and many programs overwrite it) and IPTC's DigitalSourceType in XMP.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from models.outputs import a1111

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.PngImagePlugin import PngInfo

PARAMETERS = "parameters"
RECORD = "everyform"
PNG_XMP = "XML:com.adobe.xmp"
MAX_CHARS = 900_000  # Pillow and others refuse a text chunk of more than a mebibyte
# One JPEG segment holds 65,533 bytes, and both EXIF and XMP must fit one.
MAX_SEGMENT = 60_000

_SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_NAMESPACE = "urn:everyform:xmp#"
_EXIF_IFD, _USER_COMMENT, _MAKER_NOTE, _SOFTWARE = 0x8769, 0x9286, 0x927C, 0x0131
_OF_CAMERAS = range(0x0108, 0x0111)  # ImageDescription, Make, Model and what they number down to
_UNICODE = b"UNICODE\0"


def source_type(record: Mapping[str, Any]) -> str:
    """IPTC's word for how it was made: by a model, or by a model inside a picture that was there before."""
    composite = record.get("task") == "inpaint"
    return _SOURCE + ("compositeWithTrainedAlgorithmicMedia" if composite else "trainedAlgorithmicMedia")


def text(record: Mapping[str, Any]) -> str:
    """The record as JSON, in ASCII alone: whole in any encoding, and legal in XML whatever a prompt holds."""
    return json.dumps(record, ensure_ascii=True, sort_keys=True, allow_nan=False)


def png(record: Mapping[str, Any]) -> PngInfo:
    """Text chunks, to lie before the pixels so that readers find them without decoding."""
    from PIL.PngImagePlugin import PngInfo

    chunks = PngInfo()
    chunks.add_text(PARAMETERS, a1111.text(record))  # tEXt where it is Latin-1, else iTXt
    chunks.add_itxt(RECORD, text(record))
    chunks.add_itxt(PNG_XMP, _xmp(record, with_record=False))
    return chunks


def exif(record: Mapping[str, Any]) -> bytes:
    """EXIF with `parameters` as UserComment. Big-endian throughout, as the text must be in UTF-16 of that order."""
    from PIL.Image import Exif

    block = Exif()
    block.endian = ">"
    block[_SOFTWARE] = str(record.get("software", ""))
    parameters = a1111.text(record).encode("utf-16-be", "replace")[:MAX_SEGMENT]
    block.get_ifd(_EXIF_IFD)[_USER_COMMENT] = _UNICODE + parameters
    return block.tobytes()


def xmp(record: Mapping[str, Any]) -> bytes:
    """An XMP packet with our record and the source type; a record too long for its segment is left out."""
    whole = _xmp(record, with_record=True).encode()
    return whole if len(whole) <= MAX_SEGMENT else _xmp(record, with_record=False).encode()


def tags(record: Mapping[str, Any]) -> dict[str, str]:
    """The tags that every container of sound or video has under some name of its own (ID3, INFO, Vorbis comments)."""
    return {"title": " ".join(str(record.get("prompt", "")).split())[:200], "comment": text(record)}


def found(image: Image) -> tuple[str, dict[str, str]]:
    """Our JSON in an opened picture, empty where there is none, and every other text in it by its lower-case name: the
    chunks of a PNG, a GIF's comment, EXIF's UserComment as `parameters`. Raises what Pillow does."""
    info = image.info
    ours = info.get(RECORD) or _from_xmp(info.get("xmp") or info.get(PNG_XMP) or b"")
    if image.format == "GIF":
        comment = info.get("comment", b"")
        ours = comment.decode("ascii", "replace") if isinstance(comment, bytes) else comment
    notes = _from_exif(image)
    notes |= {str(name).lower(): value[:MAX_CHARS] for name, value in info.items() if isinstance(value, str) and value}
    return str(ours)[:MAX_CHARS], notes


def _xmp(record: Mapping[str, Any], *, with_record: bool) -> str:
    tool = html.escape(str(record.get("software", "")))
    ours = f"<everyform:record>{html.escape(text(record), quote=False)}</everyform:record>" if with_record else ""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        f' xmlns:everyform="{_NAMESPACE}">'
        f"<xmp:CreatorTool>{tool}</xmp:CreatorTool>"
        f"<Iptc4xmpExt:DigitalSourceType>{source_type(record)}</Iptc4xmpExt:DigitalSourceType>"
        f"{ours}</rdf:Description></rdf:RDF></x:xmpmeta>"
        '<?xpacket end="w"?>'
    )


def _from_xmp(packet: bytes | str) -> str:
    """Our property, as an element or (where another program has rewritten the packet) as an attribute.

    Looked for as text: an XML parser would have to be defended against the file, and tells no more.
    """
    whole = packet.decode("utf-8", "replace") if isinstance(packet, bytes) else str(packet)
    for start, end in (("<everyform:record>", "<"), ('everyform:record="', '"'), ("everyform:record='", "'")):
        at = whole.find(start)
        if at >= 0:
            body = whole[at + len(start) :]
            return html.unescape(body[: body.find(end)])
    return ""


def _from_exif(image: Image) -> dict[str, str]:
    if image.format not in ("JPEG", "WEBP") and "exif" not in image.info:
        return {}
    block = image.getexif()
    # Fooocus writes both of the two tags where only others belong.
    inner = block.get_ifd(_EXIF_IFD)
    notes = {PARAMETERS: _comment(inner.get(_USER_COMMENT) or block.get(_USER_COMMENT))}
    notes["fooocus_scheme"] = _comment(inner.get(_MAKER_NOTE) or block.get(_MAKER_NOTE))
    # ComfyUI has no room of its own in a WebP: it writes `prompt:{...}` and `workflow:{...}` where a camera's name is.
    for tag in _OF_CAMERAS:
        name, _, rest = _comment(block.get(tag)).partition(":")
        if rest.startswith("{") and name.isidentifier():
            notes[name.lower()] = rest
    return {name: text[:MAX_CHARS] for name, text in notes.items() if text}


def _comment(comment: object) -> str:
    if isinstance(comment, str):
        return comment.strip("\0 ")
    if not isinstance(comment, bytes):
        return ""
    if not comment.startswith(_UNICODE):
        return comment.removeprefix(b"ASCII\0\0\0").decode("utf-8", "replace").strip("\0 ")
    body = comment[len(_UNICODE) :]
    # The standard leaves the byte order open, and tools differ: a text mostly has the zero byte of Latin letters first
    # (big) or second (little).
    big = body[0::2].count(0) >= body[1::2].count(0)
    return re.sub("\0", "", body.decode("utf-16-be" if big else "utf-16-le", "replace"))
