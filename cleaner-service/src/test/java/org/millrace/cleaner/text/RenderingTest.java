package org.millrace.cleaner.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.millrace.cleaner.Page;
import org.millrace.cleaner.StandardConfig;

/// The two forms in which a text leaves the reader.
class RenderingTest {

    private static final LineFilter FILTER =
            LineFilter.of(StandardConfig.with(Map.of()).c4());

    private static final String HTML = """
            <title>The yard</title><main><h1>The yard</h1><p>It lies at the river, and  boats
            are built there.</p><h2>Tools</h2><ul><li>a plane</li><li>a saw</li></ul><ol start=3><li>Cut the plank.</li>
            <li>Bend the plank.</li></ol><h3>Sizes</h3><table><tr><th>Boat</th><th>Length</th></tr><tr><td>Tern</td><td>9 m</td></tr>
            </table><pre>for each plank:
                steam it

                bend it[1]</pre><blockquote><p>Wood<br>remembers.</p></blockquote><p>So they say on the quay.</p></main>""";

    @Test
    void textKeepsItsStructureAsMarkdownDoes() {
        assertThat(article().text()).isEqualTo("""
                The yard

                It lies at the river, and boats are built there.

                ## Tools

                - a plane
                - a saw

                3. Cut the plank.
                4. Bend the plank.

                ### Sizes

                Boat | Length
                Tern | 9 m

                ```
                for each plank:
                    steam it

                    bend it[1]
                ```

                > Wood
                > remembers.

                So they say on the quay.""");
    }

    @Test
    void bodyIsTheWordsAlone() {
        assertThat(article().body().split("\\s+"))
                .containsExactly(
                        ("It lies at the river, and boats are built there. Tools a plane a saw Cut the plank. Bend the plank."
                                        + " Sizes Boat Length Tern 9 m for each plank: steam it bend it[1] Wood remembers."
                                        + " So they say on the quay.")
                                .split(" "));
    }

    @Test
    void codeSurvivesTheLineFilter() {
        String text =
                article().text() + "\n\nA note[1] in prose.\n\nThis needs JavaScript.\n\n```\njavascript[0]\n  x\n```";

        assertThat(FILTER.apply(text))
                .isEqualTo(article().text() + "\n\nA note in prose.\n\n```\njavascript[0]\n  x\n```");
    }

    @Test
    void scriptsWithoutSpacesAreNotGivenAny() {
        assertThat(read("<p>渡轮星期一重新\n开始运行，<b>许多</b>居民\n已经在码头上等候。</p>").body()).isEqualTo("渡轮星期一重新开始运行，许多居民已经在码头上等候。");
    }

    private static Article article() {
        return read(HTML);
    }

    private static Article read(String html) {
        Page page = new Page("https://example.org/", "text/html; charset=utf-8", html.getBytes(StandardCharsets.UTF_8));
        return switch (PageReader.read(page)) {
            case PageReader.Read(var article) -> article;
            case PageReader.Refused(var breach) -> throw new AssertionError(breach.toString());
        };
    }
}
