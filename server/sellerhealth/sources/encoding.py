"""Decodes cells that were read byte for byte as Latin-1. A file may mix encodings, as reports made of several sources do."""

from sellerhealth.sources.unreadable import Unreadable

DEFAULT = "cp1252"
_BY_MARKETPLACE = {"A1VC38T7YXB528": "cp932"}  # the encoding of text that is not UTF-8
_JAPANESE = range(0x3040, 0x30FF)  # hiragana and katakana, which nearly all Japanese text contains


def older_encoding(marketplace: str | None) -> str:
    """The encoding that a marketplace used before UTF-8: Shift JIS in Japan, elsewhere Windows-1252."""
    return _BY_MARKETPLACE.get(marketplace or "", DEFAULT)


class Decoder:
    """Decodes each cell on its own: as UTF-8 if it is valid UTF-8, otherwise in the older encoding.

    Words in Windows-1252 are hardly ever UTF-8 by chance, but a few letters of Shift JIS may be. So after a cell that is certainly
    Shift JIS, Shift JIS is tried first.
    """

    def __init__(self, *, older: str, is_utf8: bool) -> None:
        self._older, self._is_utf8 = older, is_utf8
        self._encodings = ["utf-8", older]

    @property
    def depends_on_order(self) -> bool:
        """Whether the next cell that is not ASCII may change how later ones are decoded."""
        return self._older != DEFAULT and not self._is_utf8 and self._encodings[0] == "utf-8"

    def decode(self, cell: str) -> str:
        """The text of a cell. Unreadable when it is in neither encoding."""
        if cell.isascii():
            return cell
        raw = cell.encode("latin-1")
        for encoding in self._encodings:
            try:
                text = raw.decode(encoding)
            except UnicodeDecodeError as error:
                wrong = raw[error.start]
            else:
                if encoding == self._older and self.depends_on_order:
                    self._encodings.reverse()
                return text
        raise Unreadable(f"text in {' or '.join(self._encodings)} (byte {wrong:#04x} is not)")

    def decode_loosely(self, text: str) -> str:
        """The text of a row or cell that may be unreadable: undecodable bytes become replacement characters."""
        try:
            return self.decode(text)
        except Unreadable:
            raw = text.encode("latin-1")
            return min((raw.decode(encoding, "replace") for encoding in self._encodings), key=lambda each: each.count("�"))


def decode_names(text: str) -> str:
    """The text of a first line, whose marketplace is not known yet: UTF-8, else Japanese if it reads as that, else Windows-1252."""
    raw = text.encode("latin-1")
    for encoding in ("utf-8", "cp932"):
        try:
            decoded = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" or any(ord(character) in _JAPANESE for character in decoded):
            return decoded
    return raw.decode(DEFAULT, "replace")
