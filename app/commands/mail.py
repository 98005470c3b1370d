"""`vuurtoren test-mail`: whether the settings of mail work, before anybody waits for one."""

from typing import Annotated

import typer

from app.commands.session import plain_errors


def test_mail(address: Annotated[str, typer.Argument(help="E-mail address to send to.", show_default=False)]) -> None:
    """Send one mail now, past the queue, and say what became of it.

    Example: vuurtoren test-mail map@example.org
    """
    with plain_errors():
        from datetime import UTC, datetime
        from uuid import uuid4

        from app import i18n, mail, mail_delivery
        from app import settings as environment
        from assets.email_addresses import checked
        from assets.mails import Mail

        chosen = environment.load()
        language = i18n.known(chosen.language) or i18n.DEFAULT
        subject, body = mail.compose("test", base_url=chosen.address, language=language)
        made = Mail(
            message_key=uuid4(), recipient=checked(address), language=language, subject=subject, body=body,
            created_at=datetime.now(UTC),
        )  # fmt: skip
        try:
            mail_delivery.way_of(chosen)(made)
        except (mail_delivery.NotNow, mail_delivery.Refused) as error:
            typer.echo(f"vuurtoren: {error}.", err=True)
            raise typer.Exit(1) from None
        where = "was taken by the mail server" if chosen.smtp_url else f"is in {chosen.data_dir / 'outbox'}"
        typer.echo(f"The mail {where}.")
