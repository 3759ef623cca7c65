package org.millrace.cleaner.bench;

import java.util.List;
import java.util.SplittableRandom;

/// English sentences by a small grammar: never the same text twice, and nothing that a rule would take
/// for spam, a list, or repetition. Their sense is none.
final class Prose {

    private static final List<String> NOUNS = words("""
            river mill harbour bridge village valley orchard meadow forest mountain island lighthouse railway
            station market workshop library museum garden kitchen bakery school hospital theatre factory quarry
            canal reservoir castle chapel tower road path ferry boat cart wheel gear engine furnace hammer lamp
            window roof cellar stair fence gate field harvest barley wheat apple cherry walnut honey cheese bread
            soup kettle barrel basket letter journal map compass clock bell drum violin song dance festival
            council mayor teacher doctor carpenter mason weaver baker farmer fisher sailor traveller merchant
            neighbour family child winter summer autumn spring morning evening storm snow rain frost wind shadow
            stone timber copper iron glass paper cloth wool leather clay sand coal salt sugar coffee tea""");

    private static final List<String> ADJECTIVES = words("""
            old narrow quiet broad steep heavy wooden bright careful early foreign gentle hollow important late
            modest northern southern eastern western ordinary patient rare simple slow small sturdy tall thin
            useful warm weathered young curious distant famous forgotten generous honest local lonely peaceful
            proud silent strange sudden thoughtful uneven unusual visible wealthy wide""");

    private static final List<String> VERBS = words("""
            crossed built repaired remembered carried followed painted measured bought borrowed described
            discovered explained filled gathered guarded heard imagined joined kept learned lifted loaded
            missed noticed opened owned passed planned preferred promised reached recorded returned
            shared shaped showed studied supported surprised taught trusted understood visited watched""");

    private static final List<String> LINKS = words("""
            because although while before after until since whenever unless once where""");

    private static final List<String> PLACES = words("""
            beside behind beyond near under above between around inside outside across along""");

    private final SplittableRandom random;

    Prose(long seed) {
        this.random = new SplittableRandom(seed);
    }

    private static List<String> words(String text) {
        return List.of(text.strip().split("\\s+"));
    }

    /// @param characters at least this many, and less than a sentence more
    String paragraph(int characters) {
        StringBuilder text = new StringBuilder();
        while (text.length() < characters) {
            text.append(text.isEmpty() ? "" : " ").append(sentence());
        }
        return text.toString();
    }

    String sentence() {
        String sentence =
                switch (random.nextInt(6)) {
                    case 0 -> clause() + ", and " + clause();
                    case 1 -> clause() + " " + pick(LINKS) + " " + clause();
                    case 2 -> "in " + random.nextInt(1400, 2020) + " " + clause();
                    case 3 -> "it is said that " + clause() + ", but " + clause();
                    case 4 -> "most of " + thing() + " " + pick(PLACES) + " " + thing() + " was " + pick(ADJECTIVES);
                    default -> clause();
                };
        return Character.toUpperCase(sentence.charAt(0))
                + sentence.substring(1)
                + (random.nextInt(12) == 0 ? "?" : ".");
    }

    String heading() {
        return capital(pick(ADJECTIVES)) + " " + pick(NOUNS) + " and " + pick(NOUNS);
    }

    String word() {
        return pick(NOUNS);
    }

    int number(int from, int to) {
        return random.nextInt(from, to);
    }

    private String clause() {
        String place = random.nextBoolean() ? " " + pick(PLACES) + " " + thing() : "";
        return thing() + " " + pick(VERBS) + " " + thing() + place;
    }

    private String thing() {
        String article =
                switch (random.nextInt(4)) {
                    case 0 -> "a";
                    case 1 -> "their";
                    default -> "the";
                };
        return article + " " + (random.nextInt(3) > 0 ? pick(ADJECTIVES) + " " : "") + pick(NOUNS);
    }

    private static String capital(String word) {
        return Character.toUpperCase(word.charAt(0)) + word.substring(1);
    }

    private String pick(List<String> of) {
        return of.get(random.nextInt(of.size()));
    }
}
