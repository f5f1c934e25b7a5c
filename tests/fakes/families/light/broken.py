"""A family whose library is not there: the registry tells it and goes on."""

import a_library_that_nobody_has  # noqa: F401
