package org.millrace.cleaner.duplicate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ParagraphsTest {

    private static final String FOOTER = "Ask the keeper for the key to the archive.";

    @Test
    void aParagraphGoesWhereverItStandsNearAnEdge() {
        String text = FOOTER + "\n\nOne thing.\n\nAnother thing.\n\n" + FOOTER;

        assertThat(Paragraphs.without(text, keys(FOOTER)))
                .isEqualTo(new Paragraphs.Rest("One thing.\n\nAnother thing.", 2));
    }

    @Test
    void theFirstFourAndTheLastSixParagraphsAreEdges() {
        List<String> paragraphs = IntStream.rangeClosed(1, 11)
                .mapToObj(i -> "Paragraph number " + i + ".")
                .toList();
        String text = String.join("\n\n", paragraphs);

        assertThat(Paragraphs.edges(text)).hasSize(10);
        for (int i = 0; i < paragraphs.size(); i++) {
            assertThat(Paragraphs.without(text, keys(paragraphs.get(i))).removed())
                    .isEqualTo(i == 4 ? 0 : 1);
        }
    }

    @Test
    void headingsTablesAndCodeAreNoCandidates() {
        String text = """
                # The mill

                | day | sacks |
                | --- | --- |

                ```
                grind(wheat);

                grind(barley);
                ```

                12 – 14

                The miller opens the gate.""";

        assertThat(Paragraphs.edges(text)).hasSize(1);
        assertThat(Paragraphs.without(text, keys("The miller opens the gate.")).removed())
                .isEqualTo(1);
        assertThat(Paragraphs.without(text, keys("# The mill", "grind(barley);\n```", "12 – 14")))
                .isEqualTo(new Paragraphs.Rest(text, 0));
    }

    @Test
    void aHeadingGoesWithItsWholeSectionAndNotWithHalfOfIt() {
        String advert = "Write to us, and we send you the map.";
        String text = "# The mill\n\nIt turns.\n\n## More\n\n### News\n\n" + advert
                + "\n\n## Archive\n\nIt is open.\n\n" + FOOTER;

        assertThat(Paragraphs.without(text, keys(advert, FOOTER)))
                .isEqualTo(new Paragraphs.Rest("# The mill\n\nIt turns.\n\n## Archive\n\nIt is open.", 4));
    }

    @Test
    void aTitleStaysAboveTheNextHeading() {
        String text = "# The mill\n\n" + FOOTER + "\n\n## How it turns\n\nBy water.";

        assertThat(Paragraphs.without(text, keys(FOOTER)).text())
                .isEqualTo("# The mill\n\n## How it turns\n\nBy water.");
    }

    @Test
    void aTextOfNothingElseIsEmptyThen() {
        assertThat(Paragraphs.without("# News\n\n" + FOOTER, keys(FOOTER))).isEqualTo(new Paragraphs.Rest("", 2));
    }

    private static Set<Long> keys(String... paragraphs) {
        return Arrays.stream(paragraphs)
                .flatMap(paragraph -> Arrays.stream(Paragraphs.edges(paragraph)).boxed())
                .collect(Collectors.toSet());
    }
}
