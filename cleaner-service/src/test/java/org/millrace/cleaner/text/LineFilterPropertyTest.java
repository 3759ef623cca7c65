package org.millrace.cleaner.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.millrace.cleaner.StandardConfig;

class LineFilterPropertyTest {

    private static final LineFilter FILTER =
            LineFilter.of(StandardConfig.with(Map.of()).c4());
    private static final Pattern MARK = Pattern.compile("\\[\\d*]|\\[edit]|\\[citation needed]");

    @Property
    void marksGoAsIfEachWereLookedForAnew(@ForAll("marked") String text) {
        assertThat(FILTER.apply(PlainText.of(text))).isEqualTo(slowly(PlainText.of(text)));
    }

    @Provide
    Arbitrary<String> marked() {
        return Arbitraries.of("[", "[", "]", "]", "1", "edit", "citation", "needed", "[citation needed]", " ", "x")
                .list()
                .ofMaxSize(30)
                .map(LineFilterPropertyTest::joined);
    }

    private static String joined(List<String> parts) {
        return String.join("", parts);
    }

    private static String slowly(String text) {
        String after = PlainText.of(MARK.matcher(text).replaceAll(""));
        return after.equals(text) ? text : slowly(after);
    }
}
