"""The command `vuurtoren`: a readable list of its commands, which live in app/commands."""

import sys

import typer

from app.commands import (
    account,
    calendar,
    community,
    confirm,
    demo,
    energy,
    imports,
    mail,
    maps,
    measurements,
    meeting_places,
    person,
    plan,
    poster,
    profile,
    rebuild,
    serve,
    setup,
    streets,
    tidy,
    timeline,
)

app = typer.Typer(
    name="vuurtoren",
    help="Asset map for neighbourhoods: what is here, where is the energy, where is there still room.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("serve")(serve.serve)
app.command("migrate")(setup.migrate)
app.command("rebuild")(rebuild.rebuild)
app.command("settings")(setup.settings)
app.command("check")(setup.check)
app.command("demo")(demo.demo)
app.command("streets")(streets.streets)
app.command("energy")(energy.energy)
app.command("plan")(plan.plan)
app.command("measurements")(measurements.measurements)
app.command("meeting-places")(meeting_places.meeting_places)
app.command("profile")(profile.profile)
app.command("timeline")(timeline.timeline)
app.command("export")(streets.export)
app.command("tidy")(tidy.tidy)
app.command("confirm")(confirm.confirm)
app.command("poster")(poster.poster)
app.command("calendar")(calendar.calendar)
app.command("test-mail")(mail.test_mail)
app.add_typer(imports.app)
app.add_typer(measurements.ambition_app)
app.add_typer(account.app)
app.add_typer(community.app)
app.add_typer(person.app)
app.add_typer(maps.app)


def main() -> int:
    """Run the command line; return the exit code: 0 done, 1 refused, 2 wrong use, 130 interrupted."""
    try:
        app()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except KeyboardInterrupt:
        sys.stderr.write("vuurtoren: interrupted; what was not finished is not stored.\n")
        return 130
    return 0
