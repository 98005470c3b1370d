"""Addresses as QR codes: for posters, and to hand over from screen to phone."""

import base64
import io

#: Modules of empty paper around the code.
BORDER = 2
DARK = "#1b2a3a"


def svg(address: str, *, paper: str | None = None, sized: bool = True) -> bytes:
    """The address as a QR code in SVG that stays readable with a seventh of it gone.

    Args:
        address: what the code says.
        paper: colour behind it; see-through when None, for what is printed.
        sized: whether it says how large it is; without, whoever shows it decides.
    """
    import segno

    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        out, kind="svg", border=BORDER, dark=DARK, light=paper, xmldecl=False, svgns=True, omitsize=not sized
    )
    return out.getvalue()


def picture(address: str) -> str:
    """The address as a QR code on white, as the address of a picture that is in the page itself."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg(address, paper='#ffffff', sized=False)).decode()}"
