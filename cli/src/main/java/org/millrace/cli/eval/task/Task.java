package org.millrace.cli.eval.task;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;

/// Items of one kind, as a file has them.
///
/// @param sha256 of the file, lowercase hex: who has the same has the same task
/// @param items those that are asked come first, `asked` of them; examples are taken from all
public record Task(String name, String sha256, Kind kind, Form form, List<Item> items, int asked) {

    public Task {
        items = List.copyOf(items);
    }

    /// With at most `most` items asked, drawn with the seed.
    public Task limited(int most, long seed) {
        if (items.size() <= most) {
            return this;
        }
        List<Item> shuffled = new ArrayList<>(items);
        Collections.shuffle(shuffled, new Random(seed));
        return new Task(name, sha256, kind, form, shuffled, most);
    }

    /// With so many examples before each item.
    public Task with(int shots) {
        return new Task(name, sha256, kind, form.with(shots), items, asked);
    }

    /// Examples for one item: others of the file, drawn with `seed + item`, so that each item has its own and they
    /// do not depend on how many are asked.
    public List<Item> examples(int item, long seed) {
        SplittableRandom random =
                new SplittableRandom(seed + item); // unlike Random's, neighbouring seeds differ at once
        Set<Integer> drawn = new LinkedHashSet<>();
        while (drawn.size() < form.shots()) { // of items.size() − 1, which are at least as many
            int other = random.nextInt(items.size());
            if (other != item) {
                drawn.add(other);
            }
        }
        return drawn.stream().map(items::get).toList();
    }
}
