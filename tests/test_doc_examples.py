"""The examples in the documentation work: each is run as it stands, on the sample neighbourhood."""

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import program, run_program, serving

ROOT = Path(__file__).resolve().parent.parent
ADDRESS = "http://127.0.0.1:8000"
#: Statuses that docs/api.md tells of, for its requests in their order.
TOLD = [*[200] * 21, 201, 201, 200, 201, 200, 201, 200, 200, 204, 200, 200, 201, 200, 400]
# every request tells its status beside its answer
CURL = "curl() { command curl --max-time 60 \"$@\" -w '%{stderr}status %{http_code}\\n'; }\n"


def blocks(page: str) -> list[str]:
    """The examples of a page that can be typed."""
    return re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here to run the examples with")
def test_api_examples(own_sample_url: str, tmp_path: Path) -> None:
    """The requests in docs/api.md, run one after another, get the answers that the page tells of."""
    typed = "\n".join(blocks("docs/api.md"))
    assert typed.count(ADDRESS) == 1
    with serving(own_sample_url) as server:
        script = typed.replace(ADDRESS, server.url).replace(".venv/bin/vuurtoren", shlex.join(program()))
        answer = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", CURL + script],
            cwd=tmp_path, capture_output=True, text=True, check=False,
            env={**os.environ, "VUURTOREN_DATABASE_URL": own_sample_url, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    assert [int(one) for one in re.findall(r"^status (\d+)", answer.stderr, re.MULTILINE)] == TOLD
    assert (tmp_path / "streets.gpkg").stat().st_size > 10_000


@pytest.mark.slow
def test_command_examples(own_sample_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The examples in docs/commands.md end with exit code 0, those that need no file of your own."""
    lines = [line for block in blocks("docs/commands.md") for line in block.splitlines() if "vuurtoren " in line]
    ours = [line for line in lines if "path/to" not in line and "serve" not in line and "--remove" not in line]
    assert len(ours) > 8
    monkeypatch.chdir(tmp_path)
    for line in ours:
        words = shlex.split(line.partition("vuurtoren ")[2].rstrip(")"))
        if "--out" in words:
            words[words.index("--out") + 1] = str(tmp_path / words[words.index("--out") + 1])
        done = run_program(*words, VUURTOREN_DATABASE_URL=own_sample_url, VUURTOREN_DATA_DIR=str(tmp_path))
        assert done.returncode == 0, f"{line}: {done.stderr}"


def test_error_example() -> None:
    """The error shown in docs/api.md is JSON with the members that the page names."""
    found = re.findall(r"```json\n(.*?)```", (ROOT / "docs/api.md").read_text(encoding="utf-8"), re.DOTALL)
    assert [set(json.loads(one)) for one in found] == [{"type", "title", "status", "detail", "instance", "errors"}]
