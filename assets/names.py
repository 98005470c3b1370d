"""Names that people and programs choose, and the ones that stand for nobody else: what the program writes as `by`.

History, consents and look-ups keep who did something as a name. So no name may be, or look like, one of RESERVED,
nor that of a program of somebody else (`owner · program`).
"""

import unicodedata

from assets.errors import Invalid, message

#: Whoever used the personal link of their own entry, or the page of it.
THEMSELVES = "themselves"
#: Whoever reads the messages for a club or a place, and ended them with a link of their mail.
RECIPIENT = "recipient of messages"
#: Anyone without an account.
VISITOR = "visitor"
#: The operator at the command line of the machine itself, and what such a command brought in.
OPERATOR, COMMAND_LINE = "operator", "command line"
#: The made-up neighbourhood, and its rows.
SAMPLE = "sample"
#: What the addresses of a street changed of an entry (assets/addresses.py).
ADDRESSES = "import of addresses"
#: What the retention job erased (assets/retention.py).
JOB = "daily job"
#: Whoever had an account that was closed a year ago (migrations: forget_accounts).
FORMER = "former member"
#: Between the name of an owner and that of their program.
OF_PROGRAM = " · "

#: Folded (see `folded`): what the program writes, and the words that pages print for it or for who is left unnamed.
RESERVED = frozenset(
    {
        THEMSELVES, RECIPIENT, VISITOR, OPERATOR, COMMAND_LINE, SAMPLE, ADDRESSES, JOB, FORMER, "-",
        "the person themselves", "who got the messages", "wie de berichten kreeg",
        "a visitor", "the operator of this map", "the one who runs this map",
        "an analyst of the municipality", "the daily job of this map", "het dagelijkse opruimen van deze kaart",
        "somebody who is not here any more", "iemand die er niet meer bij is",
        "the example", "het voorbeeld",
        "de persoon zelf", "een bezoeker", "wie deze kaart beheert", "wie deze kaart draaiende houdt",
        "een analist van de gemeente",
    }
)  # fmt: skip

LENGTH = message("A name has 1 to 100 characters.")
#: Letters, marks and signs that show nothing, though Python calls them printable.
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {chr(one) for one in range(0xFE00, 0xFE10)}


def folded(name: str) -> str:
    """The name as it is compared: compatible letters, capitals and white space are alike."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(plain.split())


def checked(words: str, *, longest: int = 100, length: str = LENGTH) -> str:
    """A name as it is kept: composed letters, white space folded.

    Args:
        words: as typed.
        longest: characters it may have.
        length: what is said of one that is too short or too long; `most` in it is `longest`.

    Raises:
        Invalid: at `name`: too short or too long, with something in it that does not show, or reserved.
    """
    name = " ".join(unicodedata.normalize("NFC", words).split())
    if not 1 <= len(name) <= longest:
        raise Invalid.at("name", length, most=longest)
    # format characters (zero width, direction) are not printable
    if not name.isprintable() or BLANK & set(name):
        raise Invalid.at("name", "There is something in this name that does not show. Type it again.")
    plain = folded(name)
    if plain in RESERVED:
        raise Invalid.at("name", "This name stands for something else in the history. Choose another name.")
    if OF_PROGRAM in f" {plain} ":
        raise Invalid.at("name", "A dot between spaces stands for a program of somebody. Leave it out of the name.")
    return name
