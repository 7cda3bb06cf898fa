"""What an application id can be.

Pinpoint makes 32 hexadecimal digits but publishes no grammar, so this only refuses what cannot be one: an
ARN, a name with spaces, a path.
"""

import re

APPLICATION_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
APPLICATION_ID_RULE = "the id of an Amazon Pinpoint application: 1 to 64 letters, digits, '-' or '_'"
