"""A path stays inside the host's directory; what only looks like a way out is a name."""

import pytest

from minikafka.world.paths import clean


@pytest.mark.parametrize("name", ["..a", "...", "..a-0/00.log", ".a", "a..b", "....-0"])
def test_names_that_begin_with_dots_are_names(name):
    assert clean(name) == name


@pytest.mark.parametrize("path", ["..", "../a", "a/../../b", "/a", "a/../.."])
def test_a_path_that_leaves_the_directory_is_refused(path):
    with pytest.raises(ValueError, match="inside the host's directory"):
        clean(path)
