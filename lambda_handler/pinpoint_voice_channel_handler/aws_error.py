"""An error with which an API of AWS has answered a call."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class AwsError:
    """What an API says when it does not do what it was asked.

    Args:
        code: Its name for the error.
        message: What it says about it.
        request_id: By which AWS finds the call.
        status: The HTTP status; 0 if the error has no status.
    """

    code: str
    message: str
    request_id: str
    status: int

    @classmethod
    def of(cls, response: Mapping[str, Any]) -> Self:
        """Read what botocore has made of the response, as it is in the `response` of its ClientError."""
        error, metadata = response.get("Error", {}), response["ResponseMetadata"]
        return cls(
            code=error.get("Code", "Unknown"),
            message=error.get("Message", ""),
            request_id=metadata.get("RequestId", "unknown"),
            status=metadata.get("HTTPStatusCode", 0),
        )

    def __str__(self) -> str:
        return f"{self.code} (RequestID {self.request_id}): {self.message}"
