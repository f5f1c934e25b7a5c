"""Who lives in the starter world's stories and where, what they wish for, what stops them, and who can help."""

from __future__ import annotations

from dataclasses import dataclass

from models.reader.scene import COLOURS, TERRAINS

SHE = ("Mara", "Nell", "Lina", "Ada", "Ida", "Rosa", "Tilda", "Wren", "Juno", "Elsa", "Pia", "Greta",
       "Hazel", "Ivy", "Luna", "Mina", "Nora", "Olive", "Petra", "Ruby", "Sofia", "Thea", "Una", "Vera")  # fmt: skip
HE = ("Tom", "Otto", "Finn", "Emil", "Hugo", "Jonas", "Karl", "Leo", "Max", "Nico", "Oskar", "Pip",
      "Rolf", "Sam", "Theo", "Ugo", "Viktor", "Willi", "Anton", "Bruno", "Caspar", "Dario", "Felix", "Gus")  # fmt: skip
NAMES = SHE + HE
TRAITS = ("little", "young", "curious", "brave", "shy", "cheerful", "gentle", "clever", "merry", "patient", "quiet",
          "kind", "lively", "friendly")  # fmt: skip
TIMES_OF_DAY = ("morning", "afternoon", "evening")
PERSON, BEAST, BIRD, CRAFT = "person", "beast", "bird", "craft"
WALKERS = (PERSON, BEAST)
ALIVE = (PERSON, BEAST, BIRD)
EVERYONE = (PERSON, BEAST, BIRD, CRAFT)
LAND = tuple(t for t in TERRAINS if t != "sea")


@dataclass(frozen=True)
class Kind:
    """A kind of character: its group, how it goes (past tense), where it lives, and which names it takes."""

    word: str
    group: str
    went: str
    terrains: tuple[str, ...]
    names: tuple[str, ...] = NAMES


KINDS = {
    kind.word: kind
    for kind in (
        Kind("sailboat", CRAFT, "sailed", ("sea",)),
        Kind("gull", BIRD, "flew", ("sea",)),
        Kind("seal", BEAST, "swam", ("sea",)),
        Kind("crab", BEAST, "scuttled", ("sea",)),
        Kind("sailor", PERSON, "rowed", ("sea",)),
        Kind("lighthouse keeper", PERSON, "rowed", ("sea",)),
        Kind("fox", BEAST, "trotted", ("forest", "meadow")),
        Kind("hedgehog", BEAST, "pattered", ("forest", "meadow")),
        Kind("bear", BEAST, "ambled", ("forest", "mountains")),
        Kind("squirrel", BEAST, "leapt", ("forest",)),
        Kind("owl", BIRD, "flew", ("forest", "mountains")),
        Kind("hare", BEAST, "hopped", ("meadow", "forest")),
        Kind("lamb", BEAST, "skipped", ("meadow", "mountains")),
        Kind("swallow", BIRD, "flew", ("meadow", "town")),
        Kind("miller", PERSON, "walked", ("meadow",)),
        Kind("goat", BEAST, "climbed", ("mountains",)),
        Kind("marmot", BEAST, "scurried", ("mountains",)),
        Kind("eagle", BIRD, "flew", ("mountains",)),
        Kind("shepherd", PERSON, "walked", ("mountains", "meadow")),
        Kind("camel", BEAST, "plodded", ("desert",)),
        Kind("lizard", BEAST, "darted", ("desert",)),
        Kind("falcon", BIRD, "flew", ("desert",)),
        Kind("merchant", PERSON, "walked", ("desert", "town")),
        Kind("cat", BEAST, "padded", ("town",)),
        Kind("mouse", BEAST, "scurried", ("town", "meadow")),
        Kind("sparrow", BIRD, "flew", ("town",)),
        Kind("baker", PERSON, "walked", ("town",)),
        Kind("painter", PERSON, "walked", ("town", "mountains")),
        Kind("girl", PERSON, "walked", LAND, SHE),
        Kind("boy", PERSON, "walked", LAND, HE),
        Kind("balloon", CRAFT, "floated", ("meadow", "town", "mountains")),
    )
}

# Where someone lives: the words after "lived", by terrain.
HOMES = {
    "sea": ("by the sea", "in a small harbour", "in a quiet bay", "on the shore of a green island",
            "at the foot of a lighthouse"),
    "mountains": ("high in the mountains", "in a valley below snowy peaks", "beside a cold mountain lake",
                  "near a village on the mountainside"),
    "forest": ("in a deep forest", "at the edge of the woods", "among the roots of an old oak",
               "in a clearing among the pines"),
    "desert": ("at the edge of the desert", "in an oasis among the dunes", "beside a white tent in the desert",
               "where the sand dunes begin"),
    "meadow": ("on a wide meadow", "beside an old windmill", "near a stone bridge over a stream",
               "behind a house in the fields"),
    "town": ("in an old town", "on the market square of a town", "in a narrow lane of a town",
             "in the shadow of a castle in town"),
}  # fmt: skip
TERRAIN_OF = {home: terrain for terrain, homes in HOMES.items() for home in homes}


