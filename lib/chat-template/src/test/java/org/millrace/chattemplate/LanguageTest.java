package org.millrace.chattemplate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Each expected text is what Jinja 3.1 gives, set up as transformers does.
class LanguageTest {

    private static final Map<String, Object> VARIABLES = new HashMap<>(Map.of(
            "s",
            " ab äb ",
            "u",
            "a😀b",
            "l",
            List.of(3, 1, 2),
            "d",
            new java.util.TreeMap<>(Map.of("a", 1, "b", "x")),
            "f",
            2.5,
            "yes",
            true,
            "turns",
            List.of(Map.of("role", "user", "n", 1), Map.of("role", "bot"))));

    static {
        VARIABLES.put("nil", null);
    }

    static List<Arguments> whitespace() {
        return cases(
                "a\n  {% if yes %}\nb\n  {% endif %}\nc\n", "a\nb\nc",
                "a\n  {%+ if yes %}\nb\n{% endif +%}\nc", "a\n  b\n\nc",
                "a \n {%- if yes -%} \n b \n {%- endif -%} \n c", "abc",
                "a {% if yes %} b {% endif %} c", "a  b  c",
                "  {{ 1 }}\n  {{- 2 -}}  \n 3", "  123",
                "a\n  {# b #}\n  c{#- d -#} \n e", "a\n  ce",
                "{% if yes %}\n\n  x{% endif %}\n", "\n  x",
                "\t{% if yes %}x{% endif %}\n\n", "x",
                "a\r\nb\r{{ 1 }}\r\n", "a\nb\n1",
                "{{ {'a': {'b': 1}}.a.b }}}", "1}");
    }

    static List<Arguments> expressions() {
        return cases(
                "{{ 1 + 2 * 3 - 4 // 3 }} {{ 7 / 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 2 * 1.5 }}", "6 3.5 -4 2 3.0",
                "{{ 1e16 }} {{ 1.5e-7 }} {{ 123456.0 }} {{ 0.1 + 0.2 }}", "1e+16 1.5e-07 123456.0 0.30000000000000004",
                "{{ 'a' ~ 2 * 3 ~ nil ~ yes ~ missing }}", "a6NoneTrue",
                "{{ 'a' 'b' ~ \"c\\n\\x41\\u00e4\\q\" }}", "abc\nAä\\q",
                "{{ not yes or 1 < 2 <= 2 != 3 and 'a' in s }}", "True",
                "{{ 1 not in l }} {{ 'a' in d }} {{ not 1 in l }} {{ 'z' in missing }}", "False True False False",
                "{{ 'x' or 'y' }}{{ '' or 'y' }}{{ 0 and 1 }}{{ 'n' if 0 else 'm' }}{{ 'n' if 0 }}", "xy0m",
                "{{ '-' * 3 }} {{ l[-1] }} {{ l[9] }} {{ d.a }}{{ d['b'] }}{{ d.missing }}", "---" + " 2  1x",
                "{{ u[1] }} {{ u[::-1] }} {{ u[-1:] }} {{ u|length }} {{ s[1:3] }} {{ s[:-4:2] }}", "😀 b😀a b 3 ab  b",
                "{{ (l + [4])[1:] | join('-') }} {{ l[::-2] | join }} {{ l[5:] | length }}", "1-2-4 23 0",
                "{{ l == [3, 1, 2] }} {{ 1 == 1.0 }} {{ yes == 1 }} {{ nil == missing }} {{ {'a': 1} == {'a': 1} }}",
                        "True True True False True",
                "{{ nil is none }} {{ missing is defined }} {{ d is mapping }} {{ s is string }} {{ l is iterable }}",
                        "True False True True True",
                "{{ yes is true }} {{ 1 is true }} {{ l is sequence }} {{ 2 is not even }} {{ 1 is equalto 1 }}",
                        "True False True False True",
                "{{ 6 is divisibleby 3 }} {{ 1 is in l }} {{ f is float }} {{ 1 is number }} {{ raise_exception is defined }}",
                        "True True True True True");
    }

