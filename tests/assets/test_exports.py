"""Files for other programs: what a spreadsheet would run is text in them."""

import csv
import io

import openpyxl
import pytest

from assets import exports
from assets.exports import FileFormat

FORMULAS = ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0"]


@pytest.mark.parametrize("words", FORMULAS)
def test_no_cell_is_a_formula(words: str) -> None:
    """In CSV an apostrophe stands before it; in Excel the cell is text, also on the sheet that tells about the file."""
    records = [{"id": 1, "name": words}]
    csv_file, excel = (
        exports.written(
            records, file_format=one, columns=("id", "name"), layer="streets", srid=28992, about={"Area": words}
        )
        for one in (FileFormat.csv, FileFormat.xlsx)
    )
    rows = list(csv.reader(io.StringIO(csv_file.decode("utf-8-sig"))))
    assert ["1", f"'{words}"] == rows[1]
    book = openpyxl.load_workbook(io.BytesIO(excel))
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    book.close()
    assert "f" not in kinds
