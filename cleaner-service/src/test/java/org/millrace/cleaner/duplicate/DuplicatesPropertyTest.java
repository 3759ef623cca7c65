package org.millrace.cleaner.duplicate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import org.millrace.cleaner.duplicate.KeptSet.Sample;

/// What is kept depends on the set of proposals, and on nothing else.
class DuplicatesPropertyTest {

    private static final String LOG = "test";

    /// Any order of arrival, with restarts and undone batches in between, against comparing all with all.
    @Property(tries = 60)
    void keptIsAFunctionOfTheSet(@ForAll long seed, @ForAll @IntRange(max = 4) int threshold) {
        Random random = new Random(seed);
        Duplicates.Settings settings = new Duplicates.Settings(threshold == 1 ? 0 : threshold, 4);
        List<Sample> samples = samples(random, 60);
        var expected = KeptSet.of(samples, settings);
        for (int order = 0; order < 3; order++) {
            Collections.shuffle(samples, random);

            Published published = fold(samples, settings, random);

            assertThat(published.kept()).isEqualTo(expected);
            assertThat(published.verdicts()).hasSize(samples.size());
            assertThat(published.verdicts().values().stream()
                            .filter(Change.Publish.class::isInstance)
                            .count())
                    .isEqualTo(expected.size());
        }
    }

    /// Kept is what the changes say, even if the log has forgotten the texts of earlier proposals and they cannot be
    /// published anew: each drop names a text that is kept, only what is published is taken back, and only what
    /// was taken back is restored ([Published] complains otherwise). What is restored was published once, so that
    /// its text is there even where it cannot be published anew.
    @Property(tries = 60)
    void whatTheLogForgotStaysAsItIsPublished(@ForAll long seed, @ForAll @IntRange(min = 2, max = 4) int threshold) {
        Random random = new Random(seed);
        List<Sample> samples = samples(random, 80);
        int[] horizon = {0};
        Texts whole = at -> Optional.of(samples.get((int) (at / 3)).text());
        Texts remembered = at -> at < horizon[0] ? Optional.empty() : whole.at(at);
        Duplicates duplicates = new Duplicates(new MemoryStore(), remembered, new Duplicates.Settings(threshold, 4));
        duplicates.beginAnew(LOG);
        Published published = new Published(whole, false);
        for (int i = 0; i < samples.size(); i++) {
            List<Change> changes = new ArrayList<>(duplicates.add(samples.get(i).at(i * 3L)));
            changes.removeIf(change -> change instanceof Change.Publish(var page, var _, var _, var _, var _)
                    && remembered.at(page.position()).isEmpty());
            published.apply(changes);
            if (random.nextInt(8) == 0) {
                horizon[0] = 3 * random.nextInt(i + 1);
            }
        }
    }

    private static Published fold(List<Sample> samples, Duplicates.Settings settings, Random random) {
        Texts texts = at -> Optional.of(samples.get((int) (at / 3)).text());
        Store store = new MemoryStore();
        Duplicates duplicates = new Duplicates(store, texts, settings);
        duplicates.beginAnew(LOG);
        Published published = new Published(texts, true);
        int from = 0;
        while (from < samples.size()) {
            int to = Math.min(samples.size(), from + 1 + random.nextInt(8));
            List<Change> aborted = add(duplicates, samples, from, to);
            if (random.nextInt(3) == 0) {
                duplicates.forget();
                List<Change> again = add(duplicates, samples, from, to);
                assertThat(again).isEqualTo(aborted);
            }
            published.apply(aborted);
            duplicates.keep();
            if (random.nextInt(4) == 0) { // restarted
                duplicates = new Duplicates(store, texts, settings);
                assertThat(duplicates.log()).isEqualTo(LOG);
            }
            from = to;
        }
        for (int i = 0; i < samples.size(); i++) {
            Sample sample = samples.get(i);
            Change last = duplicates.verdict(sample.id(), new Change.Page(i * 3L, sample.url()));
            assertThat(told(last)).isEqualTo(told(published.verdicts().get(i * 3L)));
        }
        return published;
    }

    /// Without what a change says of its time: an earlier address, which of two duplicates was seen first.
    private static String told(@Nullable Change change) {
        return switch (change) {
            case Change.Publish(var page, var id, var text, var removed, var _) ->
                page + " " + id + " " + text + " " + removed;
            case Change.Drop(var page, var _, var _) -> page + " dropped";
            case null, default -> throw new AssertionError("expected a word about a page, got " + change);
        };
    }

    /// Positions have gaps, as a log's offsets have.
    private static List<Change> add(Duplicates duplicates, List<Sample> samples, int from, int to) {
        List<Change> changes = new ArrayList<>();
        for (int i = from; i < to; i++) {
            changes.addAll(duplicates.add(samples.get(i).at(i * 3L)));
        }
        return changes;
    }

    /// Few hosts and few paragraphs, so that they meet; values of one bit, so that bands agree by chance.
    private static List<Sample> samples(Random random, int count) {
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            List<String> paragraphs = new ArrayList<>();
            for (int p = 0, size = 1 + random.nextInt(3); p < size; p++) {
                paragraphs.add("paragraph " + "abcdefghijklmnop".charAt(random.nextInt(16)) + " of them");
            }
            String text = String.join("\n\n", new java.util.LinkedHashSet<>(paragraphs));
            String url = "https://host" + random.nextInt(2) + "/" + random.nextInt(40);
            int[] signature =
                    new Random(text.hashCode()).ints(MinHash.SIZE, 0, 2).toArray();
            samples.add(Sample.of(url, text, signature));
        }
        return samples;
    }
}
