"""The sentences of wishes, troubles and helps in the starter world's stories: cause, what is done, and what follows."""

from __future__ import annotations

from models.reader.forms import Form, forms

# wish: (dreams of it, arrivals, delights)
_WISHES: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "to see the sea": (
        ("{They} had heard that it was blue and had no end.",),
        ("In the end they came over the last hill, and there was the sea: {name} could hardly believe it.",
         "When the sun was high, {name} stood on the shore and saw the sea."),
        ("It was larger than any dream, and the waves sang on the sand.",
         "The water glittered as if it were full of stars."),
    ),
    "to touch snow": (
        ("A traveller had once told {them} that it was white and softer than feathers.",),
        ("High up, the path turned white, and {name} touched snow for the first time.",
         "Near the top of the pass there lay snow, and {name} touched it very gently."),
        ("It was cold and light, and it melted like a secret.", "They laughed and threw snowballs until dusk."),
    ),
    "to see the old castle on the hill": (
        ("It was said that its towers reached into the clouds.",),
        ("Behind the last bend, {name} saw the old castle on the hill.",
         "Finally the old castle rose before them, with all its towers."),
        ("Its windows shone like gold, and flags flew from the walls.",
         "The gate stood open, as if someone had waited for them."),
    ),
    "to fly in a hot-air balloon": (
        ("Whenever one drifted by, {they} looked up until it was gone.",),
        ("On a green field, a hot-air balloon was waiting, and soon {name} was flying.",
         "They found a hot-air balloon that had room for two, and up it went with {name}."),
        ("The world below was as small as a toy.", "The wind carried them softly over roofs and trees."),
    ),
    "to find a true friend": (
        ("It was lonely to watch the evenings alone.",),
        ("And all at once {name} knew that a true friend had been found: it was {friend}.",
         "Then {name} looked at {friend} and understood that the search was over, for here was a true friend."),
        ("They shared their supper and their secrets.", "Neither of them was lonely again."),
    ),
    "to learn an old song": (
        ("Only the first three notes of it were known at home.",),
        ("That evening, an old song was sung by the fire, and {name} learned every word of it.",
         "At the end of the way, someone was singing an old song, and {name} learned it by heart."),
        ("It was slow and sweet, and it sounded like home.", "They sang it together until the moon was high."),
    ),
    "to watch the sunrise from the highest hill": (
        ("Up there, it was said, the day began earlier than anywhere else.",),
        ("They reached the highest hill just in time, and {name} watched the sunrise.",
         "From the highest hill, {name} watched the sunrise without a word."),
        ("The sky turned pink and then gold.", "Far below, one window after another began to shine."),
    ),
    "to hear the great bells of the town": (
        ("When the wind was right, a faint ringing could be heard from far away.",),
        ("As they came to the town, the great bells began to ring, and {name} heard them all.",
         "At noon, {name} stood below the tower and heard the great bells."),
        ("The sound was so deep that it could be felt in the chest.",
         "They rang of feasts and weddings and of coming home."),
    ),
    "to visit the lighthouse across the bay": (
        ("Every evening its light winked at {them}, as if it were calling.",),
        ("In the evening, they came to the lighthouse across the bay, and its lamp greeted {name}.",
         "Across the bay, the door of the lighthouse stood open, and {name} was welcome there."),
        ("From its top, one could see every island.", "The lamp turned slowly and painted the waves with gold."),
    ),
    "to look beyond the horizon": (
        ("Nobody at home could say what was out there.",),
        ("They went on and on, and at last {name} looked beyond the horizon.",
         "When the evening came, {name} had gone far enough to look beyond the horizon."),
        ("There was another land, with lights along its shore.", "The world was much larger than anyone had said."),
    ),
    "to find a flower as blue as the sky": (
        ("An old tale said that it bloomed only for those who were kind.",),
        ("In the shade of a rock, {name} found a flower as blue as the sky.",
         "There, beside the path, {name} found it: a flower as blue as the sky."),
        ("{name} did not pick it, but sat beside it for a long time.", "Its scent was as fresh as rain."),
    ),
    "to find a shell as white as the moon": (
        ("The sea brought one to the shore only once in a hundred years.",),
        ("Between two stones, {name} found a shell as white as the moon.",
         "The tide drew back, and {name} found a shell as white as the moon."),
        ("Inside it, one could hear the song of the deep.", "It shone all night without a lamp."),
    ),
    "to see the stars from a mountain top": (
        ("Up there, it was said, one could almost touch them.",),
        ("In the clear night, {name} saw the stars from a mountain top.",
         "They came to a mountain top at midnight, and {name} saw the stars as never before."),
        ("There were so many that counting was useless.", "A falling star drew a long line across the sky."),
    ),
    "to see the great windmill turn": (
        ("Its sails, they said, were longer than a house is high.",),
        ("The wind rose, and {name} saw the great windmill turn.",
         "At last {name} stood before the great windmill and saw it turn."),
        ("Its sails swept round and round and hummed like bees.", "The miller waved from the little window."),
    ),
}  # fmt: skip