    static List<Arguments> filtersAndMethods() {
        return cases(
                "[{{ s|trim }}] [{{ s.lstrip() }}] [{{ s.rstrip() }}] [{{ s.strip(' ab') }}]",
                        "[ab äb] [ab äb ] [ ab äb] [ä]",
                "{{ 'a,b,,c'.split(',')|join('|') }} {{ ' a  b '.split()|join('|') }} {{ 'a b c'.split(' ', 1)|last }}",
                        "a|b||c a|b b c",
                "{{ s|upper }}{{ 'ÄB'.lower() }} {{ 'hELLO wORLD'.title() }} {{ 'hELLO'|capitalize }}",
                        " AB ÄB äb Hello World Hello",
                "{{ s.replace('b', 'c') }}{{ s|replace('b', 'c', 1) }}", " ac äc  ac äb ",
                "{{ s.startswith(' a') }} {{ s.endswith(('x', 'b ')) }}", "True True",
                "{{ missing|default('x') }}{{ ''|default('y', true) }}{{ nil|d('z') }}", "xyNone",
                "{{ l|first }}{{ l|last }}{{ l|length }}{{ l|string|length if 0 else 'u'|first }}", "323u",
                "{{ {'q': '<ä\"\\n', 'n': nil, 'l': [], 'f': f} | tojson }}",
                        "{\"q\": \"<ä\\\"\\n\", \"n\": null, \"l\": [], \"f\": 2.5}",
                "{{ {'a': [1, {}], 'b': {'c': yes}} | tojson(indent=2) }}",
                        "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": {\n    \"c\": true\n  }\n}",
                "{{ 'ä' | tojson(ensure_ascii=true) | safe }}", "\"\\u00e4\"",
                "{% for k, v in d|items %}{{ k }}{{ v }}{% endfor %}{{ d.keys()|join }}{{ d.values()|list|length }}",
                        "a1bxab2",
                "{{ d.get('a') }}{{ d.get('z') }}{{ d.get('z', 'q') }}{% for k in d %}{{ k }}{% endfor %}", "1Noneqab",
                "{{ turns|map(attribute='role')|map('upper')|join(',') }} {{ turns|selectattr('n')|list|length }}",
                        "USER,BOT 1",
                "{{ turns|selectattr('role', '==', 'bot')|list|length }}{{ turns|rejectattr('n', 'defined')|list|length }}",
                        "11",
                "{{ [1, '', 2]|select|join }} {{ l|reject('gt', 1)|join }} {{ turns|join(' ', attribute='role') }}",
                        "12 1 user bot",
                "{{ range(3)|join }} {{ range(5, 0, -2)|join }} {{ l|reverse|join }}", "012 531 213");
    }

    static List<Arguments> statements() {
        return cases(
                "{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }};{% endfor %}",
                        "10TrueFalse;21FalseFalse;32FalseTrue;",
                "{% for x in l %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }}{{ loop.length }}{{ loop.revindex }} {% endfor %}",
                        "<3>133 3<1>232 1<2>31 ",
                "{% for x in l if x > 1 %}{{ loop.index }}{{ x }}{% else %}none{% endfor %}", "1322",
                "{% for x in missing %}x{% else %}none{% endfor %}", "none",
                "{% for c in u %}{{ c }}.{% endfor %}", "a.😀.b.",
                "{% set x = 1 %}{% for i in l %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}", "4231",
                "{% set x = 1 %}{% if yes %}{% set x = 2 %}{% endif %}{{ x }}", "2",
                "{% set ns = namespace(n=0) %}{% for i in l %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}", "6",
                "{% set x %}a{{ 1 }}{% endset %}{{ x|upper }}{% set a, b = 1, 2 %}{{ a + b }}", "A13",
                "{% macro m(a, b='q') %}[{{ a }}{{ b }}{{ i }}]{% endmacro %}{% for i in l %}{{ m(1) }}{% endfor %}{{ m(b=2, a=3) }}",
                        "[1q][1q][1q][32]",
                "{% if 0 %}a{% elif nil %}b{% elif yes %}c{% else %}d{% endif %}", "c",
                "{% for a in l %}{% for b in [1] %}{{ loop.length }}{% endfor %}{{ loop.length }}{% endfor %}",
                        "131313");
    }

    /// Pairs of template and text.
    private static List<Arguments> cases(String... pairs) {
        return java.util.stream.IntStream.range(0, pairs.length / 2)
                .mapToObj(i -> Arguments.of(pairs[2 * i], pairs[2 * i + 1]))
                .toList();
    }

    @ParameterizedTest
    @MethodSource({"whitespace", "expressions", "filtersAndMethods", "statements"})
    void saysWhatJinjaSays(String template, String expected) {
        assertThat(Families.text(ChatTemplate.parse(template).render(VARIABLES)))
                .as(Arrays.toString(template.split("\n")))
                .isEqualTo(expected);
    }
}
