"""Makes HTML of mails as nobody should write it, with a word of its own in every place where one can hide."""

import random
from collections.abc import Callable, Iterator
from itertools import count

ELEMENTS = (
    *("p", "div", "span", "b", "i", "font", "a", "table", "tr", "td", "caption", "ul", "ol", "li", "dl", "dt", "dd", "h1", "pre"),
    *(
        "blockquote",
        "center",
        "nobr",
        "form",
        "button",
        "select",
        "option",
        "optgroup",
        "textarea",
        "svg",
        "text",
        "foreignObject",
    ),
    *("desc", "g", "math", "mi", "mtext", "annotation-xml", "template", "noscript", "details", "summary", "dialog", "ruby", "rt"),
    *("rp", "iframe", "object", "video", "audio", "canvas", "noembed", "noframes", "xmp", "listing", "title", "style", "script"),
    *(
        "fieldset",
        "legend",
        "label",
        "output",
        "progress",
        "meter",
        "marquee",
        "map",
        "area",
        "bdo",
        "slot",
        "body",
        "html",
        "head",
    ),
    *("frameset", "plaintext", "col", "colgroup", "tbody", "thead", "wbr", "hr", "br", "datalist", "main", "x-unknown"),
)
SHAPES = (
    "{word}",
    "<{element}>{inner}</{element}>",
    "<{element}>{inner}",
    "</{element}>{word}",
    "<{element}/>{word}",
    "<{element} title='>' class=\"a>b\">{word}",
    "<{element} hidden>{inner}</{element}>",
    "<{element} style='color:red'>{inner}</{element}>",
    "<img alt='{word}' src=cid:x>",
    '<img alt="a>{word}">',
    "<img alt={word}>",
    "<input value='{word}'><input placeholder={word}><input type=image alt={word}><input type=button value={word}>",
    "<select><option label={word}>{word}<optgroup label='{word}'><option selected>{word}</select>",
    "<textarea>{word}<!--{word}</textarea>{word}",
    "<textarea placeholder='{word}'></textarea>",
    "<!-- {word} --!>{word}",
    "<!-->{word}<!--->{word}<!-- -- > {word} -->{word}",
    "<!{word}>{word}<?{word}>{word}</ {word}>{word}",
    "<![CDATA[{word}]]>{word}",
    "<svg><![CDATA[{word}]]><text y=20>{word}<tspan>{word}</tspan></text><title>{word}</title></svg>",
    "<svg><style><img alt={word}></style><textarea><img alt={word}></textarea></svg>",
    "<svg><font><style><img alt={word}></style></font><b><textarea><!--{word}--></textarea>",
    "<math><mtext><style><img alt={word}></style></mtext><mi>{word}</mi><annotation>{word}</annotation></math>",
    "<table>{word}<tr>{word}<td>{word}</table>{word}",
    "<table><select><table>{word}",
    "<template shadowrootmode=open>{word}<slot></slot></template>",
    "<div><template shadowrootmode=open>{word}<slot></slot></template>{word}</div>",
    "<iframe srcdoc='&lt;p>{word}&lt;textarea>{word}'>{word}</iframe>",
    "<style>p::after{{content:'{word}'}}</style><p>{word}</p>",
    '<q style=\'quotes:"{word}" "{word}"\'>{word}</q>',
    "<li style='list-style-type:\"{word}\"'>{word}",
    "<a href='https://a.example/'>{inner}</a>",
    "<a href='https://a.example/{word}'></a>",
    "<p id='{word}\">{word}'>{word}",
    '<p id="{word}\'>{word}">{word}',
    "<p a=1 a=2 'x\"y=z>{word}",
    "<b id=1><i id=2><p>{word}</b>{word}<p>{word}",
    "&#119;&#x30;&#x78 {word}&nbsp{word}&shy;",
    "&#{digits};{word}",
    "<{element}\x0c{word}='{word}'>{word}</{element}\x0c{word}>",
    "\x00<{element}\x00>{word}",
    "<object data=''>{word}</object><video>{word}</video><audio controls>{word}</audio>",
    "<details><summary>{word}</summary>{word}</details><dialog open>{word}</dialog>",
    "<xmp><b>{word}</xmp>{word}<listing>{word}</listing><noembed>{word}</noembed>",
    "<strong {word}<em>{word}",
)


def make_mail(seed: int) -> str:
    """Make the HTML of one mail."""
    chance = random.Random(seed)
    numbers = count(1)
    return "".join(make_pieces(chance, lambda: f"w{seed}x{next(numbers)}y", chance.randint(2, 8)))


def make_pieces(chance: random.Random, word: Callable[[], str], number: int, depth: int = 0) -> Iterator[str]:
    """Make some pieces, with others inside of them."""
    for _ in range(number):
        shape = chance.choice(SHAPES if depth < 3 else SHAPES[:1])
        while "{word}" in shape:
            shape = shape.replace("{word}", word(), 1)
        inner = "".join(make_pieces(chance, word, chance.randint(1, 3), depth + 1)) if "{inner}" in shape else ""
        yield shape.format(element=chance.choice(ELEMENTS), inner=inner, digits="9" * 4301)