# trouble: (how it comes, how it is over)
_TROUBLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "fog": (
        ("But halfway there, thick fog rolled in, and {name} lost sight of the way.",
         "Then the fog came, so thick that {they} could see nothing at all."),
        ("Little by little, they left the fog behind.", "Soon the fog grew thin, and the way lay clear before them."),
    ),
    "storm": (
        ("But dark clouds gathered, and a storm broke out over {name}.",
         "Suddenly the wind began to howl, and a storm drove {them} back."),
        ("When the storm had passed, the sky was washed clean.", "In the end the storm grew tired and went away."),
    ),
    "dark": (
        ("But night fell sooner than expected, and in the dark {name} could not go on.",
         "Then the last light went out, and {they} was all alone in the dark."),
        ("After that, the dark was not so dark any more.", "Now there was light enough, and the dark held no terror."),
    ),
    "noise": (
        ("Suddenly there was a strange noise, and {name} was too frightened to go on.",
         "But then a strange noise came from close by, and {they} began to tremble."),
        ("The strange noise was only a noise now, and {name} could laugh about it.",
         "Soon the strange noise was forgotten."),
    ),
    "river": (
        ("But there was a wide river, and its bridge had been washed away.",
         "Soon {they} came to a river that was too deep and too fast to cross."),
        ("So {name} came safely to the other side of the river.", "A little later, the river lay behind them."),
    ),
    "pit": (
        ("But {they} did not look where {they} was going and fell into a deep pit.",
         "Suddenly the ground gave way, and {name} slid into a pit with steep walls."),
        ("In no time, {name} was out of the pit.", "With one last jump, {name} left the pit and stood in the sun."),
    ),
    "thorn": (
        ("But {they} stepped on a thorn, and every step hurt.",
         "Then a sharp thorn went into {their} foot, and {name} had to stop."),
        ("The foot did not hurt any more, and the thorn was forgotten.",
         "Without the thorn, walking was easy again."),
    ),
    "hunger": (
        ("But the way was long, and soon {name} was too hungry to go on.",
         "By then the food was eaten up, and {they} was weak with hunger."),
        ("With a full stomach, the world looked bright again.", "The hunger was gone, and new strength came."),
    ),
    "lost": (
        ("But at a crossing, {they} took the wrong path and was soon lost.",
         "After many turns, all paths looked the same, and {name} was lost."),
        ("Before long, {name} was back on the right path.", "Now the right path was easy to find."),
    ),
    "wing": (
        ("But a gust threw {them} against a branch, and one wing was hurt.",
         "Then {name} hurt a wing and could not fly any more."),
        ("Before long, the wing was strong again, and {name} could fly.",
         "A few days later, the wing had healed."),
    ),
    "sandbank": (
        ("But the water was too shallow, and {name} ran onto a sandbank.",
         "Suddenly there was a crunch, and {they} sat on a sandbank and could not move."),
        ("Slowly, {name} slid off the sandbank and floated again.",
         "There was a splash, and the sandbank had to let go of {name}."),
    ),
    "calm": (
        ("But then the wind died down, and {name} could not move at all.",
         "At noon the wind fell asleep, and {they} hung there without a breath of air."),
        ("So the calm was over, and {name} was on the way again.",
         "Before long, the air stirred, and the calm was over."),
    ),
    "heat": (
        ("But the sun burned down, and the heat was too much for {name}.",
         "Soon the sand was as hot as an oven, and {they} could not bear the heat."),
        ("The worst of the heat was over, and {name} could breathe again.",
         "After that, the heat was easy to bear."),
    ),
}  # fmt: skip

