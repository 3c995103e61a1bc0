"""The drop-in beside Orbax's own functions, on checkpoints of a real CheckpointManager."""

from __future__ import annotations

import contextlib
import inspect
import itertools
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
from types import ModuleType
from typing import Any
from unittest import mock

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import orbax.checkpoint as ocp
from etils import epath
from orbax.checkpoint import checkpoint_utils as orbax_utils
from orbax.checkpoint._src.path import step as orbax_step

import steplease
from steplease import Client, checkpoint_utils
from steplease.directory_run import RunDiffers
from steplease.problem_codes import DirectoryNotAllowed
from tests.server import ServerTest, save_step

BOTH = (orbax_utils, checkpoint_utils)


class DropInTest(ServerTest):
    """Each test has a directory for each module, with the same in it."""

    def setUp(self) -> None:
        environment = mock.patch.dict(os.environ, {"STEPLEASE_URL": self.server.url})
        environment.start()
        self.addCleanup(environment.stop)
        self.roots: dict[ModuleType, epath.Path] = {}
        for module in BOTH:
            root = self.server.folder / self._testMethodName[:60] / module.__name__.split(".")[0]
            root.mkdir(parents=True)
            self.roots[module] = epath.Path(root)
        self.root = self.roots[checkpoint_utils]

    def save(self, *steps: int, **names: Any) -> None:
        for root in self.roots.values():
            with ocp.CheckpointManager(root, options=ocp.CheckpointManagerOptions(**names)) as manager:
                for step in steps:
                    manager.save(step, args=ocp.args.StandardSave({"a": step}))

    def assert_same(self, what: Any) -> Any:
        """Calls `what(module, root)` for both; returns the one answer."""
        answers = [what(module, self.roots[module]) for module in BOTH]
        self.assertEqual(answers[0], answers[1])
        return answers[1]


