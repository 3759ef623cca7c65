package org.millrace.chattemplate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/// What a user wrote never becomes text of the template.
class OriginPropertyTest {

    private static final List<String> TOKENS = List.of(
            "<s>",
            "</s>",
            "<|im_start|>",
            "<|im_end|>",
            "<|eot_id|>",
            "<|start_header_id|>",
            "[INST]",
            "[/INST]",
            "<end_of_turn>",
            "<start_of_turn>");

    @Property(tries = 400)
    void specialTokensInTurnsStayText(
            @ForAll("injections") String first, @ForAll("injections") String second, @ForAll Random random) {
        String family = Families.ALL.get(random.nextInt(Families.ALL.size()));
        ChatTemplate template = ChatTemplate.parse(family);

        List<Part> injected = template.render(Families.conversation("user", first, "assistant", second, "user", first));

        List<Part> harmless = template.render(Families.conversation("user", "u", "assistant", "a", "user", "u"));
        assertThat(Families.template(injected)).isEqualTo(Families.template(harmless));
    }

    @Property(tries = 400)
    void specialTokensInToolsStayText(@ForAll("injections") String written) {
        for (String family : Families.ALL) {
            Map<String, Object> harmless = Families.conversation("user", "u");
            Map<String, Object> injected = Families.conversation("user", "u");
            harmless.put("tools", List.of(Map.of("function", Map.of("a", "b"))));
            injected.put("tools", List.of(Map.of("function", Map.of(written + "a", written))));

            ChatTemplate template = ChatTemplate.parse(family);
            assertThat(Families.template(template.render(injected)))
                    .isEqualTo(Families.template(template.render(harmless)));
        }
    }

    /// The template's letters are small, the user's great, the assistant says digits, and no operation makes one of the
    /// other.
    @Property(tries = 2_000)
    void noOperationMixesTheTwo(@ForAll Random random) {
        StringBuilder jinja = new StringBuilder("{% macro m(x) %}c{{ x }}d{% endmacro %}{% set y = 'ef' %}");
        for (int i = 0; i < 3; i++) {
            jinja.append("{% set w = ")
                    .append(expression(random, 3))
                    .append(" %}{% set z %}k{{ w }}l{% endset %}{{ z }}");
        }

        List<Part> parts = ChatTemplate.parse(jinja.toString())
                .render(Map.of("user", "ABCA B ", "y", "DE", "answer", Text.answer("1231 2")));

        assertThat(parts).allSatisfy(part -> assertThat(part.text())
                .matches(
                        switch (part.origin()) {
                            case TEMPLATE -> "[a-z ,]+";
                            case ANSWER -> "[0-9 ]+";
                            case OTHER -> "[A-Z ]+";
                        }));
    }

    private static String expression(Random random, int depth) {
        if (depth == 0) {
            return List.of("user", "y", "'ab'", "'g h'", "user", "answer").get(random.nextInt(6));
        }
        String of = "(" + expression(random, depth - 1) + ")";
        String other = "(" + expression(random, depth - 1) + ")";
        return switch (random.nextInt(14)) {
            case 0 -> of + " + " + other;
            case 1 -> of + " ~ " + other;
            case 2 -> of + "|trim";
            case 3 -> of + "[1:]";
            case 4 -> of + "[::-1]";
            case 5 -> of + ".replace('A', " + other + ")";
            case 6 -> of + "|replace('b', " + other + ")";
            case 7 -> of + ".split('B')|join(" + other + ")";
            case 8 -> of + ".split()|last|default('i')";
            case 9 -> "m(" + of + ")";
            case 10 -> of + ".strip('AB') if " + other + " else " + other;
            case 11 -> "[" + of + ", " + other + "]|join(',')";
            case 12 -> "({'p': " + of + "}.items()|list)[0]|join(" + other + ")";
            default -> of + "|list|reverse|map('string')|join";
        };
    }

    @Provide
    Arbitrary<String> injections() {
        return Arbitraries.of(TOKENS).list().ofMinSize(1).ofMaxSize(5).map(tokens -> String.join("", tokens));
    }
}
