package org.millrace.cleaner.duplicate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// What a reader of the changes holds: published and not taken back. Complains of changes that make no sense.
final class Published {

    private final SortedMap<String, String> texts = new TreeMap<>();
    private final Map<String, String> urls = new HashMap<>();
    private final Set<String> takenBack = new HashSet<>();
    private final Map<Long, Change> verdicts = new HashMap<>();
    private final Texts whole;
    private final boolean everyAddress;
    private int publications;

    /// @param everyAddress whether each change of an address is said
    Published(Texts whole, boolean everyAddress) {
        this.whole = whole;
        this.everyAddress = everyAddress;
    }

    void apply(List<Change> changes) {
        for (Change change : changes) {
            switch (change) {
                case Change.Publish(var page, var id, var text, var removed, var replacesUrl) -> {
                    assertThat(takenBack).doesNotContain(id);
                    assertThat(replacesUrl.isEmpty()).isEqualTo(!urls.containsKey(id));
                    assertThat(!everyAddress || replacesUrl.equals(urls.getOrDefault(id, "")))
                            .isTrue();
                    String left = text == null ? whole.at(page.position()).orElseThrow() : text;
                    assertThat(Bytes.hex(Bytes.sha256(left))).isEqualTo(id);
                    assertThat(removed > 0).isEqualTo(text != null);
                    texts.put(id, page.url() + " " + left);
                    urls.put(id, page.url());
                    verdicts.put(page.position(), change);
                    publications++;
                }
                case Change.TakeBack(var id, var by, var rule) -> {
                    assertThat(urls).containsKey(id);
                    assertThat(takenBack.add(id)).isTrue();
                    assertThat(by).isNotEqualTo(id);
                    assertThat(rule).isNotEmpty();
                }
                case Change.Restore(var id) -> // what was published of it last stands again
                    assertThat(takenBack.remove(id)).isTrue();
                case Change.Drop(var page, var breach, var of) -> {
                    assertThat(breach.rule()).contains("-duplicate");
                    assertThat(of.isEmpty() || kept().containsKey(of)).isTrue();
                    verdicts.put(page.position(), change);
                }
            }
        }
    }

    SortedMap<String, String> kept() {
        SortedMap<String, String> kept = new TreeMap<>(texts);
        kept.keySet().removeAll(takenBack);
        return kept;
    }

    /// The last word about each page, by position.
    Map<Long, Change> verdicts() {
        return verdicts;
    }

    int publications() {
        return publications;
    }
}
