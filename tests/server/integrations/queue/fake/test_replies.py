"""Replies of the fake model."""

from server.integrations.queue.fake.replies import Replies, make_title


def test_scripted_reply_comes_once_and_a_known_one_each_time():
    replies = Replies()
    replies.scripted.append("Scripted.")
    replies.known["Good night"] = "Sleep well."
    assert replies.make("Hello") == "Scripted."
    assert replies.make("Hello").startswith("You wrote: Hello")
    assert replies.make("Good night") == "Sleep well."


def test_title_is_made_of_the_first_words():
    assert make_title("one two three four five six") == "one two three four five"
    assert make_title(" ") == "New chat"
