package org.millrace.chattemplate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/// A template that somebody broke is refused or rendered, and nothing else happens.
class MutationPropertyTest {

    private static final List<String> FRAGMENTS = List.of(
            "{{",
            "}}",
            "{%",
            "%}",
            "{#",
            "#}",
            "-",
            "+",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            "'",
            "\"",
            "\\",
            "\n",
            ".",
            ",",
            ":",
            "|",
            "~",
            "%",
            "*",
            "=",
            "==",
            " not ",
            " in ",
            " is ",
            " if ",
            " else ",
            "{% endif %}",
            "{% endfor %}",
            "{% else %}",
            "loop.",
            "messages",
            "namespace(",
            "ns.",
            "|tojson",
            "|length",
            "[::-1]",
            "9999999999",
            "\uD83D",
            "ä",
            "\u0000",
            "1e999",
            " set x = ",
            "range(");

    @Property(tries = 4_000)
    void aBrokenTemplateIsRefusedOrRendered(@ForAll Random random) {
        StringBuilder broken = new StringBuilder(Families.ALL.get(random.nextInt(Families.ALL.size())));
        for (int i = random.nextInt(6); i >= 0; i--) {
            mutate(broken, random);
        }

        assertThat(isRefusedOrRendered(broken.toString())).isTrue();
    }

    private static void mutate(StringBuilder text, Random random) {
        int at = random.nextInt(text.length());
        int length = Math.min(1 + random.nextInt(random.nextBoolean() ? 3 : 200), text.length() - at);
        switch (random.nextInt(4)) {
            case 0 -> text.delete(at, at + length).append(' ');
            case 1 -> text.insert(at, FRAGMENTS.get(random.nextInt(FRAGMENTS.size())));
            case 2 -> text.insert(random.nextInt(text.length()), text.substring(at, at + length));
            default -> text.setCharAt(at, (char) (32 + random.nextInt(96)));
        }
    }

    private static boolean isRefusedOrRendered(String jinja) {
        Map<String, Object> variables =
                Families.conversation("system", "s", "user", "u", "assistant", "a", "user", "v");
        variables.put("tools", List.of(Map.of("function", Map.of("name", "f", "parameters", Map.of()))));
        try {
            return ChatTemplate.parse(jinja).render(variables) != null;
        } catch (IllegalArgumentException refused) {
            return refused.getMessage() != null;
        }
    }
}
