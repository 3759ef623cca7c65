package org.millrace.cleaner;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.millrace.cleaner.Verdict.Kept;

class CleanerPropertyTest {

    private static final Cleaner CLEANER = StandardCleaner.create();

    private static final String PROSE =
            "The miller opens the gate in the morning, and the water turns the wheel until the evening. He grinds"
                    + " wheat for the bakers of the town and barley for the farmers who live beyond the hill. In winter the"
                    + " pond is frozen. Then the wheel stands still, and his children skate. It has stood there for two hundred years. ";

    @Property(tries = 500)
    void cleaningAKeptTextAgainChangesNothing(@ForAll("dirt") String dirt) {
        if (judge(PROSE + dirt) instanceof Kept(var once)) {
            assertThat(judge(once.text())).isInstanceOfSatisfying(Kept.class, again -> {
                assertThat(again.document().text()).isEqualTo(once.text());
                assertThat(again.document().id()).isEqualTo(once.id());
            });
        } else {
            assertThat(dirt).isNotEmpty(); // the prose alone is always kept, so the property is not void
        }
    }

    @Property(tries = 300)
    void anyBytesGetAVerdict(@ForAll byte[] body, @ForAll("types") String type) {
        assertThat(CLEANER.judge(new Page("https://example.org/", type, body)))
                .isEqualTo(CLEANER.judge(new Page("https://example.org/", type, body)));
    }

    @Provide
    Arbitrary<String> dirt() {
        Arbitrary<String> piece = Arbitraries.of(
                "a@b.org",
                "x@y.co@z.com",
                "+49 30 901820",
                "+1 (202) 555-0143",
                "Tel. 030 901820 44",
                "[1]",
                "[ed[edit]it]",
                "[12",
                "]",
                "cookie policy",
                "java[2]script",
                "the",
                "and",
                "mill",
                "1900",
                "\n",
                "\n\n\n",
                " ",
                "\t",
                "\u00a0",
                "\u200b",
                "\u0301",
                "e\u0301",
                "\u0000",
                "\ud800",
                "\ud83d\ude00",
                "\r\n",
                "#",
                "...",
                "- item",
                "{",
                "\u2028",
                "\u00ad",
                "202-555-0143",
                "00 49 30 1234567",
                "ﬁ",
                "Å",
                ".",
                ", ");
        return piece.list().ofMaxSize(25).map(pieces -> String.join("", pieces));
    }

    @Provide
    Arbitrary<String> types() {
        return Arbitraries.of(
                "", "text/html", "text/plain; charset=utf-16", "text/html; charset=nonsense", "image/png");
    }

    private static Verdict judge(String text) {
        return CLEANER.judge(
                new Page("https://example.org/", "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8)));
    }
}
