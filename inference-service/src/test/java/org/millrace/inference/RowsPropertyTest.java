package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/// The choice of rows against its slow twin, which has no rows: answers under way, and a pile of what is kept.
class RowsPropertyTest {

    private static final int CONTEXT = 60;

    private record Kept(List<Integer> tokens, int since) {}

    /// The longest common beginning that leaves the prompt's last token, the oldest that goes, of those that are
    /// kept twice if there are any: by lists.
    private static final class Twin {

        private static final Comparator<Kept> AGE = Comparator.comparing(one -> one.tokens.isEmpty() ? 0 : one.since);

        private final List<List<Integer>> active = new ArrayList<>();
        private final List<Kept> kept = new ArrayList<>();
        private final List<List<Integer>> aside = new ArrayList<>(); // the first in the last row
        private int clock;

        Twin(int rows) {
            for (int i = 0; i < rows; i++) {
                kept.add(new Kept(List.of(), 0));
            }
        }

        int known(List<Integer> prompt) {
            int known = 0;
            for (int length = 1; length < prompt.size(); length++) {
                List<Integer> beginning = prompt.subList(0, length);
                if (contents().stream().anyMatch(tokens -> startsWith(tokens, beginning))) {
                    known = length;
                }
            }
            return known >= Math.min(Rows.LEAST, prompt.size() - 1) ? known : 0;
        }

        void take(List<Integer> prompt, int known) {
            List<Integer> beginning = prompt.subList(0, known);
            List<Kept> goers = kept.stream()
                    .filter(one -> known > 0 && one.tokens.equals(beginning))
                    .toList();
            if (goers.isEmpty()) {
                goers = kept.stream().filter(this::isKeptTwice).toList();
            }
            kept.remove((goers.isEmpty() ? kept : goers).stream().min(AGE).orElseThrow());
            active.add(new ArrayList<>(prompt));
        }

        private boolean isKeptTwice(Kept one) {
            return !one.tokens.isEmpty()
                    && kept.stream().anyMatch(other -> other != one && other.tokens.equals(one.tokens));
        }

        void release(int place) {
            kept.add(new Kept(active.get(place), ++clock));
            List<Integer> last = active.removeLast();
            if (place < active.size()) {
                active.set(place, last);
            }
        }

        void takeBack(int index, boolean use) {
            List<Integer> tokens = aside.get(index);
            List<Integer> last = aside.removeLast();
            if (index < aside.size()) {
                aside.set(index, last);
            }
            if (use) {
                active.add(tokens);
            } else {
                kept.add(new Kept(tokens, ++clock));
            }
        }

        List<List<Integer>> contents() {
            List<List<Integer>> all = new ArrayList<>(active);
            kept.forEach(one -> all.add(one.tokens));
            all.addAll(aside);
            return all;
        }

        private static boolean startsWith(List<Integer> tokens, List<Integer> beginning) {
            return tokens.size() >= beginning.size()
                    && tokens.subList(0, beginning.size()).equals(beginning);
        }
    }

    @Property(tries = 200)
    void rowsAreThoseOfTheTwin(@ForAll long seed) {
        var random = new SplittableRandom(seed);
        int count = random.nextInt(1, 6);
        var decoder = new RememberingDecoder(2, count);
        var rows = new Rows(decoder, count, CONTEXT);
        var twin = new Twin(count);
        for (int i = 0; i < 60; i++) {
            int active = twin.active.size();
            switch (random.nextInt(4)) {
                case 0 -> {
                    if (active + twin.aside.size() < count) {
                        arrive(prompt(random, twin), rows, twin);
                    }
                }
                case 1 -> step(random, rows, twin);
                case 2 -> {
                    if (!twin.aside.isEmpty() && random.nextBoolean()) {
                        int index = random.nextInt(twin.aside.size());
                        rows.takeBack(count - 1 - index, active);
                        twin.takeBack(index, random.nextBoolean()); // or nobody waits for it any more
                    } else if (active > 0) {
                        rows.setAside(active - 1);
                        twin.aside.add(twin.active.removeLast());
                    }
                }
                default -> {
                    if (active > 0) {
                        int place = random.nextInt(active);
                        rows.release(place, active - 1);
                        twin.release(place);
                    }
                }
            }
            List<List<Integer>> held = IntStream.range(0, count)
                    .mapToObj(row -> Arrays.stream(rows.held(row)).boxed().toList())
                    .toList();
            assertThat(held.subList(0, twin.active.size())).isEqualTo(twin.active);
            assertThat(held.subList(count - twin.aside.size(), count)).isEqualTo(twin.aside.reversed());
            assertThat(held).containsExactlyInAnyOrderElementsOf(twin.contents());
            for (int row = 0; row < count; row++) {
                List<Integer> real = decoder.held(row);
                assertThat(real.subList(0, held.get(row).size())).isEqualTo(held.get(row));
            }
        }
    }

    private static void arrive(List<Integer> prompt, Rows rows, Twin twin) {
        int[] ids = prompt.stream().mapToInt(id -> id).toArray();
        int known = rows.known(ids);
        assertThat(known).isEqualTo(twin.known(prompt));
        rows.take(twin.active.size(), ids, known);
        rows.extend(twin.active.size(), known, Arrays.copyOfRange(ids, known, ids.length), 1);
        twin.take(prompt, known);
    }

    private static void step(SplittableRandom random, Rows rows, Twin twin) {
        int active = twin.active.size();
        if (active == 0 || twin.active.stream().anyMatch(tokens -> tokens.size() == CONTEXT)) {
            return;
        }
        int[] next = random.ints(active, 0, 2).toArray();
        int[] before = twin.active.stream().mapToInt(List::size).toArray();
        rows.step(active, next, before);
        for (int place = 0; place < active; place++) {
            twin.active.get(place).add(next[place]);
        }
    }

    /// Something new, what goes on where something that is known is left, or what some row holds, once more.
    private static List<Integer> prompt(SplittableRandom random, Twin twin) {
        List<List<Integer>> contents = twin.contents();
        List<Integer> stem = contents.get(random.nextInt(contents.size()));
        if (!stem.isEmpty() && random.nextInt(4) == 0) {
            return new ArrayList<>(stem);
        }
        List<Integer> prompt = new ArrayList<>(stem.subList(0, random.nextInt(Math.min(stem.size(), 40) + 1)));
        if (random.nextBoolean()) {
            prompt = new ArrayList<>(stem.subList(0, Math.min(stem.size(), 40)));
        }
        int more = random.nextInt(1, 20);
        for (int i = 0; i < more; i++) {
            prompt.add(random.nextInt(2));
        }
        return prompt;
    }
}
