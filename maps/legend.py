"""The legend: a drawn symbol for each kind and a line sample for each state, as SVG made from `style` alone.

The words beside them come from the page (they are translated); the colours are custom properties of theme.css.
"""

from functools import lru_cache

from assets.vocabulary import AssetKind, StreetState
from maps import style


def symbol_id(kind: AssetKind) -> str:
    """The id of a kind's symbol in the sprite, for `<use href="#...">`."""
    return f"symbol-{kind.value.replace('_', '-')}"


@lru_cache(maxsize=1)
def sprite() -> str:
    """One hidden SVG with a symbol per kind and a line sample per state; put once in a page."""
    kinds = "".join(
        f'<symbol id="{symbol_id(kind)}" viewBox="0 0 24 24"><path d="{path}"/></symbol>'
        for kind, path in style.SHAPES.items()
    )
    states = "".join(_line(state) for state in StreetState)
    return f'<svg class="vuurtoren-sprite" aria-hidden="true" width="0" height="0">{kinds}{states}</svg>'


def _line(state: StreetState) -> str:
    dash, share = style.STATE_LINES[state]
    dashes = f' stroke-dasharray="{" ".join(f"{length:g}" for length in dash)}"' if dash else ""
    cap = "butt" if dash else "round"
    end = 16 if state is StreetState.partly else 37  # partly: only its stretch
    rest = '<path class="vuurtoren-line__rest" d="M16 6H37" stroke-width="1.5"/>' if state is StreetState.partly else ""
    return (
        f'<symbol id="line-{state.value}" viewBox="0 0 40 12">{rest}'
        f'<path d="M3 6H{end}" stroke-width="{5 * share:g}" stroke-linecap="{cap}"{dashes}/></symbol>'
    )
