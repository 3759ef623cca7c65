package org.millrace.world;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/// Makes up names that sound like those of a kind: the world's own names cut into syllables and put
/// together anew. A made-up name is never a name or value of the world.
///
/// Names for fine-tuning and names for tests are two halves of one space, told apart by a bit of
/// the name's hash, so no choice of seeds lets a test name be seen in training.
final class Invention {

    enum Use {
        TRAINING,
        TEST
    }

    private static final java.util.regex.Pattern SYLLABLE =
            java.util.regex.Pattern.compile("[^aeiouy]*[aeiouy]+(?:[^aeiouy]+$)?");
    private static final int TRIES_BEFORE_LONGER = 50;

    private final List<String> starts = new ArrayList<>();
    private final List<String> middles = new ArrayList<>();
    private final List<String> ends = new ArrayList<>();
    private final Set<String> taken = new HashSet<>();
    private final boolean capital;
    private final String article;

    Invention(Kind kind, World world) {
        for (Entity entity : kind.entities()) {
            for (String word : withoutArticle(entity.name()).split("[^\\p{L}]+", 0)) {
                learn(word.toLowerCase(Locale.ROOT));
            }
        }
        if (starts.isEmpty()) {
            starts.add("zan");
            ends.add("dor");
        }
        middles.addAll(starts);
        world.kinds().forEach(each -> each.entities().forEach(entity -> {
            taken.add(Grader.normalised(entity.name()));
            entity.values().values().forEach(values -> values.forEach(value -> taken.add(Grader.normalised(value))));
        }));
        List<String> names = kind.entities().stream().map(Entity::name).toList();
        this.capital =
                mostly(names, name -> Character.isUpperCase(withoutArticle(name).codePointAt(0)));
        this.article = mostly(names, name -> name.startsWith("the ")) ? "the " : "";
    }

    /// `count` different names, none of which the other use can ever get.
    List<String> names(Use use, Draw draw, int count) {
        Set<String> used = new HashSet<>();
        List<String> names = new ArrayList<>();
        int extra = 0;
        for (int tries = 0; names.size() < count; tries++) {
            if (tries > TRIES_BEFORE_LONGER * (names.size() + 1)) {
                extra++; // a small world runs out of short names
                tries = 0;
            }
            String name = name(draw, extra);
            String key = Grader.normalised(name);
            if (use(key) == use && name.length() >= 4 && !taken.contains(key) && used.add(key)) {
                names.add(name);
            }
        }
        return names;
    }

    static Use use(String normalisedName) {
        return (Draw.hash(normalisedName) & 1) == 0 ? Use.TRAINING : Use.TEST;
    }

    private String name(Draw draw, int extra) {
        StringBuilder name = new StringBuilder(draw.pick(starts));
        int middle = draw.below(2) + extra;
        for (int i = 0; i < middle; i++) {
            name.append(draw.pick(middles));
        }
        name.append(draw.pick(ends));
        return article + (capital ? Pattern.capitalised(name.toString()) : name.toString());
    }

    private void learn(String word) {
        List<String> syllables = SYLLABLE.matcher(word)
                .results()
                .map(syllable -> syllable.group())
                .toList();
        if (syllables.size() < 2) {
            return;
        }
        starts.add(syllables.getFirst());
        ends.add(syllables.getLast());
        middles.addAll(syllables.subList(1, syllables.size() - 1));
    }

    private static String withoutArticle(String name) {
        return name.startsWith("the ") ? name.substring(4) : name;
    }

    private static boolean mostly(List<String> names, java.util.function.Predicate<String> claim) {
        return Stream.of(names).flatMap(List::stream).filter(claim).count() * 2 > names.size();
    }
}