@dataclass(frozen=True)
class Fit:
    """Whom something can happen to: groups, the terrains that they live in, and kinds that are left out."""

    groups: tuple[str, ...] = EVERYONE
    terrains: tuple[str, ...] = TERRAINS
    without: tuple[str, ...] = ()
    only: tuple[str, ...] = ()

    def suits(self, kind: str, terrain: str) -> bool:
        known = KINDS[kind]
        if self.only:
            return kind in self.only
        return known.group in self.groups and terrain in self.terrains and kind not in self.without


WISHES = {
    "to see the sea": Fit(terrains=LAND),
    "to touch snow": Fit(terrains=("forest", "desert", "meadow", "town")),
    "to see the old castle on the hill": Fit(terrains=("forest", "meadow", "mountains")),
    "to fly in a hot-air balloon": Fit(WALKERS, ("desert", "meadow", "mountains", "town")),
    "to find a true friend": Fit(),
    "to learn an old song": Fit(),
    "to watch the sunrise from the highest hill": Fit(terrains=("forest", "meadow", "mountains", "town")),
    "to hear the great bells of the town": Fit(terrains=("sea", "forest", "meadow", "mountains", "desert")),
    "to visit the lighthouse across the bay": Fit(terrains=("sea",), without=("lighthouse keeper",)),
    "to look beyond the horizon": Fit(terrains=("sea", "desert")),
    "to find a flower as blue as the sky": Fit(ALIVE, LAND),
    "to find a shell as white as the moon": Fit(ALIVE, ("sea",)),
    "to see the stars from a mountain top": Fit(terrains=("forest", "mountains", "desert")),
    "to see the great windmill turn": Fit(terrains=("forest", "meadow", "town"), without=("miller",)),
}
TROUBLES = {
    "fog": Fit(),
    "storm": Fit(),
    "dark": Fit(without=("owl",)),
    "noise": Fit(),
    "river": Fit(WALKERS, ("forest", "meadow", "mountains")),
    "pit": Fit(WALKERS, LAND),
    "thorn": Fit(WALKERS, LAND),
    "hunger": Fit(ALIVE),
    "lost": Fit(WALKERS, LAND),
    "wing": Fit((BIRD,)),
    "sandbank": Fit(only=("sailboat",)),
    "calm": Fit((CRAFT,)),
    "heat": Fit(ALIVE, ("desert",)),
}
# What solves a trouble, and which friends can do it.
HELPS = {
    "fog": {"bell": Fit((PERSON, BEAST, CRAFT)), "lantern": Fit((PERSON, BEAST)), "calling": Fit()},
    "storm": {"bay": Fit(terrains=("sea",)), "cave": Fit(terrains=LAND, without=("balloon",)), "tales": Fit()},
    "dark": {"lantern": Fit((PERSON, BEAST)), "fireflies": Fit(ALIVE, ("forest", "meadow", "mountains")),
             "moon": Fit()},
    "noise": {"wind": Fit(), "tune": Fit(ALIVE), "side": Fit()},
    "river": {"tree": Fit(only=("bear", "miller", "shepherd", "girl", "boy")), "ford": Fit(), "raft": Fit((PERSON,))},
    "pit": {"rope": Fit((PERSON, CRAFT)), "branch": Fit(ALIVE), "stones": Fit(WALKERS)},
    "thorn": {"pulled": Fit(ALIVE), "water": Fit(WALKERS), "leaf": Fit(WALKERS, ("forest", "meadow", "mountains"))},
    "hunger": {"bread": Fit((PERSON,)), "berries": Fit((BEAST, BIRD), ("forest", "meadow", "mountains")),
               "supper": Fit(ALIVE)},
    "lost": {"map": Fit((PERSON, BEAST)), "ahead": Fit(), "star": Fit()},
    "wing": {"bandage": Fit((PERSON, BEAST)), "herb": Fit(ALIVE), "rest": Fit()},
    "sandbank": {"rope": Fit((PERSON, CRAFT)), "tide": Fit(), "push": Fit(WALKERS)},
    "calm": {"tow": Fit((PERSON,)), "breeze": Fit(), "company": Fit()},
    "heat": {"shade": Fit(), "water": Fit(WALKERS), "evening": Fit()},
}  # fmt: skip
# What stands along the way.
SIGHTS = {
    "sea": ("lighthouse", "sailboat", "castle"),
    "mountains": ("house", "tent", "bridge", "castle", "balloon"),
    "forest": ("house", "tent", "bridge", "balloon"),
    "desert": ("tent", "house", "balloon", "castle"),
    "meadow": ("windmill", "house", "bridge", "tree", "balloon"),
    "town": ("house", "bridge", "windmill", "balloon"),
}


def names_of(kind: str) -> tuple[str, ...]:
    return KINDS[kind].names


def traits_of(kind: str) -> tuple[str, ...]:
    """What is said of someone of that kind: boats and balloons may be called by their colour."""
    return TRAITS + COLOURS if KINDS[kind].group == CRAFT else TRAITS


def pronoun(name: str) -> str:
    return "she" if name in SHE else "he"


def homes_of(kind: str) -> tuple[str, ...]:
    return tuple(home for terrain in KINDS[kind].terrains for home in HOMES[terrain])
