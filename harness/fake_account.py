"""An account whose APIs answer what a test says: real clients, which check each call, without a network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.loaders import create_loader

from pinpoint_voice_cli.account import Account


@dataclass(frozen=True)
class Call:
    """A call that the command makes."""

    service: str
    operation: str
    region: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Error:
    """An error that an API answers."""

    code: str
    message: str = "said AWS"


_LOADER = create_loader()

Answers = Callable[[Call], Mapping[str, Any] | Error]


class FakeAccount(Account):
    """An account of a test; its subclasses by `account_that_answers` have the answers."""

    answers: Answers
    calls: list[Call]

    def __init__(self, profile: str | None = None, region: str | None = None) -> None:
        super().__init__(profile, region)
        # Reading the models of the services takes most of a client's time.
        self._session._session.register_component("data_loader", _LOADER)  # noqa: SLF001  # no public way

    def _made(self, service: str, region: str) -> Any:  # noqa: ANN401, boto3's clients are made at run time
        client = self._session.client(  # type: ignore[call-overload]  # any service
            service,
            region,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106  # goes nowhere
        )

        def remember(params: Mapping[str, Any], context: dict[str, Any], **_: object) -> None:
            context["arguments"] = dict(params)

        def answer(model: Any, context: dict[str, Any], **_: object) -> tuple[Any, Mapping[str, Any]]:  # noqa: ANN401, botocore's
            call = Call(service, model.name, region, context["arguments"])
            self.calls.append(call)
            return _http(type(self).answers(call))

        client.meta.events.register("before-parameter-build.*.*", remember)
        client.meta.events.register("before-call.*.*", answer)
        return client


@dataclass(frozen=True)
class _Response:
    status_code: int


def _http(answered: Mapping[str, Any] | Error) -> tuple[_Response, Mapping[str, Any]]:
    if isinstance(answered, Error):
        error = {"Code": answered.code, "Message": answered.message}
        return _Response(400), {"Error": error, "ResponseMetadata": {"RequestId": "request-1"}}
    return _Response(200), answered


def account_that_answers(answers: Answers) -> type[FakeAccount]:
    """Return an account class for `run_command`; its `calls` are those that were made.

    Args:
        answers: Returns what an API answers to a call, in boto3's shape, or its error.
    """
    return type("Account", (FakeAccount,), {"answers": staticmethod(answers), "calls": []})
