"""The command `history`: who has changed a channel."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pinpoint_voice_channel_handler.application_id import APPLICATION_ID, APPLICATION_ID_RULE
from pinpoint_voice_cli.account import Account
from pinpoint_voice_cli.cloudtrail import DAYS, Action, Change, changes
from pinpoint_voice_cli.options import account_options, output_option
from pinpoint_voice_cli.regions import check_region
from pinpoint_voice_cli.report import Output, progress, show

_STYLES = {Action.ENABLED: "green", Action.UPDATED: ""}


class ApplicationId(click.ParamType[str]):
    """The id of a Pinpoint application."""

    name = "application"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Take what can be an id."""
        if not isinstance(value, str) or not APPLICATION_ID.fullmatch(value):
            self.fail(
                f"{value!r} is not {APPLICATION_ID_RULE}, such as 8b7d4e3fcf7d4e2098b803293fdf5f07 "
                "(the Project ID, not the name or the ARN).",
                param,
                ctx,
            )
        return value


@dataclass(frozen=True)
class History:
    """What CloudTrail has of a channel.

    Args:
        application_id: Its application.
        region: The Region that was asked.
        until: When it was asked.
        changes: The changes, the newest first.
    """

    application_id: str
    region: str
    until: datetime
    changes: list[Change]

    @property
    def since(self) -> datetime:
        """Since when CloudTrail knows."""
        return self.until - timedelta(days=DAYS)

    def document(self) -> Mapping[str, object]:
        """Return it for programs.

        - `application_id`, `region`
        - `since`, `until`: what the event history covers: ISO 8601
        - `changes`: the newest first, each with
            - `time`: ISO 8601
            - `event`: `UpdateVoiceChannel`, `DeleteVoiceChannel` or `DeleteApp`
            - `action`: `enabled`, `disabled`, `deleted`, `application deleted`; `updated` where CloudTrail
              does not say to what
            - `error`: null, or the `code` and the `message` of the failed call, which changed nothing
            - `by_provider`: whether the call carries the user agent of this library's provider
            - `caller`: `kind` (CloudTrail's `userIdentity.type`), `name`, `arn`, `account`, `invoked_by` (the
              AWS service that called for it); a text is empty where CloudTrail has none
            - `source_ip`, `user_agent`, `event_id`, `request_id`
        """
        return {
            "application_id": self.application_id,
            "region": self.region,
            "since": self.since.isoformat(timespec="seconds"),
            "until": self.until.isoformat(timespec="seconds"),
            "changes": [_document(change) for change in self.changes],
        }

    def print(self, console: Console) -> None:
        """Print it for people."""
        console.print(f"Voice channel of {self.application_id} in {self.region}")
        console.print()
        if self.changes:
            console.print(_table(self.changes))
        else:
            console.print(f"CloudTrail has no change since {self.since:%Y-%m-%d}.")
        console.print()
        console.print(self._limits(), style="dim")

    def _limits(self) -> str:
        limits = (
            f"CloudTrail's event history has the last {DAYS} days of this Region, and a call only some "
            "minutes after it was made. Older ones are in the bucket of a trail, if you have one. "
            "A call counts as the provider's by its user agent, which a caller can choose."
        )
        check = "If you expect changes, check the id and the Region: pinpoint-voice list shows what there is."
        return limits if self.changes else f"{limits} {check}"


@click.command(short_help="Show who changed or deleted a voice channel.")
@click.argument("application", type=ApplicationId())
@account_options
@output_option
@click.pass_obj
def history(
    make_account: type[Account], application: str, profile: str | None, region: str | None, output: Output
) -> None:
    """Tell who has changed or deleted the voice channel of APPLICATION.

    APPLICATION is the id of a Pinpoint application, which may be gone. The changes of the last 90 days are
    read from CloudTrail's event history, also those that failed; no trail is needed. This takes a second for
    each 100 changes of all channels in the Region, as CloudTrail answers two calls a second.

    \b
    Example:
      pinpoint-voice history 8b7d4e3fcf7d4e2098b803293fdf5f07 --region us-east-1
    """  # noqa: D301, click's \b
    account = make_account(profile, region)
    where = check_region(account, account.region)
    with progress(f"Looking up changes in CloudTrail in {where} …"):
        found = changes(account, where, application)
    show(History(application, where, datetime.now(UTC), found), output)


def _document(change: Change) -> Mapping[str, object]:
    caller = change.caller
    return {
        "time": change.moment.isoformat(),
        "event": change.event,
        "action": change.action.value,
        "error": {"code": change.error, "message": change.error_message} if change.error else None,
        "by_provider": change.by_provider,
        "caller": {
            "kind": caller.kind,
            "name": caller.name,
            "arn": caller.arn,
            "account": caller.account,
            "invoked_by": caller.invoked_by,
        },
        "source_ip": change.source_ip,
        "user_agent": change.user_agent,
        "event_id": change.event_id,
        "request_id": change.request_id,
    }


def _table(found: list[Change]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("When (UTC)", no_wrap=True)
    table.add_column("What", overflow="fold")
    table.add_column("Who", overflow="fold")
    table.add_column("From", overflow="fold")
    for change in found:
        table.add_row(f"{change.moment:%Y-%m-%d %H:%M:%S}", _what(change), _who(change), _origin(change))
    return table


def _what(change: Change) -> Text:
    if change.error:
        return Text(f"{_tried(change)} failed:\n{change.error}", style="dim")
    return Text(change.action.value, style=_STYLES.get(change.action, "red"))


def _tried(change: Change) -> str:
    tried = {Action.ENABLED: "enable", Action.DISABLED: "disable", Action.UPDATED: "update"}
    return tried.get(change.action, "delete" if change.action is Action.DELETED else "delete application")


def _who(change: Change) -> Text:
    who = change.caller.name.replace(", session ", "\nsession ")
    return Text(f"the provider:\n{who}" if change.by_provider else who)


def _origin(change: Change) -> Text:
    # The first product of a user agent is the program: aws-cli/2.31.0, Boto3/1.44.5.
    program = change.user_agent.strip("[]").split(" ")[0]
    return Text("\n".join(filter(None, dict.fromkeys((change.caller.invoked_by, change.source_ip, program)))))
