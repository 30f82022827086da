"""Where npm is missing, tests of published payloads say so; in CI they fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.npm import unpacked


def test_without_npm_a_test_is_skipped_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)

    with pytest.raises(pytest.skip.Exception, match="npm is not installed, so @octokit/x"):
        unpacked("@octokit/x", tmp_path)


def test_without_npm_a_test_fails_in_ci(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CI", "1")

    with pytest.raises(pytest.fail.Exception, match="npm is not installed"):
        unpacked("@octokit/x", tmp_path)