# trouble: help: (what the friend does)
_HELPS: dict[str, dict[str, tuple[str, ...]]] = {
    "fog": {
        "bell": ("{friend} rang a small bell again and again, and {name} followed the sound.",
                 "{friend} had a silver bell, and {name} could follow its ringing."),
        "lantern": ("{friend} lit a lantern and went ahead, and {name} followed its glow.",
                    "{friend} held up a lantern, so that {name} could see a few steps of the way."),
        "calling": ("{friend} went ahead and called out every few steps, so that {name} could follow.",),
    },
    "storm": {
        "bay": ("{friend} led {name} to a sheltered bay, where the water was calm.",),
        "cave": ("{friend} knew a dry cave nearby, and there {name} was safe.",
                 "{friend} showed {name} a dry cave, and they waited in it."),
        "tales": ("{friend} stayed close and told {name} one tale after another.",),
    },
    "dark": {
        "lantern": ("{friend} lit a lantern and gave it to {name}.",),
        "fireflies": ("{friend} called the fireflies, and a hundred small lights danced around {name}.",),
        "moon": ("{friend} waited with {name} until the moon came up, round and bright.",),
    },
    "noise": {
        "wind": ("{friend} looked around and showed {name} that it was only the wind.",),
        "tune": ("{friend} whistled a cheerful tune, and {name} whistled along.",),
        "side": ("{friend} stayed at the side of {name} and was not afraid at all.",),
    },
    "river": {
        "tree": ("{friend} was strong and laid a fallen tree across the water for {name}.",),
        "ford": ("{friend} showed {name} a place where the water was shallow.",),
        "raft": ("{friend} built a raft of branches, and there was room for {name} on it.",),
    },
    "pit": {
        "rope": ("{friend} let down a long rope and pulled {name} up.",),
        "branch": ("{friend} brought a long branch, and {name} climbed up on it.",),
        "stones": ("{friend} rolled down one stone after another, until {name} had a stair to climb.",),
    },
    "thorn": {
        "pulled": ("{friend} pulled out the thorn very carefully, and {name} hardly felt it.",),
        "water": ("{friend} took out the thorn and washed the foot of {name} with cool water.",),
        "leaf": ("{friend} took out the thorn and laid a cool leaf on the foot of {name}.",),
    },
    "hunger": {
        "bread": ("{friend} broke a loaf of bread in two and gave {name} the larger half.",),
        "berries": ("{friend} knew where the sweetest berries grew and took {name} there.",),
        "supper": ("{friend} shared a whole supper with {name}, down to the last bite.",),
    },
    "lost": {
        "map": ("{friend} drew a map on the ground and explained it to {name}.",),
        "ahead": ("{friend} knew every path there and went ahead, and {name} followed.",),
        "star": ("{friend} taught {name} how to find the way by the evening star.",),
    },
    "wing": {
        "bandage": ("{friend} bound the wing with soft grass and fed {name} every day.",),
        "herb": ("{friend} fetched a healing herb for the wing of {name}.",),
        "rest": ("{friend} found a safe place, where {name} could rest the wing.",),
    },
    "sandbank": {
        "rope": ("{friend} threw a rope and pulled with all {ftheir} strength, and {name} began to move.",),
        "tide": ("{friend} stayed with {name} and sang until the tide came in.",),
        "push": ("{friend} pushed and pushed, until {name} began to move.",),
    },
    "calm": {
        "tow": ("{friend} took a long rope and towed {name} along.",),
        "breeze": ("{friend} knew a place nearby where the breeze never slept and showed it to {name}.",),
        "company": ("{friend} kept {name} company until a fresh breeze sprang up.",),
    },
    "heat": {
        "shade": ("{friend} led {name} to the cool shade behind a tall rock.",),
        "water": ("{friend} shared the last water with {name}, sip by sip.",),
        "evening": ("{friend} rested with {name} until the cool evening came.",),
    },
}  # fmt: skip

EVENTS: tuple[Form, ...] = (
    *(
        form
        for wish, (dreams, arrivals, delights) in _WISHES.items()
        for beat, texts in (("dream", dreams), ("arrival", arrivals), ("delight", delights))
        for form in forms(beat, *texts, wish=wish)
    ),
    *(
        form
        for trouble, (comes, over) in _TROUBLES.items()
        for beat, texts in (("trouble", comes), ("after", over))
        for form in forms(beat, *texts, trouble=trouble)
    ),
    *(
        form
        for trouble, helps in _HELPS.items()
        for help, texts in helps.items()
        for form in forms("help", *texts, trouble=trouble, help=help)
    ),
)
