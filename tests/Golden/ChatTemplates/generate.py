#!/usr/bin/env python3
"""Golden texts of chat templates: what Jinja itself makes of them, set up as transformers sets it up.

    python3 generate.py > golden.json        # Debian's python3-jinja2 3.1.2; no other package

The templates in templates/ are this project's own, written with the constructs that the well-known families use.
`expressions` are single constructs. A case that Jinja refuses has "error" in the place of "text". Comparison is exact.
"""
import datetime
import itertools
import json
import pathlib
import sys

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

NOW = datetime.datetime(2026, 7, 4, 15, 4, 5)


class Generation(Extension):
    """{% generation %}, which transformers uses to mark an assistant's words: renders what it encloses."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


def environment():
    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = NOW.strftime
    return env


def user(text):
    return {"role": "user", "content": text}


def assistant(text, **more):
    return {"role": "assistant", "content": text, **more}


def call(number, arguments):
    return {"id": f"call{number:05d}", "type": "function", "function": {"name": "weather", "arguments": arguments}}


SYSTEM = {"role": "system", "content": "Be kind.\n  And brief. "}
RESULT = {"role": "tool", "tool_call_id": "call00001", "name": "weather", "content": '{"t": 20}'}
TOOLS = [
    {"type": "function", "function": {"name": "weather", "description": "tells the weather — \"now\" & <soon>", "parameters": {
        "type": "object", "required": ["city"], "properties": {
            "city": {"type": "string", "description": "the city"},
            "unit": {"type": "string", "enum": ["C", "F"]},
            "days": {"type": "integer", "default": 3},
            "tags": {"type": "array", "items": {"type": "string"}},
            "area": {"type": "object", "properties": {"north": {"type": ["number", "null"]}, "east": {"type": "number"}}, "required": ["east"]},
        }}}},
    {"type": "function", "function": {"name": "nothing", "description": "", "parameters": {"type": "object", "properties": {}}}},
]
CONVERSATIONS = {
    "one": [user("Hi")],
    "system": [SYSTEM, user(" Grüße, 世界 🙂 <b>'quoted'</b> ")],
    "turns": [SYSTEM, user("a"), assistant("<think>\nwhy\n</think>\n\nb\n"), user("c"), assistant("d"), user("e")],
    "answered": [user("a"), assistant("b")],
    "tool": [SYSTEM, user("Weather?"), assistant("", tool_calls=[call(1, {"city": "Köln", "x": 1.5, "y": None, "z": True, "l": [1, "a"], "e": {}})]), RESULT, assistant("20 °C"), user("thanks")],
    "two calls": [user("W?"), assistant(None, tool_calls=[call(1, {"city": "A"}), call(2, '{"city": "B"}')]), RESULT, {**RESULT, "tool_call_id": "call00002"}],
    "reasoning": [user("q"), assistant("r", reasoning_content="because"), user("s"), assistant("t", reasoning_content="\nstill\n")],
    "parts": [{"role": "user", "content": [{"type": "text", "text": " What is "}, {"type": "image"}, {"type": "text", "text": "this?"}]}],
    "out of turn": [assistant("x"), assistant("y")],
    "unknown role": [user("a"), {"role": "critic", "content": "z"}],
    "empty": [],
}

EXPRESSIONS = pathlib.Path(__file__).with_name("expressions.txt")
VARIABLES = {
    "s": "Hello, World", "u": "Ünïcödé 🙂 ßtraße", "n": 7, "f": 2.5, "neg": -7, "big": 12345678901234567890, "t": True, "none": None,
    "l": [3, 1, 2], "w": ["b", "A", "c", "a"], "e": [], "d": {"b": 1, "a": {"x": [1, 2]}, "C": None},
    "rows": [{"n": "x", "v": 2, "g": "p"}, {"n": "y", "v": 1, "g": "q"}, {"n": "z", "v": 3, "g": "p", "o": True}],
    "lines": "one\n\n two\r\nthree", "q": "it's \"so\"\\\n\t\x07é", "html": "<a href='x'>&</a>",
}


def main():
    env = environment()

    def render(template, **variables):
        try:
            return {"text": template.render(**variables)}
        except Exception as error:  # what kind it is does not matter: the other side must refuse as well
            return {"error": f"{type(error).__name__}: {error}"}

    templates = []
    folder = pathlib.Path(__file__).with_name("templates")
    settings = [{}, {"enable_thinking": False}, {"tools_beside_user": False, "date": "5 May 2026"}]
    for path in sorted(folder.glob("*.jinja")):
        template = env.from_string(path.read_text(encoding="utf-8"))
        for (name, messages), tools, variables, prompt in itertools.product(CONVERSATIONS.items(), [None, TOOLS], settings, [True, False]):
            if variables and (not prompt or name not in ("one", "tool")):
                continue
            answer = render(template, messages=messages, tools=tools, documents=None, add_generation_prompt=prompt,
                            bos_token="<s>", eos_token="</s>", **variables)
            templates.append({"template": path.name, "conversation": name, "tools": tools is not None, "variables": variables, "prompt": prompt, **answer})

    expressions = []
    for source in EXPRESSIONS.read_text(encoding="utf-8").split("\n=====\n"):
        try:
            answer = render(env.from_string(source), **VARIABLES)
        except jinja2.TemplateSyntaxError as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        expressions.append({"source": source, **answer})

    document = {"jinja2": jinja2.__version__, "now": NOW.isoformat(), "conversations": CONVERSATIONS, "tools": TOOLS,
                "variables": VARIABLES, "templates": templates, "expressions": expressions}
    json.dump(document, sys.stdout, ensure_ascii=False, indent=0)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
