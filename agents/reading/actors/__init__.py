"""Which actors of the registry an article names, and how each mention matched.

How a mention is told, in the order of the rules:

1. A name of the registry stands there as a word of its own, with nothing but a suffix, clitic or case ending on it
   (`search`, `inflection`). A name has its capital where the script has capitals (a text without any aside), initials
   have all of theirs (`capitals`, `acronyms`).
2. Of two overlapping names the longer is meant; a phrase that an actor is declared `unlike` means nobody (`mention`).
3. A surname behind a given name or initial of its bearer is the full name; behind another given name it is somebody
   else (`surnames`). Alone, it means whoever of that surname the article names in full, or whose title and country
   stand there, or whose country right before it, or the one whom the registry calls unambiguous (`context`).
4. A city counts as its government, not where it is only a place: `in Moscow`, a dateline (`whole_names`).
5. A doubtful name counts where the article names the same actor in another way, or a word that makes it sure
   (`context`).
6. A long word one letter off a surname is that name, where its bearer, his given name or title stands beside it, or
   the slip is one that makes no other word (`misspellings`).

Each mention matched `exact` (a name as the registry spells it), `alias` (another name, a surname alone, a people),
`folded` (other case or diacritics), `inflected` (with a suffix, clitic or case ending) or `typo` (one letter off, long
words only). Offsets are those of the original text.

`registry` is what users write, `names` what is searched for of it, `matcher` puts all together.
"""
