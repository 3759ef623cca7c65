package org.millrace.chattemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RefusalTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "a {{ 1 +                  | `template, line 1, column 3: tag: expected }}, got the end of the template`",
                "{{ 1 + }}                 | `template, line 1, column 8: expected an expression, got }}`",
                "{% if x %}                | `template, line 1, column 11: block: expected one of [elif, else, endif], got the end of the template`",
                "{% endfor %}              | `template, line 1, column 4: block: expected if, for, set or macro, got endfor`",
                "{% include 'x' %}         | `template, line 1, column 4: block: expected if, for, set or macro, got include`",
                "{% if x %}{% endfor %}    | `template, line 1, column 14: block: expected if, for, set or macro or one of [elif, else, endif], got endfor`",
                "{% for in x %}            | `template, line 1, column 8: expected a name to set, got in`",
                "{% set true = 1 %}        | `template, line 1, column 8: expected a name to set, got true`",
                "{{ 'a }}                  | `template, line 1, column 4: text: expected ' behind it, got the end of the template`",
                "{{ '\\u00g0' }}           | `template, line 1, column 4: text: expected 4 hexadecimal digits behind the escape, got 2`",
                "{# a                      | `template, line 1, column 1: comment: expected #} behind it, got the end of the template`",
                "{{ (1] }}                 | `template, line 1, column 6: brackets: expected an open one to close, got ]`",
                "{{ x ? 1 }}               | `template, line 1, column 6: expression: expected a name, literal or operator, got U+003F`",
                "{{ 9223372036854775808 }} | `template, line 1, column 4: integer: expected at most 9223372036854775807, got 9223372036854775808`",
            })
    void aTemplateThatIsNotUnderstoodSaysWhere(String template, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChatTemplate.parse(template))
                .withMessage(message);
    }

    @Test
    void anUnknownFilterIsNamedWithThoseThatAreKnown() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChatTemplate.parse("a\n{{ x | eval }}"))
                .withMessageStartingWith("template, line 2, column 8: expected a filter out of [capitalize, count, ")
                .withMessageEndingWith("], got eval");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{{ x.y.z }}              | `template, line 1, column 5: .y: expected a value before it, got x, which is undefined`",
                "{{ [1] }}                | `template, line 1, column 1: text: expected what can be printed, got a list; tojson or join make text of it`",
                "{{ 'a' + 1 }}            | `template, line 1, column 8: +: expected numbers or texts, got text and an integer`",
                "{{ 1 // 0 }}             | `template, line 1, column 6: //: expected a result of 64 bits, got 1 and 0`",
                "{{ 9223372036854775807 + 1 }} | `template, line 1, column 24: +: expected a result of 64 bits, got 9223372036854775807 and 1`",
                "{{ 'a'.format(1) }}      | `template, line 1, column 14: format: expected a method of text (capitalize, endswith, lower, lstrip, replace, rstrip, split, startswith, strip, title, upper), got another`",
                "{{ x() }}                | `template, line 1, column 5: x: expected a function or macro to call, got x, which is undefined`",
                "{{ ''.__class__.__mro__ }} | `template, line 1, column 16: .__mro__: expected a value before it, got __class__, which is undefined`",
                "{{ 'a'.replace('', 'b') }} | `template, line 1, column 15: replace: old: expected at least 1 character, got 0`",
                "{{ range(1, 2, 0) }}     | `template, line 1, column 9: range: step: expected a number other than 0, got 0`",
                "{% for a, b in [1] %}{% endfor %} | `template, line 1, column 4: [a, b]: expected a list of 2, got an integer`",
                "{% set n.a = 1 %}        | `template, line 1, column 4: set: expected n to be a namespace, got n, which is undefined`",
                "{{ strftime_now('%Q') }} | `template, line 1, column 16: strftime_now: format: expected %Y %y %m %B %b %d %j %A %a %H %I %p %M %S or %%, got %Q`",
            })
    void whatCannotBeDoneSaysWhere(String template, String message) {
        assertRefused(template, message);
    }

    @Test
    void aTemplateIsBounded() {
        ChatTemplate.parse(" ".repeat(ChatTemplate.LARGEST));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChatTemplate.parse(" ".repeat(ChatTemplate.LARGEST + 1)))
                .withMessage("template: expected at most 1048576 characters, got 1048577");
    }

    @ParameterizedTest
    @CsvSource({"(,1,)", "[,'',]", "'not ',1,''", "-,1,''", "'1 if 1 else ',1,''"})
    void nestingIsBounded(String open, String inside, String close) {
        ChatTemplate.parse("{{ " + open.repeat(90) + inside + close.repeat(90) + "}}");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChatTemplate.parse("{{ " + open.repeat(300_000 / open.length())))
                .withMessageMatching("(?s)template, line 1, column \\d+: "
                        + "(nesting: expected at most 100 levels, got more|tag: expected }}, got the end.*)");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> ChatTemplate.parse("{{ " + open.repeat(20_000) + inside + close.repeat(20_000) + " }}"))
                .withMessageContaining("nesting: expected at most 100 levels, got more");
    }

    @Test
    void blocksAreNestedAHundredDeep() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChatTemplate.parse("{% if 1 %}".repeat(100_000)))
                .withMessageContaining("nesting: expected at most 100 levels, got more");
    }

    @Test
    void aLongChainEndsRenderingButNotTheStack() throws InterruptedException {
        Throwable[] thrown = new Throwable[1];
        ChatTemplate template = ChatTemplate.parse("{{ 1" + "+1".repeat(200_000) + " }}");
        Thread small = new Thread(null, () -> thrown[0] = failure(template), "small", 512 << 10);
        small.start();
        small.join();

        assertThat(thrown[0])
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("nesting: expected at most 400 levels, got more");
    }

    private static Throwable failure(ChatTemplate template) {
        try {
            template.render(Map.of());
            return new AssertionError("expected a failure, got none");
        } catch (IllegalArgumentException | StackOverflowError e) {
            return e;
        }
    }

    @Test
    void aMacroThatCallsItselfEnds() {
        assertRefused(
                "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
                "template, line 1, column 19: nesting: expected at most 400 levels, got more");
    }

    @Test
    void loopsAreBounded() {
        assertRefused(
                "{% for i in range(100000) %}{% for j in range(100) %}{% endfor %}{% endfor %}",
                "template, line 1, column 32: loops: expected at most 1000000 iterations, got more");
    }

    @Test
    void aRangeIsBounded() {
        assertRefused(
                "{{ range(100001)|length }}",
                "template, line 1, column 9: range: expected at most 100000 numbers, got more");
    }

    @Test
    void textIsBounded() {
        assertRefused(
                "{% set n = namespace(x='ab') %}{% for i in range(40) %}{% set n.x = n.x + n.x %}{% endfor %}",
                "template, line 1, column 73: text: expected at most 16777216 characters, got more");
        assertRefused(
                "{{ 'ab' * 9223372036854775807 }}",
                "template, line 1, column 9: text: expected at most 16777216 characters, got more");
    }

    @Test
    void theOutputIsBounded() {
        assertRefused(
                "{% set x = 'ab' * 1000000 %}{% for i in range(10) %}{{ x }}{% endfor %}",
                "template, line 1, column 53: text: expected at most 16777216 characters, got more");
    }

    @Test
    void workOnListsThatHoldThemselvesTwiceIsBounded() {
        String doubled = "{% set n = namespace(x=[], y=[]) %}{% for i in range(60) %}"
                + "{% set n.x = [n.x, n.x] %}{% set n.y = [n.y, n.y] %}{% endfor %}";

        assertRefused(
                doubled + "{{ n.x == n.y }}",
                "template, line 1, column 131: work: expected at most 67108864 steps, got more");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> ChatTemplate.parse(doubled + "{{ n.x|tojson }}").render(Map.of()))
                .withMessageMatching("template, line 1, column 130: (text|work): expected at most .*");
    }

    @Test
    void listsInListsAreBounded() {
        assertRefused(
                "{% set n = namespace(x=[]) %}{% for i in range(500) %}{% set n.x = [n.x] %}{% endfor %}{{ n.x|tojson }}",
                "template, line 1, column 94: nesting: expected at most 400 levels, got more");
    }

    @Test
    void searchingAllOfALongTextAgainAndAgainIsBounded() {
        assertRefused(
                "{% set x = 'a' * 1000000 %}{% set y = 'a' * 500000 ~ 'b' %}{{ y in x }}",
                "template, line 1, column 65: work: expected at most 67108864 steps, got more");
    }

    @Test
    void aVariableThatIsNoJsonIsRefusedByName() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChatTemplate.parse("")
                        .render(Map.of("messages", Arrays.asList("a", Map.of("content", new StringBuilder())))))
                .withMessage("variables.messages[1].content: expected a Text, String, Boolean, Number, List, Map or"
                        + " null, got java.lang.StringBuilder");
    }

    private static void assertRefused(String template, String message) {
        ChatTemplate parsed = ChatTemplate.parse(template);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parsed.render(Map.of()))
                .withMessage(message);
    }
}
