"""What an import read, kept, clipped, repaired and skipped: how many, why, and some of them by id."""

from dataclasses import dataclass, field
from typing import Any

EXAMPLES = 5  # ids that stand for the rest


@dataclass(slots=True)
class Entry:
    """One reason: how many objects it befell, and the ids of the first."""

    count: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """Counts by stage ("read", "kept", "clipped", "repaired", "skipped", "assumed") and reason, and plain facts."""

    stages: dict[str, dict[str, Entry]] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)

    def note(self, stage: str, reason: str, example: str = "", *, count: int = 1) -> None:
        """Count an object; `example` is its id ("way/123")."""
        entry = self.stages.setdefault(stage, {}).setdefault(reason, Entry())
        entry.count += count
        if example and len(entry.examples) < EXAMPLES:
            entry.examples.append(example)

    def count(self, stage: str, reason: str) -> int:
        """How many objects a reason befell."""
        entry = self.stages.get(stage, {}).get(reason)
        return entry.count if entry else 0

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON takes it."""
        stages = {
            stage: [
                {"reason": reason, "count": entry.count, "examples": list(entry.examples)}
                for reason, entry in reasons.items()
            ]
            for stage, reasons in self.stages.items()
        }
        return {"facts": dict(self.facts), **stages}

    def as_text(self) -> str:
        """The report as lines that a person reads."""
        lines = [f"{name}: {value}" for name, value in self.facts.items()]
        for stage, reasons in self.stages.items():
            lines.append(f"{stage}:")
            for reason, entry in reasons.items():
                examples = f"  ({', '.join(entry.examples)})" if entry.examples else ""
                lines.append(f"{entry.count:>9,}  {reason}{examples}")
        return "\n".join(lines)
