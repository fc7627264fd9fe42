"""Every model of the application, so that `Base.metadata` is complete wherever this is imported."""

from app.db import Base

metadata = Base.metadata
