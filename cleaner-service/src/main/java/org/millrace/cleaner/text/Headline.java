package org.millrace.cleaner.text;

import java.util.List;
import java.util.Locale;
import org.millrace.cleaner.text.Block.Kind;

/// Finds the block that shows the page's title, by what the page's head says the title is.
final class Headline {

    /// A title is looked for among this many blocks; menus come before it, not whole articles.
    private static final int SEARCHED = 400;

    private static final int LONGEST = 40;
    private static final double ALIKE = 0.5;

    /// What leads elsewhere is rather the name of the site.
    private static final double LINKED = 0.45;

    private Headline() {}

    /// @param titles from `title`, Open Graph and the like; the surest first
    /// @return index of the block, -1 if there is none
    static int find(Outline page, boolean[] gone, List<String> titles) {
        List<String> named =
                titles.stream().map(Headline::simple).filter(t -> !t.isEmpty()).toList();
        int best = -1;
        double highest = 0;
        for (int i = 0; i < Math.min(page.size(), SEARCHED); i++) {
            Block block = page.blocks().get(i);
            if (!gone[i] && block.words() <= LONGEST && block.kind() != Kind.CODE && block.kind() != Kind.ROW) {
                double score = score(block, named);
                if (score > highest) {
                    best = i;
                    highest = score;
                }
            }
        }
        return best;
    }

    private static double score(Block block, List<String> titles) {
        boolean heading = block.kind() == Kind.HEADING;
        double rank = heading ? 0.4 - 0.1 * Math.min(block.level(), 4) : -0.3;
        double likeness = 0;
        String text = simple(block.text());
        if (!text.isEmpty()) {
            for (String title : titles) {
                likeness = Math.max(likeness, likeness(text, title));
            }
        }
        if (likeness >= ALIKE && (heading || likeness > 0.95 && !block.linked())) {
            return 1 + likeness + rank - (block.linked() ? LINKED : 0);
        }
        return heading && block.level() == 1 ? rank : 0;
    }

    /// How much of the longer one the shorter one is, if it stands at one of its ends.
    private static double likeness(String text, String title) {
        if (text.equals(title)) {
            return 1;
        }
        if (title.startsWith(text + ' ') || title.endsWith(' ' + text)) {
            return Math.max((double) text.length() / title.length(), title.startsWith(text) ? 0.6 : 0.5);
        }
        if (text.startsWith(title) || text.endsWith(title)) {
            return (double) title.length() / text.length();
        }
        return 0;
    }

    /// Letters and digits in lower case, everything else a single space.
    static String simple(String text) {
        StringBuilder simple = new StringBuilder();
        boolean space = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isLetterOrDigit(c) || Character.isSurrogate(c)) {
                simple.append(space && !simple.isEmpty() ? " " : "").append(c);
                space = false;
            } else {
                space = true;
            }
        }
        return simple.toString().toLowerCase(Locale.ROOT);
    }
}
