"""Restoring from leases, and restore args beside Orbax's own."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp
from etils import epath
from jax.experimental.layout import Format, Layout
from jax.sharding import Mesh, NamedSharding, PartitionSpec, SingleDeviceSharding
from orbax.checkpoint import checkpoint_utils as orbax_utils
from orbax.checkpoint._src.metadata import sharding as sharding_metadata
from orbax.checkpoint._src.metadata import tree as tree_metadata
from orbax.checkpoint._src.metadata import value as value_metadata

from steplease.problem_codes import ItemRequired, UnsupportedType
from tests import devices  # noqa: F401 - before jax
from tests.server import ServerTest

DEVICES = np.array(jax.devices())
MESH = Mesh(DEVICES.reshape(2, 2), ("x", "y"))


@jax.tree_util.register_dataclass
@dataclasses.dataclass
class Params:
    z: Any
    a: Any


class Named(NamedTuple):
    second: Any
    first: Any


def on(*spec: Any, mesh: Mesh = MESH, **more: Any) -> NamedSharding:
    return NamedSharding(mesh, PartitionSpec(*spec), **more)


def state() -> dict[str, Any]:
    return {
        "params": {
            "w": jax.device_put(jnp.arange(64.0).reshape(8, 8), on("x", "y")),
            "b": jax.device_put(jnp.ones(4, jnp.bfloat16), on(("x", "y"))),
            "one": jax.device_put(jnp.zeros(3), DEVICES[1]),
        },
        "opt": [jnp.zeros((), jnp.int32), None, (np.ones(2, np.int8), 7, 0.5), {}],
        "name": "run",
    }


class RestoreTest(ServerTest):
    def assert_same_tree(self, expected: Any, actual: Any) -> None:
        """The same structure, types, dtypes, shardings and shapes; whatever Orbax keeps as metadata counts as what it is of."""
        self.assertEqual(jax.tree.structure(expected), jax.tree.structure(actual))
        for theirs, mine in zip(jax.tree.leaves(expected), jax.tree.leaves(actual), strict=True):
            self.assertIs(type(theirs), type(mine))
            self.assertEqual(fields(theirs), fields(mine))

    def save(self, step: int, **items: Any) -> None:
        with ocp.CheckpointManager(self.directory.root) as manager:
            args = {name: ocp.args.PyTreeSave(tree) for name, tree in items.items()}
            manager.save(step, args=ocp.args.Composite(**args))


class StoredTest(RestoreTest):
    def test_restore_args_are_orbaxs_own_with_real_shardings(self) -> None:
        self.save(3, state=state())
        with self.client.lease(3, timeout=20) as lease:
            cases: list[dict[str, Any]] = [{}, {"set_global_shape": False, "strict": False}]
            for options in cases:
                metadata = ocp.PyTreeCheckpointHandler().metadata(epath.Path(lease.path / "state"))
                expected = orbax_utils.construct_restore_args(metadata, **options).tree
                actual = lease.restore_args(**options)
                self.assert_same_tree(expected, actual)
                self.assertIsInstance(actual["params"]["w"].sharding, NamedSharding)

    def test_restores_what_was_saved_after_the_original_is_gone(self) -> None:
        self.save(3, state=state())
        with self.client.lease(3, timeout=20) as lease:
            self.directory.delete(3)
            self.assert_restored(lease.restore(), state())

    def test_restores_onto_another_mesh(self) -> None:
        self.save(3, state=state())
        mesh = Mesh(DEVICES[:2].reshape(1, 2), ("x", "y"))
        with self.client.lease(3, timeout=20) as lease:
            restored = lease.restore(mesh=mesh)
            self.assert_restored(restored, state())
            self.assertEqual(restored["params"]["w"].sharding, on("x", "y", mesh=mesh))
            # What was on one device is replicated.
            self.assertEqual(restored["params"]["one"].sharding, on(mesh=mesh))

    def test_a_mesh_without_an_axis_of_the_partition_is_refused(self) -> None:
        self.save(3, state=state())
        with self.client.lease(3, timeout=20) as lease:
            with self.assertRaisesRegex(ValueError, r"uses the axes \['y'\], and mesh has \['x'\]"):
                lease.restore(mesh=Mesh(DEVICES, ("x",)))

    def test_devices_that_are_not_here_are_an_error_that_says_mesh(self) -> None:
        elsewhere = self.server.folder / "saved-with-more-devices"
        ocp.PyTreeCheckpointer().save(elsewhere, {"a": jax.device_put(jnp.ones(3), DEVICES[1])})
        sharding = elsewhere / "_sharding"
        sharding.write_text(sharding.read_text().replace("cpu:1", "cpu:77"))
        elsewhere.rename(self.directory.root / "3")
        with self.client.lease(3, timeout=20) as lease, self.assertRaisesRegex(ValueError, "pass `mesh`"):
            lease.restore()

    def test_one_of_several_items_is_named(self) -> None:
        self.save(3, params={"a": jnp.ones(2)}, other={"b": jnp.zeros(3)})
        with self.client.lease(3, timeout=20) as lease:
            self.assertEqual(lease.restore("other")["b"].shape, (3,))
            with self.assertRaises(ItemRequired):
                lease.restore()

    def test_an_item_that_is_the_step_itself(self) -> None:
        ocp.PyTreeCheckpointer().save(self.directory.root / "5", {"a": jnp.ones(2)})
        with self.client.lease(5, timeout=20) as lease:
            self.assertEqual(lease.restore()["a"].shape, (2,))

    def test_the_answer_without_jax_objects(self) -> None:
        self.save(3, state={"a": jnp.ones(2)})
        self.client.wait(3)
        [leaf] = self.client.restore_args(3)["leaves"]
        self.assertEqual((leaf["path"], leaf["dtype"], leaf["global_shape"]), (["a"], "float32", [2]))
        self.assertTrue(self.client.verify(3)["ok"])

    def assert_restored(self, restored: Any, saved: Any) -> None:
        as_stored = {**saved, "opt": [list(node) if isinstance(node, tuple) else node for node in saved["opt"]]}
        self.assertEqual(jax.tree.structure(restored), jax.tree.structure(as_stored))
        for mine, theirs in zip(jax.tree.leaves(restored), jax.tree.leaves(as_stored), strict=True):
            np.testing.assert_array_equal(np.asarray(mine), np.asarray(theirs))


class TargetTest(RestoreTest):
    """`construct_restore_args` of the client and of Orbax, leaf by leaf."""

    def assert_agrees(self, target: Any, sharding_tree: Any = None, **options: Any) -> Any:
        expected = orbax_utils.construct_restore_args(target, sharding_tree, **options)
        actual = self.client.construct_restore_args(target, sharding_tree, **options)
        self.assert_same_tree(expected, actual)
        return actual

    def test_every_kind_of_leaf(self) -> None:
        keys = jax.random.split(jax.random.key(0), 4)
        unnamed: dict[str, Any] = {"name": "", "directory": None}
        target = {
            "arrays": [jnp.ones((4, 4)), jax.device_put(jnp.ones((4, 4)), on("x", None)), jnp.ones(3, jnp.bfloat16)],
            "keys": {"plain": keys, "sharded": jax.device_put(keys, on("x")), "other": jax.random.key(1, impl="rbg")},
            "abstract": (
                jax.ShapeDtypeStruct((4, 4), jnp.float32),
                jax.ShapeDtypeStruct((4, 4), jnp.int4, sharding=on("y")),
                jax.ShapeDtypeStruct((4,), keys.dtype, sharding=on("x")),
            ),
            "numpy": [np.ones(2, np.float16), np.float64(0.5), np.ma.masked_array([1, 2])],
            "python": {"int": 1, "float": 0.5, "bool": True, "str": "x", "placeholder": ..., "none": None, "empty": []},
            "metadata": [
                value_metadata.StringMetadata(**unnamed),
                value_metadata.ScalarMetadata(**unnamed, dtype=jnp.dtype("int16")),
                value_metadata.ArrayMetadata(**unnamed, shape=(4,), sharding=None, dtype=jnp.dtype("float32")),
                value_metadata.ArrayMetadata(
                    **unnamed,
                    shape=(4,),
                    sharding=sharding_metadata.from_jax_sharding(on("x")),
                    dtype=jnp.dtype("float32"),
                ),
            ],
        }
        for options in ({}, {"set_global_shape": False}, {"strict": False}, {"support_layout": True}):
            with self.subTest(options):
                self.assert_agrees(target, **options)

    def test_nodes_of_any_type_keep_their_type_and_order(self) -> None:
        made = self.assert_agrees({3: Params(z=jnp.ones(2), a=1), 1: Named(jnp.ones(3), [jnp.ones(4)])})
        self.assertIsInstance(made[3], Params)
        self.assertEqual(made[3].z.global_shape, (2,))
        self.assertEqual(made[1].second.global_shape, (3,))

    def test_a_tree_of_shardings(self) -> None:
        target = {"w": jnp.ones((4, 4)), "s": jax.ShapeDtypeStruct((4,), jnp.float32), "n": 1}
        self.assert_agrees(target, {"w": on("y"), "s": SingleDeviceSharding(DEVICES[1]), "n": None})
        self.assert_agrees(target, {"w": None, "s": None, "n": None})
        with self.assertRaises(ValueError):
            self.client.construct_restore_args(target, {"w": None})

    def test_layouts(self) -> None:
        form = Format(Layout((1, 0)), on("x"))
        target = {"s": jax.ShapeDtypeStruct((4, 4), jnp.float32, sharding=form)}
        made = self.assert_agrees(target, support_layout=True)
        self.assertEqual(made["s"].sharding.layout.major_to_minor, (1, 0))
        self.assert_agrees(target)

    def test_the_memory_of_a_sharding_is_kept(self) -> None:
        pinned = on("x", memory_kind="pinned_host")
        made = self.client.construct_restore_args({"s": jax.ShapeDtypeStruct((4,), jnp.float32, sharding=pinned)})
        self.assertEqual(made["s"].sharding.memory_kind, "pinned_host")

    def test_metadata_of_a_checkpoint_as_the_target(self) -> None:
        self.save(3, state=state())
        metadata = ocp.PyTreeCheckpointHandler().metadata(epath.Path(self.directory.root / "3" / "state"))
        made = self.client.construct_restore_args(metadata)
        self.assertIsInstance(made, tree_metadata.TreeMetadata)
        self.assert_same_tree(orbax_utils.construct_restore_args(metadata).tree, made.tree)

    def test_no_leaves_and_one_leaf_alone(self) -> None:
        self.assert_agrees({})
        self.assert_agrees(jnp.ones(2))

    def test_what_orbax_does_not_restore_is_refused(self) -> None:
        with self.assertRaisesRegex(UnsupportedType, "object"):
            self.client.construct_restore_args({"a": object()})


def fields(args: Any) -> dict[str, Any]:
    """What restore args say, with shardings as JAX's."""
    found = {name: getattr(args, name, None) for name in ("restore_type", "dtype", "global_shape", "strict")}
    sharding = getattr(args, "sharding", None)
    if isinstance(sharding, sharding_metadata.ShardingMetadata):
        sharding = sharding.to_jax_sharding()
    return {**found, "sharding": sharding}
