package org.millrace.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.DocumentDropped;
import org.millrace.proto.events.v1.DocumentRetracted;

class VerdictsTest {

    private final Verdicts verdicts = new Verdicts();

    @Test
    void aDocumentThatGaveWayIsDroppedAndNotKept() {
        verdicts.cleaned(document("a", "/a"));
        verdicts.cleaned(document("b", "/b"));
        verdicts.retracted("a/cleaner", byCleaner("a"));
        verdicts.dropped(dropped("/a", "near-duplicate"));

        assertThat(verdicts.judged()).containsExactlyInAnyOrder("/a", "/b");
        assertThat(verdicts.sum().kept()).isEqualTo(1);
        assertThat(verdicts.sum().takenBack()).isEqualTo(1);
        assertThat(verdicts.sum().bytes()).isEqualTo(5);
        assertThat(verdicts.sum().droppedBy()).isEqualTo(Map.of("near-duplicate", 1L));
        assertThat(verdicts.sum().languages()).isEqualTo(Map.of("en", 1L));
    }

    @Test
    void aTextThatStandsElsewhereNowCountsOnce() {
        verdicts.cleaned(document("a", "/long/way"));
        verdicts.cleaned(document("a", "/"));
        verdicts.dropped(dropped("/long/way", "exact-duplicate"));

        assertThat(verdicts.sum().kept()).isEqualTo(1);
        assertThat(verdicts.sum().takenBack()).isZero();
    }

    @Test
    void aRetractionThatIsTakenBackCountsForNothing() {
        verdicts.cleaned(document("a", "/a"));
        verdicts.retracted("a", byCleaner("a"));
        assertThat(verdicts.sum().kept()).isZero();

        verdicts.retracted("a", null);

        assertThat(verdicts.sum().kept()).isEqualTo(1);
    }

    @Test
    void aPersonTakesBackWhatCameFromAnAddress() {
        verdicts.cleaned(document("a", "/a"));
        verdicts.retracted("/a", DocumentRetracted.newBuilder().setUrl("/a").build());

        assertThat(verdicts.sum().kept()).isZero();
    }

    private static DocumentCleaned document(String id, String url) {
        return DocumentCleaned.newBuilder()
                .setDocumentId(id)
                .setUrl(url)
                .setText("Züri")
                .setLanguage("en")
                .build();
    }

    private static DocumentDropped dropped(String url, String rule) {
        return DocumentDropped.newBuilder().setUrl(url).setRule(rule).build();
    }

    private static DocumentRetracted byCleaner(String id) {
        return DocumentRetracted.newBuilder()
                .setDocumentId(id)
                .setRule("near-duplicate")
                .build();
    }
}
