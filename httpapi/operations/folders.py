"""Folders: the mailboxes that IMAP shows, with their counts."""

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field

from httpapi.fields import MAX_NUMBER, Input, Line, Listing, Output, Page, sliced
from httpapi.operation import Call, operation
from mailcore.errors import denied, invalid, not_found
from mailcore.ids import InboxId, MailboxId
from mailcore.mailboxes import check_name
from mailcore.model import INBOX, Mailbox, Position, SpecialUse

type Use = Literal["inbox", "archive", "drafts", "junk", "sent", "trash"]
_USES: Final[dict[SpecialUse, Use]] = {
    SpecialUse.ARCHIVE: "archive",
    SpecialUse.DRAFTS: "drafts",
    SpecialUse.JUNK: "junk",
    SpecialUse.SENT: "sent",
    SpecialUse.TRASH: "trash",
}


class ListFolders(Page):
    """Whose folders to list."""

    identity_id: str | None = None
    """Only this inbox; all that you may read otherwise."""


class CreateFolder(Input):
    """A new folder."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Projects/2026"}]})

    name: Annotated[Line, Field(min_length=1, max_length=200)]
    """Its name; `/` separates levels, and missing parents are made."""
    identity_id: str | None = None
    """In which inbox; needed when you have several."""


class OneFolder(Input):
    """Which folder."""

    folder_id: Annotated[int, Field(ge=1, le=MAX_NUMBER)]
    """The id of a folder."""


class RenameFolder(OneFolder):
    """Another name."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Projects/Archive"}]})

    name: Annotated[Line, Field(min_length=1, max_length=200)]
    """The new name; folders below it go along."""


class DeleteFolder(OneFolder):
    """Which folder, and what becomes of its messages."""

    permanent: bool = False
    """Remove its messages for good instead of moving them to Trash."""


class FolderInfo(Output):
    """A folder and how much is in it."""

    id: int
    identity_id: str
    name: str
    use: Use | None
    """What it is for, when it is one of those that every inbox has."""
    total: int
    unread: int
    size: int
    """Octets of all its messages."""
    is_subscribed: bool
    is_selectable: bool
    """False for a mere name with folders below it."""


class FolderList(Listing[FolderInfo]):
    """A page of folders, INBOX first, then by name."""


def _place(folder: Mailbox) -> Position:
    return folder.inbox_id, int(folder.name != INBOX), folder.name


async def list_folders(call: Call, given: ListFolders) -> FolderList:
    """The folders of an inbox, or of all that you may read, with their counts."""
    mailboxes = call.services.mailboxes
    if given.identity_id is not None:
        ids = [InboxId(given.identity_id)]
    else:
        ids = [one.id for one in await mailboxes.inboxes(call.actor)]
    found = [one for inbox_id in ids for one in await mailboxes.list(call.actor, inbox_id)]
    return FolderList.of(given, sliced(found, given, _place), folder_info)


async def create_folder(call: Call, given: CreateFolder) -> FolderInfo:
    """Make a folder; it shows up in IMAP at once."""
    inbox_id = await the_inbox(call, given.identity_id)
    mailboxes = call.services.mailboxes
    return folder_info(await mailboxes.create(call.actor, inbox_id, given.name))


async def get_folder(call: Call, given: OneFolder) -> FolderInfo:
    """One folder with its counts."""
    return folder_info(await _folder(call, given.folder_id))


async def rename_folder(call: Call, given: RenameFolder) -> FolderInfo:
    """Give a folder another name. Those that every inbox has keep theirs."""
    mailbox = await _own_folder(call, given.folder_id)
    mailboxes = call.services.mailboxes
    if check_name(given.name) != mailbox.name:
        await mailboxes.rename(call.actor, mailbox.inbox_id, mailbox.name, given.name)
    return folder_info(await _folder(call, given.folder_id))


