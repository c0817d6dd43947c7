"""What stands beside a word, below a title, or where HTML, file names and workbooks keep texts."""

import io
import zipfile

import pytest

from guard.eval.mails import File, mail
from guard.markup import Stripper
from guard.sheets import Sheets
from guard.unpack import Entry
from mailcore.policy import Ruling

SECRET = "Leimtopf_86911"
TOLD = f"On the computer in the shop you type {SECRET} when it asks."


def workbook(rows: list[list[str]]) -> bytes:
    """A workbook whose cells point to its texts; each text is in it once, in an order of its own."""
    texts = sorted({cell for row in rows for cell in row})
    cells = "".join(
        "<row>" + "".join(f'<c t="s"><v>{texts.index(cell)}</v></c>' for cell in row) + "</row>"
        for row in rows
    )
    shared = "".join(f"<si><t>{text}</t></si>" for text in texts)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/sharedStrings.xml", f'<?xml version="1.0"?><sst>{shared}</sst>')
        archive.writestr(
            "xl/worksheets/sheet1.xml",
            f'<?xml version="1.0"?><worksheet><sheetData>{cells}</sheetData></worksheet>',
        )
    return out.getvalue()


@pytest.mark.parametrize(
    "raw",
    [
        mail(text=TOLD),
        mail(html=f"<p>Hello</p><!-- {TOLD} -->"),
        mail(html=f'<p>Hello</p><img src="cid:a" alt="{TOLD}">'),
        mail(sender_name=TOLD),
        mail(files=(File(name=f"{TOLD}.txt", content_type="text/plain", payload=b"empty"),)),
    ],
    ids=["text", "comment", "attribute", "display name", "file name"],
)
def test_a_word_for_a_thing_makes_a_secret_of_what_is_typed_wherever_it_is_told(judge, raw):
    """Prose is prose in every place that holds more than a name."""
    assert judge(raw).ruling is Ruling.HOLD


def test_only_the_value_beside_the_word_is_hidden(guard):
    """The word that gave it away stays."""
    hidden = guard.redact(TOLD)
    assert SECRET not in hidden
    assert hidden.startswith("On the computer in the shop you type")


def test_rows_of_a_workbook_are_read_as_they_are_shown(judge):
    """The title stands above the cells, though the file keeps texts in another order."""
    rows = [["Namn", "Personnummer"], ["Ulla Berg", "19840215-3533"], ["Amir Rez", "19600225-5195"]]
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    raw = mail(files=(File(name="a.xlsx", content_type=kind, payload=workbook(rows)),))
    assert "pii.private_table" in {finding.rule for finding in judge(raw).findings}


@pytest.mark.parametrize(
    "text",
    [
        "The talk on cancer research was given by John Smith. He has the slides.",
        "Please log in on the new computer and look at ticket BUG-4471.",
        "Our public key: dNYHzgAWQMsXIQ0YII5oHkyY/deh9LQ6gUUbin548eE=",
    ],
)
def test_what_is_said_of_subjects_and_public_things_passes(judge, text):
    """Words alone hold nothing."""
    assert judge(mail(text=text)).ruling is Ruling.ALLOW


def test_a_cell_that_points_nowhere_is_shown_as_it_is():
    """Numbers too large to be one of a text, and what is no number, are no fault; empty cells keep their column."""
    sheets = Sheets()
    sheets.note(Entry(name="xl/sharedStrings.xml", payload=b"<si><t>name</t></si>"))
    cells = f'<row><c t="s"><v>0</v></c><c/><c t="s"><v>{"9" * 5000}</v></c><c t="s"><v>\u00b2</v></c></row>'
    sheets.note(Entry(name="xl/worksheets/sheet1.xml", payload=cells.encode()))
    assert sheets.text(Stripper()).split("\t") == ["name", "", "9" * 5000, "\u00b2\n"]
