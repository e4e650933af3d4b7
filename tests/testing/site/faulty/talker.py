"""A target's module that prints when it is imported."""

from sound.methods import Sound

print("loading the talker")


class Talker(Sound):
    pass