class SignatureTest(DropInTest):
    def test_is_that_of_orbax(self) -> None:
        for name in ("wait_for_new_checkpoint", "checkpoints_iterator", "get_snapshot_dir_from_step_dir"):
            mine, theirs = (
                inspect.signature(getattr(module, name)).parameters.values() for module in (checkpoint_utils, orbax_utils)
            )
            self.assertEqual([(p.name, p.kind, p.default) for p in mine], [(p.name, p.kind, p.default) for p in theirs], name)

    def test_construct_restore_args_is_orbaxs_own(self) -> None:
        self.assertIs(checkpoint_utils.construct_restore_args, orbax_utils.construct_restore_args)
        with self.assertRaises(AttributeError):
            _ = checkpoint_utils.no_such_name

    def test_snapshots_are_where_orbax_has_them(self) -> None:
        step = epath.Path("/ckpts/run/step_0012")
        for given in ((), (epath.Path("/elsewhere"),)):
            self.assert_same(lambda module, _: module.get_snapshot_dir_from_step_dir(step, *given))  # noqa: B023 - called at once

    def test_an_evaluator_that_only_waits_does_not_load_jax(self) -> None:
        save_step(pathlib.Path(self.root), 3)
        code = (
            "import sys; from steplease import checkpoint_utils as c\n"
            f"with c.wait_for_new_checkpoint({str(self.root)!r}) as step: print(step, 'jax' in sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout, "3 False\n")


class WaitTest(DropInTest):
    def wait(self, module: ModuleType, root: epath.Path, **options: Any) -> tuple[int, int]:
        """The step, and how often timeout_fn was called."""
        calls = 0
        answers = options.pop("answers", None)

        def timeout_fn() -> bool:
            nonlocal calls
            calls += 1
            return bool(answers[calls - 1])

        with module.wait_for_new_checkpoint(root, timeout_fn=timeout_fn if answers else None, **options) as step:
            return step, calls

    def test_yields_the_highest_step(self) -> None:
        self.save(3, 12, 9)
        self.assertEqual(self.assert_same(self.wait), (12, 0))
        self.assertEqual(self.assert_same(lambda m, r: self.wait(m, r, until_step=4)), (12, 0))

    def test_without_step_it_yields_minus_one_after_as_many_calls_of_timeout_fn(self) -> None:
        self.save(3)
        cases: list[dict[str, Any]] = [
            {"timeout": 0},
            {"timeout": 1},
            {"timeout": 1, "seconds_to_sleep": 2},
            {"timeout": 0, "answers": [True]},
            {"timeout": 0, "seconds_to_sleep": 0.1, "answers": [False, False, True]},
            {"timeout": 1, "seconds_to_sleep": 0.3, "answers": [False, True]},
        ]
        for case in cases:
            with self.subTest(case):
                step, calls = self.assert_same(lambda m, r, case=case: self.wait(m, r, until_step=4, **dict(case)))
                self.assertEqual((step, calls), (-1, len(case.get("answers", []))))

    def test_a_step_that_is_there_wins_over_the_timeout(self) -> None:
        self.save(3)
        self.assertEqual(self.assert_same(lambda m, r: self.wait(m, r, timeout=0, answers=[True])), (3, 0))

    def test_waits_for_a_directory_that_is_not_there_yet(self) -> None:
        self.assertEqual(self.assert_same(lambda m, r: self.wait(m, r / "later", timeout=1)), (-1, 0))
        with contextlib.ExitStack() as threads:
            timer = threading.Timer(0.3, save_step, [pathlib.Path(self.root / "later"), 5])
            timer.start()
            threads.callback(timer.join)
            self.assertEqual(self.wait(checkpoint_utils, self.root / "later", timeout=20), (5, 0))

    def test_the_snapshot_is_there_in_the_body_and_gone_after_it(self) -> None:
        for names in ({}, {"step_prefix": "ckpt"}, {"step_prefix": "ckpt", "step_format_fixed_length": 8}):
            with self.subTest(names):
                for root in self.roots.values():
                    root.rmtree()
                self.save(3, **names)
                self.assert_same(lambda m, r, names=names: self.paths_of(m, r, **names))

    def paths_of(self, module: ModuleType, root: epath.Path, **names: Any) -> tuple[str, bool, bool]:
        with module.wait_for_new_checkpoint(root, **names) as step:
            name = orbax_step.standard_name_format(**names).build_name(step)
            snapshot = module.get_snapshot_dir_from_step_dir(root / name)
            during = (snapshot / "default").exists()
        return str(snapshot.relative_to(root)), during, snapshot.exists()

    def test_the_snapshot_outlives_the_original_in_a_directory_of_choice(self) -> None:
        self.save(3)
        elsewhere = epath.Path(self.server.folder / "elsewhere")
        with checkpoint_utils.wait_for_new_checkpoint(self.root, snapshot_dir=elsewhere) as step:
            (self.root / "3").rmtree()
            self.assertEqual(ocp.StandardCheckpointer().restore(elsewhere / str(step) / "default"), {"a": 3})
        self.assertFalse((elsewhere / "3").exists())

    def test_the_wait_is_reported_to_jax_as_orbax_does(self) -> None:
        self.save(3)
        heard: list[str] = []
        jax.monitoring.register_event_duration_secs_listener(lambda event, *_, **__: heard.append(event))
        self.addCleanup(jax.monitoring.clear_event_listeners)
        self.wait(checkpoint_utils, self.root)
        self.assertEqual([event for event in heard if "wait_duration" in event], ["/jax/orbax/checkpoint_utils/wait_duration"])

    def test_a_snapshot_that_vanished_in_the_body_is_an_error_only_if_errors_are_not_ignored(self) -> None:
        self.save(3)
        for module in BOTH:
            root = self.roots[module]
            for ignore in (True, False):
                expected = contextlib.nullcontext() if ignore else self.assertRaises(FileNotFoundError)
                with self.subTest(module=module.__name__, ignore=ignore), expected:
                    with module.wait_for_new_checkpoint(root, ignore_snapshot_errors=ignore) as step:
                        module.get_snapshot_dir_from_step_dir(root / str(step)).rmtree()

    def test_a_finished_run_ends_the_wait(self) -> None:
        self.save(3)
        self.wait(checkpoint_utils, self.root)
        [run] = self.server.client().runs(directory=str(self.root))
        self.server.client().finish_run(run["name"])
        self.assertEqual(self.wait(checkpoint_utils, self.root, until_step=4), (-1, 0))


class IteratorTest(DropInTest):
    def test_yields_each_newest_step_once_and_releases_before_it_rests(self) -> None:
        self.assertEqual(self.assert_same(self.trace), ["step 2", "rest", "step 5", "rest"])

    def trace(self, module: ModuleType, root: epath.Path) -> list[str]:
        """What happened; a rest only where the snapshot is gone by then."""
        seen: list[str] = []
        steps = iter([5])
        snapshot = epath.Path("")

        def rest(_: float) -> None:
            seen.append("rest with snapshot" if snapshot.exists() else "rest")

        for step in (1, 2):
            save_step(pathlib.Path(root), step)
        with mock.patch("time.sleep", rest):
            for step in module.checkpoints_iterator(root, timeout=0, min_interval_secs=100):
                snapshot = module.get_snapshot_dir_from_step_dir(root / str(step))
                seen.append(f"step {step}")
                for later in steps:
                    save_step(pathlib.Path(root), later)
        return seen

    def test_each_yield_has_its_snapshot_though_the_trainer_deletes_at_once(self) -> None:
        root, over = pathlib.Path(self.root), threading.Event()

        def train() -> None:
            step = 0
            while not over.wait(0.01):
                step += 1
                save_step(root, step)
                if step > 1:
                    shutil.rmtree(root / str(step - 1))

        trainer = threading.Thread(target=train)
        trainer.start()
        self.addCleanup(trainer.join)
        self.addCleanup(over.set)
        steps = checkpoint_utils.checkpoints_iterator(self.root, timeout=20)
        for step in itertools.islice(steps, 12):
            self.assertEqual((root / "_SNAPSHOTS" / str(step) / "value").read_text(), str(step))

    def test_timeout_fn_is_called_once_more_by_the_iterator(self) -> None:
        def calls_until_true(module: ModuleType, root: epath.Path) -> tuple[list[int], int]:
            calls: list[bool] = []

            def timeout_fn() -> bool:
                calls.append(len(calls) >= 2)
                return calls[-1]

            steps = list(module.checkpoints_iterator(root, timeout=1, seconds_to_sleep=0.2, timeout_fn=timeout_fn))
            return steps, len(calls)

        self.assertEqual(self.assert_same(calls_until_true), ([], 4))

    def test_an_iterator_that_is_left_lets_go(self) -> None:
        self.save(3)
        for step in checkpoint_utils.checkpoints_iterator(self.root):
            snapshot = checkpoint_utils.get_snapshot_dir_from_step_dir(self.root / str(step))
            self.assertTrue(snapshot.exists())
            break
        self.assertFalse(snapshot.exists())

    def test_a_finished_run_ends_it_whatever_timeout_fn_says(self) -> None:
        self.save(3)
        seen = []
        for step in checkpoint_utils.checkpoints_iterator(self.root, timeout=60, timeout_fn=lambda: False):
            seen.append(step)
            [run] = self.server.client().runs(directory=str(self.root))
            self.server.client().finish_run(run["name"])
        self.assertEqual(seen, [3])

    def test_what_a_dead_evaluator_left_is_not_in_the_way(self) -> None:
        self.save(3)
        for root in self.roots.values():
            (root / "_SNAPSHOTS" / "3" / "half").mkdir(parents=True)
        self.assertEqual(self.assert_same(lambda m, r: list(m.checkpoints_iterator(r, timeout=0))), [3])

    def test_a_second_evaluator_takes_nothing_from_the_first(self) -> None:
        self.save(3)
        with checkpoint_utils.wait_for_new_checkpoint(self.root) as step:
            snapshot = checkpoint_utils.get_snapshot_dir_from_step_dir(self.root / str(step))
            self.assertEqual(list(checkpoint_utils.checkpoints_iterator(self.root, timeout=0)), [3])
            self.assertTrue((snapshot / "default").exists())


class NameFormatTest(DropInTest):
    def test_format_objects_of_orbax_are_understood(self) -> None:
        short = orbax_step.standard_name_format(step_prefix="ckpt")
        padded = orbax_step.standard_name_format(step_prefix="ckpt", step_format_fixed_length=6)
        self.save(7, step_prefix="ckpt", step_format_fixed_length=6)
        for name_format in (padded, orbax_step.composite_name_format(short, [short, padded])):
            with self.subTest(str(name_format)):
                with checkpoint_utils.wait_for_new_checkpoint(self.root, step_name_format=name_format) as step:
                    self.assertEqual(step, 7)
                    self.assertTrue((self.root / "_SNAPSHOTS" / "ckpt_000007").exists())

    def test_any_other_object_is_refused_with_the_kinds_that_are_not(self) -> None:
        class Own:
            """Has rules of its own."""

        with self.assertRaisesRegex(TypeError, r"is a Own: standard_name_format\(\) and composite_name_format\(\)"):
            next(checkpoint_utils.checkpoints_iterator(self.root, step_name_format=Own()))

    def test_the_way_of_committing_is_taken_from_the_format(self) -> None:
        options = ocp.options.AtomicityOptions(mode=ocp.options.AtomicityMode.COMMIT_FILE)
        by_file = orbax_step.standard_name_format(atomicity_options=options)
        save_step(pathlib.Path(self.root), 3)
        with checkpoint_utils.wait_for_new_checkpoint(self.root, step_name_format=by_file, timeout=0) as step:
            self.assertEqual(step, -1)
        (self.root / "3" / "commit_success.txt").touch()
        with checkpoint_utils.wait_for_new_checkpoint(self.root, step_name_format=by_file, timeout=10) as step:
            self.assertEqual(step, 3)


class RegistrationTest(DropInTest):
    """Somebody else registered the directory before: as `serve DIR` does."""

    def register(self, **options: Any) -> Client:
        name = re.sub(r"[^a-z0-9]+", "-", self._testMethodName.lower())[:60].strip("-")
        self.theirs = self.server.client(name)
        self.theirs.put_run(name, str(self.root), options)  # type: ignore[arg-type]
        return self.theirs

    def register_with_consumer(self, **options: Any) -> None:
        """A consumer that holds nothing, because its steps are still to come."""
        client = self.register(**options)
        client.wait(3)
        client.consumer("mmlu").put("every", start="next")

    def options(self) -> dict[str, Any]:
        """The options of the one run that the directory is."""
        [run] = self.theirs.runs(directory=str(self.root))
        self.assertEqual(run["name"], self.theirs.run_name)
        return dict(run["options"])

    def evaluate(self, root: epath.Path, get_snapshot_dir: Any = checkpoint_utils.get_snapshot_dir_from_step_dir) -> epath.Path:
        """Waits for a step, restores it from its snapshot after the trainer deleted it, and returns where that was."""
        with checkpoint_utils.wait_for_new_checkpoint(root, timeout=20) as step:
            (root / str(step)).rmtree()
            snapshot: epath.Path = get_snapshot_dir(root / str(step))
            self.assertEqual(ocp.StandardCheckpointer().restore(snapshot / "default"), {"a": step})
        self.assertFalse(snapshot.exists())
        return snapshot

    def test_a_run_that_nobody_uses_gets_its_snapshots_where_orbax_has_them(self) -> None:
        self.register(poll_interval=0.5)
        self.save(3)
        snapshot = self.evaluate(self.root, orbax_utils.get_snapshot_dir_from_step_dir)
        self.assertEqual(snapshot, self.root / "_SNAPSHOTS" / "3")
        options = self.options()
        self.assertEqual((options["snapshot_layout"], options["poll_interval"]), ("orbax", 0.5))

    def test_a_run_with_leases_is_used_as_it_is(self) -> None:
        theirs = self.register()
        self.save(3)
        with theirs.lease(3, timeout=20) as lease:
            self.save(4)
            with self.assertLogs("steplease", "WARNING") as logged:
                snapshot = self.evaluate(self.root)
                with checkpoint_utils.wait_for_new_checkpoint(self.root):
                    pass
            lease.check()
        self.assertEqual(len(logged.output), 1)
        self.assertEqual(snapshot.parent.parent, self.root / "_STEPLEASE")
        change = rf"change_run\('{theirs.run_name}', {{'snapshot_layout': 'orbax'}}\)"
        self.assertRegex("\n".join(logged.output), f"it has 1 active lease and it has 1 snapshot.*{change} would change it")
        self.assertEqual(self.options()["snapshot_layout"], "generation")

    def test_a_run_with_consumers_is_used_as_it_is(self) -> None:
        self.save(3)
        self.register_with_consumer()
        self.assertEqual(self.evaluate(self.root).parent.parent, self.root / "_STEPLEASE")

    def test_a_place_for_snapshots_that_somebody_chose_stays_theirs(self) -> None:
        elsewhere = self.server.folder / self._testMethodName / "elsewhere"
        self.register(snapshot_dir=str(elsewhere))
        self.save(3)
        self.assertEqual(self.evaluate(self.root).parent.parent, epath.Path(elsewhere))

    def test_without_snapshots_the_step_itself_is_what_is_read(self) -> None:
        self.save(3)
        self.register_with_consumer(snapshot_mode="none")
        with checkpoint_utils.wait_for_new_checkpoint(self.root) as step:
            self.assertEqual(checkpoint_utils.get_snapshot_dir_from_step_dir(self.root / str(step)), self.root / "3")

    def test_a_directory_is_found_under_another_path_of_the_same_place(self) -> None:
        self.save(3)
        self.register_with_consumer()
        alias = epath.Path(f"{self.root}-alias")
        os.symlink(self.root, alias)
        self.assertEqual(self.evaluate(alias).parent.parent, alias / "_STEPLEASE")

    def test_a_snapshot_of_stock_orbax_is_left_alone_where_the_server_keeps_its_own_elsewhere(self) -> None:
        self.save(3)
        self.register_with_consumer()
        (self.root / "_SNAPSHOTS" / "3" / "half").mkdir(parents=True)
        self.assertEqual(list(checkpoint_utils.checkpoints_iterator(self.root, timeout=0)), [3])
        self.assertTrue((self.root / "_SNAPSHOTS" / "3" / "half").exists())

    def test_names_are_set_where_the_run_has_no_step_yet(self) -> None:
        self.register()
        self.save(7, step_prefix="ckpt")
        self.assertEqual(next(checkpoint_utils.checkpoints_iterator(self.root, step_prefix="ckpt")), 7)

    def test_names_of_a_run_with_steps_are_not_changed_and_the_error_says_which_call_does(self) -> None:
        theirs = self.register()
        self.save(3)
        theirs.wait(3)
        with self.assertRaisesRegex(RunDiffers, "because it has 1 step.*change it: steplease.Client.*") as caught:
            next(checkpoint_utils.checkpoints_iterator(self.root, step_prefix="ckpt"))
        self.assertEqual(self.options()["step_name_formats"][0]["step_prefix"], None)
        # The call of the message is one that can be made.
        eval(str(caught.exception).split("change it: ")[1], {"steplease": steplease})
        self.assertEqual(self.options()["step_name_formats"][0]["step_prefix"], "ckpt")

    def test_a_snapshot_dir_is_not_moved_under_leases_and_the_error_says_which_call_does(self) -> None:
        theirs = self.register()
        self.save(3)
        elsewhere = self.root.parent / "elsewhere"
        with theirs.lease(3, timeout=20):
            with self.assertRaisesRegex(RunDiffers, "because it has 1 active lease.*change_run.*elsewhere"):
                next(checkpoint_utils.checkpoints_iterator(self.root, snapshot_dir=elsewhere))
        self.assertEqual(next(checkpoint_utils.checkpoints_iterator(self.root, snapshot_dir=elsewhere)), 3)

    def test_two_evaluators_that_want_different_places_are_told(self) -> None:
        self.save(3)
        with checkpoint_utils.wait_for_new_checkpoint(self.root):
            with self.assertRaisesRegex(RunDiffers, "has active leases or holds.*change_run"):
                next(checkpoint_utils.checkpoints_iterator(self.root, snapshot_dir=self.root.parent / "elsewhere"))

    def test_a_directory_that_the_server_may_not_watch_is_refused(self) -> None:
        with self.assertRaises(DirectoryNotAllowed):
            next(checkpoint_utils.checkpoints_iterator("/etc"))

    def test_a_bucket_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "gs://bucket/run: the server watches mounted directories"):
            next(checkpoint_utils.checkpoints_iterator(epath.Path("gs://bucket/run")))


class HeldStepTest(DropInTest):
    """The private pair that Orbax's own tests use."""

    def test_holds_one_step_until_it_is_released(self) -> None:
        self.save(3, 4)
        names = orbax_step.standard_name_format()
        snapshot = self.root / "_SNAPSHOTS" / "3"
        self.assertTrue(checkpoint_utils._snapshot_checkpoint(self.root, 3, names))
        self.assertTrue(snapshot.exists())
        checkpoint_utils._release_snapshot(self.root, 3, names)
        self.assertFalse(snapshot.exists())
        with self.assertRaises(FileNotFoundError):
            checkpoint_utils._release_snapshot(self.root, 3, names)
        checkpoint_utils._release_snapshot(self.root, 3, names, ignore_file_not_found_error=True)
