from __future__ import annotations

import subprocess
import sys

import mien


def test_every_public_name_is_there_and_is_not_a_module() -> None:
    for name in mien.__all__:
        value = getattr(mien, name)
        assert type(value).__name__ != "module", name
        assert getattr(mien, name) is value


def test_import_is_light_and_predicting_needs_no_torch() -> None:
    code = (
        "import sys, mien; assert not {'numpy', 'av', 'cv2'} & set(sys.modules); "
        "p = mien.analyze(mien.sample()); assert p.to_dict()['label']; "
        "heavy = {'torch', 'sklearn', 'scipy', 'pyarrow', 'matplotlib', 'pydantic'}; "
        "assert not heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
