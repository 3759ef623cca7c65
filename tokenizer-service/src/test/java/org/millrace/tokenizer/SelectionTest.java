package org.millrace.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SelectionTest {

    private final Retractions retractions = new Retractions();
    private final Selection selection = new Selection(retractions);

    @Test
    void whatIsTakenBackIsLeftOut() {
        retractions.put("key", "a");
        retractions.put("owner", "http://b");

        assertThat(selection.takes(document("a", ""))).isFalse();
        assertThat(selection.takes(document("b", ""))).isFalse();
        assertThat(selection.takes(document("c", ""))).isTrue();
    }

    @Test
    void aTextThatIsThereAgainIsUsedOnce() {
        assertThat(selection.takes(document("a", ""))).isTrue();
        assertThat(selection.takes(document("a", "http://other"))).isFalse();
    }

    @Test
    void aTextThatWasLeftOutIsUsedWhenItStandsAgain() {
        retractions.put("a/cleaner", "a");
        assertThat(selection.takes(document("a", ""))).isFalse();
        selection.commit();
        retractions.remove("a/cleaner");

        assertThat(selection.takes(document("a", "http://a"))).isTrue();
        assertThat(selection.takes(document("a", "http://other"))).isFalse();
    }

    @Test
    void aTextWhoseEarlierAddressIsTakenBackIsUsedByWhomeverItIsRead() {
        retractions.put("owner", "http://other");

        assertThat(selection.takes(document("a", "http://other"))).isTrue();
    }

    @Test
    void aBatchThatIsUndoneChangesNothing() {
        retractions.put("a/cleaner", "a");
        selection.takes(document("a", ""));
        selection.commit();
        retractions.remove("a/cleaner");
        assertThat(selection.takes(document("a", "http://a"))).isTrue();

        selection.begin();

        assertThat(selection.takes(document("a", "http://a"))).isTrue();
    }

    /// Whatever is taken back and restored meanwhile, and however far behind the reader is: what is kept at the
    /// end was used once, and nothing was used twice.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whatIsKeptIsUsedOnceHoweverLateItIsRead(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            Said said = new Said(random);
            List<String> used = said.read(random);

            assertThat(used).doesNotHaveDuplicates();
            assertThat(new TreeSet<>(used)).containsAll(said.standing);
        }
    }

    private static Document document(String id, String replacesUrl) {
        return new Document(id, "http://" + id, replacesUrl, "text");
    }

    /// What a cleaner says in a run: documents, and before each of them how much of the retractions.
    private static final class Said {

        private record Publication(Document document, int retractionsBefore) {}

        private record Retraction(String id, boolean isTakenBack) {}

        private final List<Publication> publications = new ArrayList<>();
        private final List<Retraction> retractions = new ArrayList<>();
        private final Set<String> standing = new HashSet<>();

        Said(Random random) {
            Set<String> known = new HashSet<>();
            for (int step = random.nextInt(30); step > 0; step--) {
                String id = "" + (char) ('a' + random.nextInt(4));
                if (standing.contains(id) && random.nextBoolean()) {
                    standing.remove(id);
                    retractions.add(new Retraction(id, true));
                    continue;
                }
                if (!known.add(id) && standing.add(id)) {
                    retractions.add(new Retraction(id, false));
                }
                String replaces =
                        publications.stream().anyMatch(p -> p.document.id().equals(id)) ? "http://" + id : "";
                standing.add(id);
                publications.add(new Publication(document(id, replaces), retractions.size()));
            }
        }

        /// By a reader that knows, at each document, at least what was said before it.
        List<String> read(Random random) {
            Retractions known = new Retractions();
            Selection selection = new Selection(known);
            List<String> used = new ArrayList<>();
            int next = 0;
            for (Publication publication : publications) {
                int until = Math.max(
                        next,
                        publication.retractionsBefore
                                + random.nextInt(retractions.size() - publication.retractionsBefore + 1));
                for (; next < until; next++) {
                    Retraction retraction = retractions.get(next);
                    if (retraction.isTakenBack) {
                        known.put(retraction.id + "/cleaner", retraction.id);
                    } else {
                        known.remove(retraction.id + "/cleaner");
                    }
                }
                selection.begin();
                if (selection.takes(publication.document)) {
                    used.add(publication.document.id());
                }
                selection.commit();
            }
            return used;
        }
    }
}
