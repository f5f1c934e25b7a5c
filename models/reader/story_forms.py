"""How the starter world's stories are told: the sentences of every beat but those of wishes and troubles."""

from __future__ import annotations

from models.reader.forms import Form, each, forms

# In this order; those in OPTIONAL may be left out.
BEATS = ("open", "place", "longing", "dream", "start", "way", "trouble", "despair", "meet", "offer", "help", "after",
         "on", "arrival", "delight", "close")  # fmt: skip
OPTIONAL = ("place", "dream", "way", "despair", "offer", "on", "delight")

_PLACES = {
    "sea": (
        "All day long the waves whispered on the sand.",
        "The wind smelled of salt, and white sails passed far out.",
        "At night the beam of the lighthouse swept over the water.",
        "The tide came and went, and gulls cried above the masts.",
    ),
    "mountains": (
        "The peaks were white even when the valley was green.",
        "The air was clear, and every call came back as an echo.",
        "A stream ran down from the glacier and sang all night.",
        "Clouds often drifted by below the door.",
    ),
    "forest": (
        "The trees stood so close that the light fell in golden spots.",
        "Moss covered the stones, and it was always cool and green.",
        "In the evening the wind hummed in the tall pines.",
        "The ground was soft with needles and smelled of mushrooms.",
    ),
    "desert": (
        "The dunes changed their shape with every wind.",
        "By day the sand glowed, and by night the stars came very close.",
        "It was so still that one could hear the sand sing.",
        "A few palm trees gave a little shade there.",
    ),
    "meadow": (
        "The grass was tall, and bees hummed from flower to flower.",
        "A stream wound through the fields and never hurried.",
        "Larks sang above the hills from the first light on.",
        "The wind drew long waves through the grass.",
    ),
    "town": (
        "The roofs were red, and smoke rose from every chimney.",
        "In the morning the market was full of voices.",
        "The streets were narrow, and cats slept on the warm stones.",
        "In the evening lamps were lit in all the windows.",
    ),
}

_TOLD = (
    *forms(
        "open",
        "Once upon a time, a {trait} {kind} named {name} lived {home}.",
        "There once was a {trait} {kind} named {name} who lived {home}.",
        "Long ago, a {trait} {kind} called {name} lived {home}.",
        "{name} was a {trait} {kind} who lived {home}.",
        "This is the story of {name}, a {trait} {kind} who lived {home}.",
    ),
    *forms(
        "longing",
        "More than anything, {name} wanted {wish}.",
        "{name} had only one wish: {wish}.",
        "Every night {name} dreamed of the same thing: {wish}.",
        "For as long as {they} could remember, {name} had longed {wish}.",
        "What {name} wanted most of all was {wish}.",
    ),
    *forms(
        "start",
        "One {season} {time}, {name} set out at last.",
        "So one {season} {time}, {name} said goodbye and set out.",
        "On a bright {season} {time}, {they} began the journey.",
        "One {season} {time}, {they} made up {their} mind, and off {they} {went}.",
        "Then, on a mild {season} {time}, {name} could wait no longer and left.",
    ),
    *forms(
        "way",
        "On the way, {they} passed a {colour} {sight}.",
        "Soon a {colour} {sight} lay behind {them}.",
        "{They} {went} past a {colour} {sight} and did not stop.",
        "In the distance, {they} saw a {colour} {sight}.",
    ),
    *forms(
        "despair",
        "{name} did not know what to do.",
        "{They} called for help, but no answer came.",
        "For a while, {name} thought of turning back.",
        "{They} tried and tried, but it was no use.",
        "{name} felt very small and very alone.",
    ),
    *forms(
        "meet",
        "Just then, a {ftrait} {fkind} named {friend} came by.",
        "After a while, a {ftrait} {fkind} came along, whose name was {friend}.",
        "Luckily, {friend}, a {ftrait} {fkind}, was not far away.",
        "A {ftrait} {fkind} named {friend} had seen it all.",
        "Then a {ftrait} {fkind} appeared and said that {ftheir} name was {friend}.",
    ),
    *forms(
        "offer",
        '"Do not be afraid," said {friend}.',
        '"Let me help you," said {friend}, "I know what to do."',
        '"You are not alone," said {friend} with a smile.',
        '"What a day!" said {friend}, "Come, we will manage it together."',
        '{friend} listened to the whole story and said, "I will help you."',
    ),
    *forms(
        "on",
        "From there, {name} and {friend} went on together.",
        "They were not tired at all now, and the rest of the way seemed short.",
        "{friend} wanted to come along, and {name} was glad of the company.",
        "Side by side, they went on, and they talked all the way.",
    ),
    *forms(
        "close",
        "From that day on, {name} and {friend} were the best of friends.",
        "{name} thanked {friend}, and they stayed friends for ever.",
        "When {name} came home, {they} told everyone about {friend}.",
        "And {name} never forgot how kind {friend} had been.",
        "That night, {name} fell asleep with a smile, and so did {friend}.",
        "And if you pass by there, you may still meet {name} and {friend}.",
        "Since then, {name} and {friend} have met again every {season}.",
    ),
)

TOLD: tuple[Form, ...] = (
    *_TOLD,
    *each("place", "terrain", _PLACES),
)

# What is asked for, before a story: read so that the story can be held to it.
PROMPTS = forms(
    "prompt",
    "Tell a story about a {kind}.",
    "Tell a story about a {trait} {kind}.",
    "Tell a story about a {kind} named {name}.",
    "Tell a story about a {trait} {kind} named {name}.",
    "Tell a story about {name}, a {kind} who wanted {wish}.",
    "Tell a story about a {kind} who wanted {wish}.",
    "Tell a story about a {kind} who lived {home}.",
    "Tell a story about a {kind} named {name} who lived {home} and wanted {wish}.",
    "Tell a story about a {kind} and a {fkind}.",
    "Tell a story about {name} and {friend}.",
    "Tell a story about {name} the {kind} and {friend} the {fkind}.",
    "Tell a story about someone who wanted {wish}.",
)
