#!/usr/bin/env python3
"""Writes spelled.txt: templates that hide an access to an internal attribute.

Each line is a random program that puts the name of the attribute together.
Only those are kept that, when Jinja renders them, do read that attribute.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install jinja2
    /tmp/venv/bin/python spell.py SEED COUNT > spelled.txt
"""

import random
import sys

import jinja2

MESSAGES = [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]
TARGETS = ["__class__", "__init__", "__globals__"]
OBJECTS = ["messages", "lipsum", "messages[0]", "''", "cycler"]
LONGEST = 600

read = []


class Spy(jinja2.Environment):
    def getattr(self, obj, name):
        read.append(name)
        return super().getattr(obj, name)

    def getitem(self, obj, key):
        read.append(key)
        return super().getitem(obj, key)


@jinja2.pass_environment
def spy_attr(env, obj, name):
    read.append(name)
    return jinja2.filters.do_attr(env, obj, name)


class Speller:
    def __init__(self, rand):
        self.rand, self.before, self.names = rand, [], 0

    def name(self):
        self.names += 1
        return f"v{self.names}"

    def literal(self, s):
        if self.rand.random() < 0.3:
            return '"' + "".join(f"\\x{ord(c):02x}" if self.rand.random() < 0.4 else c for c in s) + '"'
        return f"'{s}'"

    def cut(self, s, n=0):
        n = n or self.rand.randrange(2, 4)
        at = [0] + sorted(self.rand.randrange(len(s) + 1) for _ in range(n - 1)) + [len(s)]
        return [s[a:b] for a, b in zip(at, at[1:])]

    def spell(self, s, depth=0):
        if depth > 4 or not s:
            return self.literal(s)
        sub = lambda x: self.spell(x, depth + 1)
        parts = lambda n=0: [sub(p) for p in self.cut(s, n)]
        ways = [
            lambda: f"({' ~ '.join(parts())})",
            lambda: f"({' + '.join(parts())})",
            lambda: f"([{','.join(parts())}]|join)",
            lambda: f"''.join([{','.join(parts())}])",
            lambda: f"({sub(s[::-1])}|reverse)",
            lambda: f"({sub(s[::-1])})[::-1]",
            lambda: self.replaced(s, sub),
            lambda: self.inside(s, sub),
            lambda: "('{}'|format({}))".format("%s" * 3, ",".join(parts(3))),
            lambda: "'{}'.format({})".format("{}" * 3, ",".join(parts(3))),
            lambda: "('%s%s' % ({}))".format(",".join(parts(2))),
            lambda: self.define("{{% set {0} = {1} %}}", sub(s), "{}"),
            lambda: self.define("{{% set {0} %}}{{{{ {1} }}}}{{% endset %}}", sub(s), "{}"),
            lambda: self.define("{{% macro {0}(a, b={1}) %}}{{{{ b }}}}{{% endmacro %}}", sub(s), "{}()"),
            lambda: self.define(
                "{{% set {0} = namespace(a='') %}}{{% for c in [{1}] %}}{{% set {0}.a = {0}.a ~ c %}}{{% endfor %}}",
                ",".join(parts()), "{}.a"),
            lambda: self.define(
                "{{% set {0} = namespace(a={1}) %}}{{% if messages %}}{{% set {0}.a = {0}.a ~ {2} %}}{{% endif %}}",
                *parts(2), "{}.a"),
            lambda: self.define(
                "{{% set {0} = [] %}}{{% for m in messages %}}{{% set _ = {0}.append({1}) %}}{{% endfor %}}",
                sub(s), "({}|last)"),
            lambda: f"(dict({s}=1)|first)" if s.isidentifier() else self.literal(s),
            lambda: f"{{'k': {sub(s)}}}['k']",
            lambda: f"[{sub('zz')},{sub(s)}][1]",
            lambda: f"({sub(s)} if messages else {sub('content')})",
            lambda: f"({sub(s.upper())}|lower)" if s.islower() else self.literal(s),
            lambda: f"(missing|default({sub(s)}))",
            lambda: f"(({sub('a ' + s + ' b')}).split(' ')[1])" if " " not in s else self.literal(s),
        ]
        return self.rand.choice(ways)()

    def replaced(self, s, sub):
        other, char = self.rand.choice("@#~!"), self.rand.choice(s)
        return f"(({sub(s.replace(char, other))})|replace('{other}','{char}'))"

    def inside(self, s, sub):
        a, b = self.rand.randrange(3), self.rand.randrange(1, 3)
        return f"({sub('x' * a + s + 'y' * b)})[{a}:-{b}]"

    def define(self, template, *rest):
        *values, use = rest
        name = self.name()
        self.before.append(template.format(name, *values))
        return use.format(name)

    def template(self, target):
        key, obj = self.spell(target), self.rand.choice(OBJECTS)
        use = self.rand.choice([
            f"{{{{ {obj}[{key}] }}}}",
            f"{{{{ {obj}|attr({key}) }}}}",
            f"{{{{ [{obj}]|map(attribute={key})|list }}}}",
            f"{{% for m in messages %}}{{{{ m[{key}] }}}}{{% endfor %}}",
            f"{{% macro get(o, k) %}}{{{{ o[k] }}}}{{% endmacro %}}{{{{ get({obj}, {key}) }}}}",
        ])
        return "".join(self.before) + use


def main():
    rand, left = random.Random(int(sys.argv[1])), int(sys.argv[2])
    env = Spy()
    env.filters["attr"] = spy_attr
    while left:
        target = rand.choice(TARGETS)
        src = Speller(rand).template(target)
        read.clear()
        try:
            env.from_string(src).render(messages=MESSAGES)
        except Exception:  # what the program does with the attribute does not matter
            pass
        if len(src) <= LONGEST and target in map(str, read):
            print(src)
            left -= 1


main()
