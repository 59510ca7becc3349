"""Makes messages.csv and new.csv: short messages to a made-up web shop, with the team that answers them.

python make_messages.py

The tutorial and the how-to pages learn from them. Sentences are put together from the parts below, with a fixed seed. No row is real.
"""

import csv
import pathlib
import random

HERE = pathlib.Path(__file__).parent

PARTS = {
    "thing": [
        "lamp", "rug", "kettle", "desk", "tent", "jacket", "mixer", "bike light", "shelf",
        "headset", "mattress", "backpack", "drill", "toaster", "pair of boots", "printer",
    ],
    "when": [
        "yesterday", "last week", "two weeks ago", "on Monday", "this morning", "in March",
        "ten days ago", "on the 3rd",
    ],
    "sum": ["12.50", "40", "89.99", "7", "230", "19.95", "65"],
    "order": ["10482", "77120", "30917", "55208", "91346"],
    "place": ["Leeds", "Porto", "the depot", "Ghent", "customs", "a shop nearby"],
    "person": ["my neighbour", "the baker", "a student upstairs", "someone at number 9"],
}  # fmt: skip

OPENINGS = ["", "", "", "Hi, ", "Hello, ", "Good morning, ", "Sorry to bother you: ", "Quick question: "]
ENDINGS = ["", "", "", " Thanks.", " Please help.", " Any news?", " This is the second time.", " Kind regards"]

SENTENCES = {
    "billing": [
        "I was charged {sum} twice for the same {thing}.",
        "the invoice for order {order} shows the wrong amount.",
        "can I get a receipt for the {thing} I paid for {when}?",
        "my card was declined but the money has gone.",
        "why does my statement say {sum} and not {sum}?",
        "the discount code was not taken off at the till.",
        "could you put our company's name and tax number on the bill?",
        "I paid {when} and still get a reminder.",
        "how do I pay for order {order} in instalments?",
        "there is a fee of {sum} that I do not understand.",
        "please cancel the direct debit.",
        "you have taken {sum} more than the price of the {thing}.",
    ],
    "delivery": [
        "where is my {thing}? I ordered it {when}.",
        "the tracking of order {order} has not moved for a week.",
        "the courier says it was handed in, but nothing is here.",
        "can you send the {thing} to another address?",
        "the parcel is still at {place}.",
        "will order {order} arrive before Friday?",
        "the driver left the box in the rain {when}.",
        "only half of my order has come.",
        "do you ship a {thing} abroad?",
        "my {thing} was left with {person} and they know nothing of it.",
        "I waited all day and nobody rang.",
        "how long does it take until a {thing} gets here?",
    ],
    "returns": [
        "I want to send the {thing} back.",
        "how many days do I have to bring back a {thing}?",
        "the {thing} is too small, may I swap it for a larger one?",
        "I sent it back {when} and have heard nothing.",
        "please send me a label for the way back.",
        "the {thing} is the wrong colour, I would like another one.",
        "can I return a {thing} that has been used once?",
        "order {order} is not what I asked for, please collect it.",
        "I changed my mind about the {thing}.",
        "do I get my money back if I return the {thing}?",
        "which box do I use to return the {thing}?",
        "it was a present and they have one already.",
    ],
    "account": [
        "I cannot log in any more.",
        "the link to set a new password never comes.",
        "please change my address to the new one.",
        "how do I delete my profile?",
        "somebody else has used my account {when}.",
        "my e-mail address has changed, can you put in the new one?",
        "I get a letter from you every week, please stop it.",
        "the page says that my user name is taken.",
        "I have two accounts, can they become one?",
        "the code you send to my phone does not work.",
        "I am locked out since {when}.",
        "what do you know about me? I want to see my data.",
    ],
    "repair": [
        "the {thing} stopped working {when}.",
        "my {thing} makes a loud noise.",
        "a screw of the {thing} is missing.",
        "the {thing} came with a crack.",
        "it does not switch on, what can I do?",
        "where do I find the manual of the {thing}?",
        "is a broken {thing} covered by the guarantee?",
        "the {thing} gets hot and smells of burning.",
        "the zip is torn after a month.",
        "do you sell spare parts for the {thing}?",
        "the battery of my {thing} lasts ten minutes.",
        "I followed the steps and the {thing} still does not start.",
    ],
}  # fmt: skip

# What two teams could answer: who did is chance, so no model gets all of these right.
SHARED = {
    ("billing", "returns"): [
        "I sent the {thing} back and the {sum} are not on my account.",
        "when do I get the {sum} for the {thing} that I returned?",
    ],
    ("returns", "repair"): [
        "the {thing} is broken and I do not want it any more.",
        "the {thing} came in pieces, what now?",
    ],
    ("delivery", "account"): ["the parcel went to my old address.", "I have moved, where does order {order} go?"],
    ("billing", "delivery"): ["I paid {when} and have nothing to show for it.", "why do I pay {sum} for the courier?"],
}  # fmt: skip
# The share of such messages.
SHARED_SHARE = 0.15


def message(label, random_):
    sentence = random_.choice(SENTENCES[label])
    pairs = [pair for pair in SHARED if label in pair]
    if pairs and random_.random() < SHARED_SHARE:
        sentence = random_.choice(SHARED[random_.choice(pairs)])
    slots = {name: random_.choice(values) for name, values in PARTS.items()}
    # Two sums in one sentence are two numbers.
    text = sentence.replace("{sum}", slots.pop("sum"), 1).format(**slots, sum=random_.choice(PARTS["sum"]))
    opening = random_.choice(OPENINGS)
    if not opening:
        text = text[0].upper() + text[1:]
    return opening + text + random_.choice(ENDINGS)


def write(name, rows, header):
    with open(HERE / name, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main():
    random_ = random.Random(7)
    seen, rows = set(), []
    while len(rows) < 620:
        label = random_.choice(list(SENTENCES))
        text = message(label, random_)
        if text not in seen:
            seen.add(text)
            rows.append((text, label))
    write("messages.csv", rows[:600], ("text", "label"))
    write("new.csv", [(i + 1, text) for i, (text, _) in enumerate(rows[600:])], ("number", "text"))


if __name__ == "__main__":
    main()
