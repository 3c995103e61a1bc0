"""Orbax's name formats in the words of the server."""

from __future__ import annotations

from typing import Any, Literal, cast

from steplease.documents import NameFormatRequest, RunSettings

CommitMode = Literal["atomic_rename", "commit_file"]

_SUPPORTED = "standard_name_format() and composite_name_format() of orbax.checkpoint.path.step are supported"


def name_options(
    step_name_format: Any = None, step_prefix: str | None = None, step_format_fixed_length: int | None = None
) -> RunSettings:
    """Options of a run whose steps are named so; as in Orbax a format object overrides the other two.

    Raises:
        TypeError: the object is of a kind whose rules the server does not know.
    """
    if step_name_format is None:
        return {"step_name_formats": [_format(step_prefix, step_format_fixed_length)]}
    formats = _standard_formats(step_name_format)
    options: RunSettings = {"step_name_formats": [_format(f.step_prefix, f.step_format_fixed_length) for f in formats]}
    modes = {_commit_mode(f) for f in formats}
    if len(modes) > 1:
        raise TypeError(f"step_name_format {step_name_format} mixes ways of committing {modes}: one run has one")
    mode = modes.pop()
    if mode is not None:
        options["commit_mode"] = mode
    return options


def _format(prefix: str | None, length: int | None) -> NameFormatRequest:
    return {"step_prefix": prefix, "step_format_fixed_length": length}


def _standard_formats(name_format: Any) -> list[Any]:
    from orbax.checkpoint._src.path import step as orbax_step

    # Their classes are private, the functions that make them are not.
    standard = orbax_step.standard_name_format()
    composite = orbax_step.composite_name_format(standard, [standard])
    if type(name_format) is type(standard):
        return [name_format]
    if type(name_format) is type(composite):
        return [found for part in name_format.read_name_formats for found in _standard_formats(part)]
    raise TypeError(f"step_name_format is a {type(name_format).__name__}: {_SUPPORTED}")


def _commit_mode(standard: Any) -> CommitMode | None:
    """What a format says about how steps are committed; None leaves it to the server, which goes by the filesystem as Orbax."""
    from orbax.checkpoint._src.path import atomicity

    if standard.temporary_path_cls is not None:
        modes: dict[type, CommitMode] = {
            atomicity.AtomicRenameTemporaryPath: "atomic_rename",
            atomicity.CommitFileTemporaryPath: "commit_file",
        }
        if standard.temporary_path_cls not in modes:
            raise TypeError(
                f"temporary_path_cls is {standard.temporary_path_cls.__name__}: "
                "AtomicRenameTemporaryPath and CommitFileTemporaryPath are supported"
            )
        return modes[standard.temporary_path_cls]
    if standard.atomicity_options is None:
        return None
    if standard.atomicity_options.allow_legacy_atomic_rename:
        raise TypeError("atomicity_options has allow_legacy_atomic_rename: a run has one way of committing steps")
    mode = str(standard.atomicity_options.mode.value)
    # Its values have the names that the server has for them.
    return None if mode == "auto" else cast("CommitMode", mode)
