"""From the checkout's own folder, where Python puts it first on the path, nothing of ours has a
second name. tests/house/test_wheel.py asks the same of the installed command, its worker and the
server while pages run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from heatcheck.tests.doubles import names_seen
from heatcheck.tests.doubles.tree import ROOT

PROBE = """
import json
from heatcheck import cli
from heatcheck.attribution import METHODS
from heatcheck.runs import processes, worker
from names_seen import names_seen

if __name__ == "__main__":
    assert cli.main(["list"]) == 0
    with processes.local_workers() as workers:
        workers.submit(worker.try_out, METHODS.build("random")).result()
        there = workers.submit(names_seen, "worker").result()
    print(json.dumps([names_seen("command"), there]))
"""


def test_a_command_and_its_worker_know_each_module_by_one_name(tmp_path: Path) -> None:
    (tmp_path / "probe.py").write_text(PROBE)
    (tmp_path / "names_seen.py").write_text(Path(names_seen.__file__).read_text())
    done = subprocess.run(
        [sys.executable, "-m", "probe"],
        cwd=ROOT,
        env={
            **{name: value for name, value in os.environ.items() if name != "HEATCHECK_NAMES_SEEN"},
            "HEATCHECK_DATABASE_URL": f"sqlite:///{tmp_path / 'store.db'}",
            "PYTHONPATH": os.pathsep.join(
                filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")])
            ),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    for process in json.loads(done.stdout.splitlines()[-1]):
        assert process["package"] == str(ROOT.resolve())
        assert process["modules"] > 10
        assert process["found"] == [], process
        assert process["imported"] == [], process
