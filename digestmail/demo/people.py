"""The invented subscribers of the demo, each showing something a profile can do."""

from digestmail.domain import Profile, Schedule

PEOPLE: dict[str, tuple[Schedule, tuple[Profile, ...]]] = {
    "maya@example.org": (
        Schedule(hour=7, timezone="Europe/Berlin"),
        (
            Profile(
                name="Retrieval",
                keywords=("retrieval-augmented generation", "dense retrieval", "re-ranking"),
                interests="How search and language models work together: passage retrieval, "
                "question answering over documents, grounding answers in sources.",
                max_papers=8,
            ),
        ),
    ),
    "jonas@example.org": (
        Schedule(hour=8, timezone="Europe/Stockholm", weekdays=frozenset({1, 2, 3, 4, 5})),
        (
            Profile(
                name="Seeing machines",
                keywords=("object detection", "diffusion model", "image generation"),
                excluded_keywords=("video",),
                authors=("Anjali Deshpande-Iyer",),
                max_papers=6,
            ),
        ),
    ),
    "amara@example.org": (
        Schedule(hour=6, timezone="Africa/Lagos"),
        (
            Profile(
                name="Robots that learn",
                keywords=("reinforcement learning", "robot manipulation"),
                interests="Learning control policies for robots, exploration and rewards, "
                "transfer from simulation to the real machine.",
                authors=("Ł. Wójcik",),
                max_papers=6,
            ),
        ),
    ),
    "linh@example.org": (
        Schedule(hour=9, timezone="Asia/Ho_Chi_Minh"),
        (
            Profile(
                name="Proteins",
                keywords=("protein folding", "protein structure", "protein"),
                max_papers=4,
            ),
            Profile(
                name="Ice and climate",
                keywords=("sea ice", "climate model"),
                interests="Arctic sea ice, ocean heat and the uncertainty of climate projections.",
                max_papers=4,
            ),
        ),
    ),
    "tomas@example.org": (
        Schedule(hour=7, timezone="America/Mexico_City"),
        (
            Profile(
                name="Theory",
                keywords=("random graph", "quantum error correction", "sample complexity"),
                interests="Lower bounds, convergence guarantees and sample complexity.",
                max_papers=6,
            ),
        ),
    ),
    "quiet@example.org": (
        Schedule(hour=7, timezone="UTC"),
        (Profile(name="Manuscripts", keywords=("medieval palimpsest",)),),
    ),
}