async def delete_folder(call: Call, given: DeleteFolder) -> None:
    """Delete a folder. Its messages go to Trash unless `permanent`; folders below it stay."""
    mailbox = await _own_folder(call, given.folder_id)
    mailboxes = call.services.mailboxes
    if given.permanent or not mailbox.is_selectable:
        await mailboxes.delete(call.actor, mailbox.inbox_id, mailbox.name)
        return
    trash = await mailboxes.special(call.actor, mailbox.inbox_id, SpecialUse.TRASH)
    await mailboxes.dissolve(call.actor, mailbox.inbox_id, mailbox.name, trash)


# Pieces ------------------------------------------------------------------------------------------


async def the_inbox(call: Call, identity_id: str | None) -> InboxId:
    """The inbox that is named, or the only one there is; 400 when the caller has several."""
    mailboxes = call.services.mailboxes
    if identity_id is not None:
        return (await mailboxes.inbox(call.actor, InboxId(identity_id))).id
    found = await mailboxes.inboxes(call.actor)
    if not found:
        raise not_found("inbox")
    if len(found) > 1:
        raise invalid("identity_id", "there are several inboxes", fix="Say which one")
    return found[0].id


async def _folder(call: Call, folder_id: int) -> Mailbox:
    """A folder that the caller may use; foreign ones are not there."""
    mailboxes = call.services.mailboxes
    mailbox = await mailboxes.by_id(call.actor, MailboxId(folder_id))
    allowed = {one.id for one in await mailboxes.inboxes(call.actor)}
    if mailbox is None or mailbox.inbox_id not in allowed:
        raise not_found("folder")
    return mailbox


async def _own_folder(call: Call, folder_id: int) -> Mailbox:
    """A folder that may be renamed and deleted: not INBOX, nor one with a use."""
    mailbox = await _folder(call, folder_id)
    if mailbox.name == INBOX or mailbox.special_use is not None:
        raise denied(
            f"{mailbox.name} belongs to every inbox", code="special_folder", fix="Use another one"
        )
    return mailbox


def folder_info(mailbox: Mailbox) -> FolderInfo:
    """A mailbox as the API shows it."""
    use: Use | None = "inbox" if mailbox.name == INBOX else None
    if mailbox.special_use is not None:
        use = _USES[mailbox.special_use]
    return FolderInfo(
        id=mailbox.id,
        identity_id=mailbox.inbox_id,
        name=mailbox.name,
        use=use,
        total=mailbox.messages,
        unread=mailbox.unseen,
        size=mailbox.size_bytes,
        is_subscribed=mailbox.is_subscribed,
        is_selectable=mailbox.is_selectable,
    )


OPERATIONS = (
    operation(
        name="list_folders",
        method="GET",
        path="/v1/folders",
        summary="List folders",
        tag="Folders",
        input=ListFolders,
        output=FolderList,
        function=list_folders,
        tool="List the folders of your inboxes with how many messages each has.",
    ),
    operation(
        name="create_folder",
        method="POST",
        path="/v1/folders",
        summary="Create a folder",
        tag="Folders",
        input=CreateFolder,
        output=FolderInfo,
        success=201,
        conflicts=("mailbox_exists",),
        function=create_folder,
        tool="Create a folder to sort messages into.",
    ),
    operation(
        name="get_folder",
        method="GET",
        path="/v1/folders/{folder_id}",
        summary="See a folder",
        tag="Folders",
        input=OneFolder,
        output=FolderInfo,
        function=get_folder,
    ),
    operation(
        name="rename_folder",
        method="PATCH",
        path="/v1/folders/{folder_id}",
        summary="Rename a folder",
        tag="Folders",
        input=RenameFolder,
        output=FolderInfo,
        conflicts=("mailbox_exists",),
        function=rename_folder,
    ),
    operation(
        name="delete_folder",
        method="DELETE",
        path="/v1/folders/{folder_id}",
        summary="Delete a folder",
        tag="Folders",
        input=DeleteFolder,
        output=None,
        success=204,
        conflicts=("has_children",),
        function=delete_folder,
    ),
)
