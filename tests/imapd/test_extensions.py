"""Extensions that a transcript cannot play: compression, tokens, large conversations."""

import base64
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from imapd import conversations, sorting
from imapd.commands import SortKey
from mailcore.credentials import OPERATOR
from mailcore.store.ports import SortRow
from tests.support.imap_live import Client, live
